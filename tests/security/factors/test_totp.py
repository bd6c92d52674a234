"""Authenticator apps: set up, used once, replaced."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from django_otp import verify_token
from hypothesis import given
from hypothesis import strategies as st
from time_machine import TimeMachineFixture

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.limits.models import AttemptBudget
from myaccount.outbox.models import Message
from myaccount.users.models import User
from security.factors.fields import six_digits
from security.factors.models import TotpDevice
from security.factors.totp import qr, services
from security.policy.models import Requirement, SignInPolicy
from sessions_app.models import LoginSession
from tests.security.factors.support import ADD_APP, FACTORS, app_code, open_page, post, seed_of, text_of, topics
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.factors import add_app, typed_secret, wrong_code
from tests.support.parallel import in_parallel
from tests.support.people import make_person

SEED = b"12345678901234567890"  # of RFC 6238, appendix B


def accepts(device: TotpDevice, code: str) -> bool:
    return verify_token(device.user, device.persistent_id, code) is not None


# Setting up


def test_an_app_is_added_once_its_code_is_proven(alice: User, alices: Client) -> None:
    """Security 59, 61: nothing is stored before the proof; afterwards the person is told."""
    seed = typed_secret(open_page(alices, ADD_APP))
    assert not TotpDevice.objects.exists()
    response = post(alices, ADD_APP, name=" My phone ", code=app_code(seed))
    assert (response.status_code, response["Location"]) == (302, "/myaccount/security/#multi-factor")
    device = TotpDevice.objects.get()
    assert (device.user, device.name, device.confirmed) == (alice, "My phone", True)
    assert seed_of(device) == seed
    assert topics(alice)[-1] == "factor_added"
    event = Event.objects.get(kind=EventKind.FACTOR_ADDED)
    assert event.data == {"factor": "totp", "name": "My phone"}


def test_the_code_that_proved_it_is_used_up(alice: User, alices: Client) -> None:
    """Security 54."""
    seed = typed_secret(open_page(alices, ADD_APP))
    code = app_code(seed)
    post(alices, ADD_APP, name="Phone", code=code)
    device = TotpDevice.objects.get()
    assert not accepts(device, code)
    assert accepts(device, app_code(seed, steps=1))


def test_picture_and_typed_secret_say_the_same(alice: User, alices: Client) -> None:
    page = open_page(alices, ADD_APP)
    assert re.search(r'<svg viewBox="0 0 (\d+) \1" role="img" aria-label="QR code[^"]*"', page)
    link = re.search(r'href="(otpauth://[^"]+)"', page)
    assert link
    parts = urlsplit(link.group(1))
    query = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path).endswith(":alice")
    assert query["secret"] == [services.secret_of(typed_secret(page))]
    assert query["issuer"] == [unquote(parts.path).strip("/").rsplit(":", 1)[0]]
    assert "style=" not in page


def test_the_picture_is_dark_on_white_with_a_quiet_zone() -> None:
    picture = qr.svg("otpauth://totp/x", "A <picture>")
    assert "A &lt;picture&gt;" in picture
    assert picture.index("#fff") < picture.index("#000")
    columns = [int(x) for x in re.findall(r"M(\d+) \d+h", picture.split("#000")[1])]
    assert min(columns) == 4


@pytest.mark.parametrize("issuer", ["My Account", "Ministry: Silly Walks", "Ünïcode & Söhne", "a/b?c=d&e#f"])
def test_the_link_of_the_picture_is_read_as_it_is_meant(issuer: str) -> None:
    """Apps tell issuer and person apart by the first colon, encoded or not."""
    person = User(username="alice@example.org&x=1")
    uri = services.provisioning_uri(person, SEED, issuer)
    parts = urlsplit(uri)
    said_issuer, said_name = unquote(parts.path).lstrip("/").split(":", 1)
    assert said_name == person.username
    assert parse_qs(parts.query) == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": [said_issuer]}
    assert parts.fragment == ""


def test_seeds_are_long_and_nobody_elses() -> None:
    """Security 55: at least 160 bits."""
    seeds = {services.new_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert {len(seed) for seed in seeds} == {20}
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", services.grouped_secret(seeds.pop()))


def test_reloading_shows_the_same_secret(alices: Client) -> None:
    assert typed_secret(open_page(alices, ADD_APP)) == typed_secret(open_page(alices, ADD_APP))


def test_the_seed_waits_encrypted_in_the_session(alices: Client) -> None:
    """Security 55."""
    seed = typed_secret(open_page(alices, ADD_APP))
    kept = str(dict(alices.session))
    assert services.secret_of(seed) not in kept
    assert "totp_candidate" in kept
    post(alices, ADD_APP, name="Phone", code=app_code(seed))
    assert "totp_candidate" not in alices.session


def test_a_secret_shown_too_long_ago_is_replaced(alice: User, alices: Client, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    seed = typed_secret(open_page(alices, ADD_APP))
    time_machine.shift(timedelta(minutes=10))
    session = alices.session
    session["step_up_confirmed_at"] = timezone.now().timestamp()
    session.save()
    response = post(alices, ADD_APP, name="Phone", code=app_code(seed))
    assert response.status_code == 422
    assert "The secret you were shown is too old." in text_of(response)
    assert typed_secret(text_of(response)) != seed
    assert not TotpDevice.objects.exists()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Enter a name."),
        ("   ", "Enter a name."),
        ("x" * 65, "64"),
        ("a\u202eb", "Remove the invisible characters"),
    ],
)
def test_a_name_is_needed_and_must_be_readable(alices: Client, name: str, error: str) -> None:
    seed = typed_secret(open_page(alices, ADD_APP))
    response = post(alices, ADD_APP, name=name, code=app_code(seed))
    assert response.status_code == 422
    assert error in text_of(response)
    assert typed_secret(text_of(response)) == seed, "the picture one has scanned stays"
    assert not TotpDevice.objects.exists()


def test_a_wrong_code_adds_nothing_and_counts(alice: User, alices: Client) -> None:
    """Security 56: guesses while setting up are of the one budget."""
    seed = typed_secret(open_page(alices, ADD_APP))
    for _ in range(10):
        response = post(alices, ADD_APP, name="Phone", code=wrong_code(seed))
        assert response.status_code == 422
        assert "That is not the code the app shows now." in text_of(response)
    response = post(alices, ADD_APP, name="Phone", code=app_code(seed))
    assert "There were too many tries." in text_of(response)
    assert not TotpDevice.objects.exists()
    assert AttemptBudget.objects.filter(key=f"lasting:factor:{alice.uuid}", failures=10).exists()


def test_a_form_sent_twice_adds_one_app(alice: User, alices: Client) -> None:
    seed = typed_secret(open_page(alices, ADD_APP))
    kept = dict(alices.session)
    post(alices, ADD_APP, name="Phone", code=app_code(seed))
    session = alices.session
    session["totp_candidate"] = kept["totp_candidate"]  # as the second of two forms at once has it
    session.save()
    response = post(alices, ADD_APP, name="Phone", code=app_code(seed))
    assert response.status_code == 302
    assert TotpDevice.objects.count() == 1
    assert topics(alice).count("factor_added") == 1


def test_there_can_be_ten_apps(alice: User, alices: Client) -> None:
    for number in range(services.MAX_APPS - 1):
        add_app(alice, name=f"Phone {number}")
    session = alices.session
    session["step_up_level"] = 2
    session.save()
    seed = typed_secret(open_page(alices, ADD_APP))
    assert post(alices, ADD_APP, name="The tenth", code=app_code(seed)).status_code == 302
    seed = typed_secret(open_page(alices, ADD_APP))
    response = post(alices, ADD_APP, name="One too many", code=app_code(seed))
    assert response.status_code == 422
    assert "You have as many authenticator apps as you can have." in text_of(response)
    assert TotpDevice.objects.count() == services.MAX_APPS


def test_adding_ends_the_other_sessions(alice: User, alices: Client) -> None:
    """Security 19, 61."""
    sign_in(new_browser(address="198.51.100.1"))
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 2
    seed = typed_secret(open_page(alices, ADD_APP))
    post(alices, ADD_APP, name="Phone", code=app_code(seed))
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1
    assert alices.get("/myaccount/security/").status_code == 200


def test_setting_up_needs_fresh_proof(alices: Client, browser: Client) -> None:
    """Security 61."""
    make_stale(alices)
    for response in (alices.get(ADD_APP), alices.post(ADD_APP, {"name": "x", "code": "123456"})):
        assert response.status_code == 302
        assert response["Location"].startswith("/myaccount/confirm/")


def test_a_proof_by_password_alone_does_not_do_once_there_is_a_factor(alice: User, alices: Client) -> None:
    """Security 53."""
    device = add_app(alice)
    for path in (ADD_APP, f"{FACTORS}authenticator-app/{device.pk}/regenerate/"):
        assert alices.get(path)["Location"].startswith("/myaccount/confirm/")


def test_nobody_else_gets_there(client: Client, db: None) -> None:
    assert client.get(ADD_APP)["Location"].startswith("/myaccount/sign-in/")


def test_what_the_policy_does_not_allow_is_not_there(alices: Client) -> None:
    SignInPolicy(allowed_methods=["device"]).save()
    assert alices.get(ADD_APP).status_code == 404
    assert alices.post(ADD_APP).status_code == 404


# On the way in


@pytest.fixture
def entering(alice: User, browser: Client) -> Client:
    """A browser in which alice has given her password, and is asked to set up a second factor."""
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=0).save()
    sign_in(browser)
    return browser


def test_somebody_on_their_way_in_sets_it_up_and_is_in(alice: User, entering: Client) -> None:
    """Security 52: nothing but the set-up opens before."""
    assert "/sign-in/" in entering.get("/myaccount/security/")["Location"]
    seed = typed_secret(open_page(entering, ADD_APP))
    assert post(entering, ADD_APP, name="Phone", code=wrong_code(seed)).status_code == 422
    assert post(entering, ADD_APP, name="Phone", code=app_code(seed)).status_code == 302
    assert entering.get("/myaccount/security/").status_code == 200
    assert LoginSession.objects.get(user=alice, ended_at=None).methods == ["pwd", "otp", "mfa"]


def test_somebody_on_their_way_in_cannot_take_an_app_over(alice: User, entering: Client) -> None:
    """Security 53: nor add one, once the account has a factor."""
    device = add_app(alice)
    assert entering.get(f"{FACTORS}authenticator-app/{device.pk}/regenerate/").status_code in (302, 404)
    seed_before = seed_of(device)
    response = entering.get(ADD_APP)
    assert response.status_code == 302, "the second step is asked for now"
    assert (TotpDevice.objects.count(), seed_of(device)) == (1, seed_before)


# A new secret


@pytest.fixture
def regenerating(alice: User, alices: Client) -> tuple[TotpDevice, str]:
    """An app of alice's, and the page that gives it a new secret."""
    device = add_app(alice)
    session = alices.session
    session["step_up_level"] = 2
    session.save()
    return device, f"{FACTORS}authenticator-app/{device.pk}/regenerate/"


def test_the_old_secret_works_until_the_new_one_is_proven(
    alice: User, alices: Client, regenerating: tuple[TotpDevice, str]
) -> None:
    """Security 59."""
    device, path = regenerating
    old, new = seed_of(device), typed_secret(open_page(alices, path))
    assert old != new
    assert not accepts(device, app_code(new))
    assert accepts(device, app_code(old))
    assert post(alices, path, code=app_code(new)).status_code == 302
    assert not accepts(device, app_code(old, steps=1))
    assert not accepts(device, app_code(new)), "used up by the proof"
    assert accepts(device, app_code(new, steps=1))
    kept = TotpDevice.objects.get()
    assert (kept.pk, kept.name) == (device.pk, "Phone")
    assert topics(alice)[-1] == "factor_changed"
    assert Event.objects.filter(kind=EventKind.FACTOR_CHANGED).count() == 1


def test_a_secret_shown_for_one_app_is_good_for_no_other(
    alice: User, alices: Client, regenerating: tuple[TotpDevice, str]
) -> None:
    _, path = regenerating
    seed = typed_secret(open_page(alices, ADD_APP))
    assert post(alices, path, code=app_code(seed)).status_code == 422


def test_an_app_of_somebody_else_is_not_there(alices: Client) -> None:
    device = add_app(make_person("bob"))
    assert alices.get(f"{FACTORS}authenticator-app/{device.pk}/regenerate/").status_code == 404
    assert alices.post(f"{FACTORS}authenticator-app/{device.pk}/regenerate/", {"code": "123456"}).status_code == 404


# Codes


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, tz=UTC)
    assert services.matching_step(SEED, code, after=-1, now=now) == seconds // 30


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(
    alice: User,
    time_machine: TimeMachineFixture,
    steps: int,
    is_good: bool,
) -> None:
    """Security 55: the window is one step each way."""
    time_machine.move_to(datetime(2026, 11, 22, 9, 0, 15, tzinfo=UTC), tick=False)
    device = add_app(alice, seed=SEED)
    assert accepts(device, app_code(SEED, steps=steps)) is is_good


def test_no_code_older_than_one_used_is_good(alice: User, time_machine: TimeMachineFixture) -> None:
    """Security 54."""
    time_machine.move_to(datetime(2026, 11, 22, 9, 0, 15, tzinfo=UTC), tick=False)
    device = add_app(alice, seed=SEED)
    assert accepts(device, app_code(SEED, steps=1))
    for steps in (-1, 0, 1):
        assert not accepts(device, app_code(SEED, steps=steps))
    device.refresh_from_db()
    assert device.last_used_at == timezone.now()


def test_a_clock_set_back_revives_no_code(alice: User, time_machine: TimeMachineFixture) -> None:
    """Security 54."""
    start = datetime(2026, 11, 22, 9, 0, 15, tzinfo=UTC)
    time_machine.move_to(start, tick=False)
    device, code = add_app(alice, seed=SEED), app_code(SEED)
    assert accepts(device, code)
    time_machine.move_to(start - timedelta(seconds=30), tick=False)
    assert not accepts(device, code)


def test_one_that_is_not_confirmed_proves_nothing(alice: User) -> None:
    """Security 59: whatever django-otp thinks of it."""
    device = add_app(alice, seed=SEED)
    TotpDevice.objects.update(confirmed=False)
    assert not accepts(device, app_code(SEED))


def test_nobody_elses_app_will_do(alice: User) -> None:
    device = add_app(make_person("bob"), seed=SEED)
    assert verify_token(alice, device.persistent_id, app_code(SEED)) is None
    assert accepts(device, app_code(SEED))


def test_a_seed_no_key_opens_refuses_without_failing(alice: User) -> None:
    device = add_app(alice)
    TotpDevice.objects.update(seed="gAAAA-not-ours")
    assert not accepts(device, "123456")


@pytest.mark.parametrize("token", ["", "12345", "1234567", "abcdef", "12345a", "¹²³⁴⁵⁶", "123\x00456", "9" * 100_000])
def test_what_is_no_code_is_refused(alice: User, token: str) -> None:
    assert not accepts(add_app(alice), token)


def test_spaces_and_dashes_do_not_matter(alice: User) -> None:
    code = app_code(SEED)
    for spelled in (f" {code[:3]} {code[3:]} ", f"{code[:3]}-{code[3:]}", f"{code[:3]}\u00a0{code[3:]}"):
        TotpDevice.objects.all().delete()
        assert accepts(add_app(alice, seed=SEED), spelled)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_six_digits_or_nothing(text: str) -> None:
    assert re.fullmatch("[0-9]{6}|", six_digits(text))


# Many at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_by_library", [True, False])
def test_of_twenty_uses_of_a_code_at_once_one_wins(on_postgresql: None, is_by_library: bool) -> None:
    """Security 54: across threads, through django-otp and by the device itself."""
    device = add_app(make_person("alice"), seed=SEED)
    code = app_code(SEED)

    def use(number: int) -> bool:
        if is_by_library:
            return accepts(TotpDevice.objects.get(pk=device.pk), code)
        return bool(TotpDevice.objects.get(pk=device.pk).verify_token(code))

    results = in_parallel(use, 20)
    assert results.count(True) == 1, results
    assert results.count(False) == 19, results


@pytest.mark.django_db(transaction=True)
def test_a_set_up_sent_many_times_at_once_adds_one_app(on_postgresql: None) -> None:
    """Security 54, 59."""
    person = make_person("alice")

    def enrol(number: int) -> TotpDevice:
        return services.enrol(
            user=User.objects.get(pk=person.pk),
            name="Phone",
            seed=SEED,
            code=app_code(SEED),
            replaces=None,
            origin=SYSTEM,
            now=timezone.now(),
        )

    results = in_parallel(enrol, 8)
    assert sum(isinstance(result, TotpDevice) for result in results) == 1, results
    assert sum(isinstance(result, services.ProvenAlready) for result in results) == 7, results
    assert TotpDevice.objects.count() == 1
    assert Message.objects.filter(topic="factor_added").count() == 1
