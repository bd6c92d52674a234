"""Every page, form error, message, mail and text message can be translated; and pages turn round where people read so.

The walk goes over all named addresses by itself, so a new page is read as soon as it has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone, translation

from linked_accounts.federated import asked, flows
from linked_accounts.federated.models import IdentityProvider
from myaccount.activity.kinds import WORDS, EventGroup
from myaccount.activity.services import Origin, record
from myaccount.claims.models import Claim
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web import errors
from myaccount.web.features import FEATURES, FeatureState
from myaccount.web.models import PortalSettings
from security.factors import telling
from security.factors.kinds import Authenticator
from security.factors.models import Purpose
from security.factors.sms import services as sms
from security.recovery import addresses, waiting
from security.recovery import services as recovery
from security.recovery.models import RecoveryAddress
from sessions_app.models import EndReason, LoginSession
from tests.registration import support as registering
from tests.security.recovery import support as recovering
from tests.support.browsing import SIGN_IN, make_stale, new_browser, sign_in
from tests.support.factors import add_sms
from tests.support.people import CHROME, PASSPHRASE, SAFARI_PHONE, make_person
from tests.translation import telling as telling_of
from tests.translation.reading import DATA, Reader, assert_translatable, texts_of, untranslatable

pytestmark = pytest.mark.django_db

# Not pages of the portal: the admin has its own test, and the rest is for machines or for developers.
NOT_PAGES = {
    "health", "ready", "outbox", "gallery", "theme", "logo", "session-remaining", "openid-configuration", "openid-keys",
    "token", "userinfo", "introspect", "revoke-token", "application-logo", "identity-provider-logo", "export-schema",
}  # fmt: skip

# An example of each argument that addresses take.
ARGUMENTS: dict[str, dict[str, object]] = {
    "change-attribute": {"name": "given_name"},
    "change-contact": {"kind": "email"},
    "edit-contact": {"kind": "email"},
    "prove-contact": {"kind": "email"},
    "resend-contact-code": {"kind": "email"},
    "cancel-contact-change": {"kind": "email"},
    "prove-email-link": {"token": "not-a-token"},
    "picture": {"digest": "0" * 16},
    "terminate-session": {"uuid": "own session"},
    "add-device-kind": {"device": "usb"},
    "second-step-with": {"authenticator": "totp"},
    "confirm-with": {"authenticator": "totp"},
    "regenerate-totp": {"pk": 1},
    "rename-factor": {"authenticator": "totp", "pk": 1},
    "remove-factor": {"authenticator": "totp", "pk": 1},
    "forget-browser": {"uuid": "own session"},
    "recovery-link": {"token": "not-a-token"},
    "registration-link": {"token": "not-a-token"},
    "recovery-second-step-with": {"authenticator": "totp"},
    "cancel-waiting": {"token": "not-a-token"},
    "edit-question": {"pk": 1},
    "edit-recovery-contact": {"kind": "email"},
    "prove-recovery-contact": {"kind": "email"},
    "resend-recovery-contact": {"kind": "email"},
    "consent-detail": {"uuid": "own session"},
    "revoke-consent": {"uuid": "own session"},
    "consent-receipts": {"uuid": "own session"},
    "consent-receipt": {"uuid": "own session"},
    "download-receipt": {"uuid": "own session"},
    "signed-receipt": {"uuid": "own session"},
    "toggle-favourite": {"uuid": "own session"},
    "application-logo": {"uuid": "own session"},
    "remove-application": {"uuid": "own session"},
    "approval-task": {"pk": 1},
    "claim-task": {"pk": 1},
    "release-task": {"pk": 1},
    "approve-task": {"pk": 1},
    "reject-task": {"pk": 1},
    "own-request": {"uuid": "own session"},
    "withdraw-request": {"uuid": "own session"},
    "link-second-step-with": {"authenticator": "totp"},
    "switch-account": {"pk": 1},
    "unlink-account": {"pk": 1},
    "sign-in-with-provider": {"slug": "university"},
    "identity-callback": {"slug": "university"},
    "identity-provider-logo": {"slug": "university"},
    "confirm-with-provider": {"slug": "university"},
    "connect-identity": {"slug": "university"},
    "remove-identity": {"pk": 1},
}


def named_addresses() -> dict[str, int]:
    """Every named address outside the admin, with how many arguments it takes."""

    def walk(resolver: URLResolver) -> Iterator[tuple[str, int]]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                if entry.namespace != "admin":
                    yield from walk(entry)
            elif isinstance(entry, URLPattern) and entry.name:
                yield entry.name, len(entry.pattern.converters)

    return dict(walk(get_resolver()))


@pytest.fixture
def anna(db: None) -> User:
    """A person who reads the accented pseudo-language, with something on every page."""
    values = {"given_name": "Alice", "family_name": "Liddell", "country": "GB"}
    person = make_person(values=values, display_name="Alice Liddell", language="en-xa", mobile="+447400123456")
    recovering.turn_on(captcha="always")
    for kind in WORDS:
        record(kind, user=person, origin=Origin(ip="192.0.2.1", user_agent=CHROME), now=timezone.now())
    return person


@pytest.fixture
def reader(anna: User) -> Reader:
    """A browser in which she has just signed in, one of three."""
    for agent in (CHROME, SAFARI_PHONE):
        sign_in(new_browser(agent, address="192.0.2.20"))
    return Reader(sign_in(new_browser()))


@pytest.fixture
def guest(db: None) -> Reader:
    """A browser nobody is signed in with, set to the pseudo-language."""
    return Reader(_speaking("en-xa"))


def _speaking(language: str) -> Client:
    client = new_browser()
    client.cookies["language"] = language
    return client


def test_every_address_can_be_asked_for() -> None:
    unknown = {name for name, count in named_addresses().items() if count} - set(ARGUMENTS)
    assert not unknown, f"say in ARGUMENTS how to ask for {unknown}"


@pytest.mark.parametrize("name", sorted(set(named_addresses()) - NOT_PAGES))
def test_a_page_has_no_text_outside_gettext(name: str, reader: Reader, guest: Reader) -> None:
    arguments: dict[str, object] = dict(ARGUMENTS.get(name, {}))
    if "uuid" in arguments:
        arguments["uuid"] = LoginSession.objects.order_by("started_at").first().uuid  # type: ignore[union-attr]
    guest.get(reverse(name, kwargs=arguments), expected=None)
    reader.get(reverse(name, kwargs=arguments), expected=None)


@pytest.mark.parametrize("problem", ["waiting", "rejected", "unknown", "taken", "other", "too_many", "refused"])
def test_what_goes_wrong_at_a_provider_has_no_text_outside_gettext(
    problem: str, guest: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish(request: HttpRequest, slug: str, now: datetime) -> HttpResponse:
        return flows._problem(request, provider, asked.Purpose.SIGN_IN, problem, "", status=200, why="Alice")

    provider = IdentityProvider(name="new", slug="new")
    monkeypatch.setattr(flows, "finish", finish)
    guest.get(reverse("identity-callback", kwargs={"slug": "new"}))


def test_connecting_an_account_elsewhere_has_no_text_outside_gettext(reader: Reader) -> None:
    provider = IdentityProvider.objects.create(name="new", slug="new", issuer="https://new.example", client_id="new")
    session, now = reader.client.session, timezone.now().timestamp()
    found = asked.Found(provider.pk, provider.issuer, "new", "new", now, session["login_session"])
    asked.keep_found(session, found)
    session.save()
    reader.get(reverse("connect-found-identity"))


def test_signing_in_has_no_text_outside_gettext(guest: Reader) -> None:
    guest.post(SIGN_IN, {})
    guest.post(SIGN_IN, {"identifier": "nobody", "password": "wrong"})
    for reason in EndReason.values:
        guest.get(f"{SIGN_IN}?ended={reason}")
    guest.get(f"{reverse('signed-out')}?everywhere")


def test_the_profile_has_no_text_outside_gettext(reader: Reader) -> None:
    page = reverse("personal-info")
    for name in Claim.objects.values_list("name", flat=True):
        reader.get(f"{page}?edit={name}")
    make_stale(reader.client)
    reader.get(reverse("edit-contact", kwargs={"kind": "email"}), expected=302)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("given_name", ""),
        ("given_name", "x" * 10_000),
        ("given_name", "a\u202eb"),
        ("telephone", "12"),
        ("telephone", "+1 900 555 0123"),
        ("telephone", "0" * 50),
        ("url", "javascript:alert(1)"),
        ("country", "XX"),
        ("im", "x" * 10_000),
    ],
)
def test_a_refused_attribute_has_no_text_outside_gettext(name: str, value: str, reader: Reader) -> None:
    reader.data = ("alert", "javascript")
    reader.post(reverse("change-attribute", kwargs={"name": name}), {"value": value}, expected=None)
    reader.get(reverse("personal-info"))


def test_a_conflict_has_no_text_outside_gettext(reader: Reader) -> None:
    reader.data = ("Alicia",)
    address = reverse("change-attribute", kwargs={"name": "given_name"})
    reader.post(address, {"value": "Alicia", "opened_with": "something else"}, expected=409)


def test_changing_the_address_and_the_number_has_no_text_outside_gettext(reader: Reader, anna: User) -> None:
    for kind, wrong, right in (("email", "nonsense", "new@example.org"), ("mobile", "12", "+447400654321")):
        address = {name: reverse(name, kwargs={"kind": kind}) for name in ARGUMENTS if "kind" in ARGUMENTS[name]}
        reader.data = ("new", "nonsense")
        for value in (wrong, ""):
            reader.post(address["change-contact"], {"value": value}, expected=None)
        reader.post_and_read(address["change-contact"], {"value": right})
        for code in ("", "12", "000000", "000000", "000000", "000000", "000000", "000000"):
            reader.post(address["prove-contact"], {"code": code}, expected=None)
        reader.post_and_read(address["resend-contact-code"], {})
        with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
            reader.post_and_read(address["resend-contact-code"], {})
        reader.post_and_read(address["cancel-contact-change"], {})
        reader.post_and_read(address["prove-contact"], {"code": "000000"})


def test_the_picture_has_no_text_outside_gettext(reader: Reader, anna: User) -> None:
    upload, gravatar = reverse("upload-picture"), reverse("use-gravatar")
    reader.post(upload, {})
    reader.post(upload, {"picture": SimpleUploadedFile("picture.png", b"")})
    reader.post(upload, {"picture": SimpleUploadedFile("picture.png", b"no picture at all")})
    reader.post(upload, {"picture": SimpleUploadedFile("picture.png", b"0" * 5_000_001)})
    reader.post(gravatar, {"gravatar": "nonsense"})
    reader.post_and_read(reverse("use-initials"), {})
    User.objects.filter(pk=anna.pk).update(email_verified_at=None, email_key=None)
    reader.get(reverse("choose-picture"))
    reader.get(reverse("choose-gravatar"))


@pytest.mark.parametrize("new", ["", "short", "password1234567890", "alice example.org alice", "x" * 2000, PASSPHRASE])
def test_a_refused_password_has_no_text_outside_gettext(new: str, reader: Reader) -> None:
    fields = {"current_password": PASSPHRASE, "new_password": new, "confirm_new_password": new}
    reader.get(f"{reverse('security')}?edit=password")
    reader.post(reverse("change-password"), fields)
    reader.post(reverse("change-password"), {**fields, "confirm_new_password": "other"})
    good = "eleven narrow copper bridges"
    wrong = {"current_password": "wrong", "new_password": good, "confirm_new_password": good}
    reader.post(reverse("change-password"), wrong)


def test_a_changed_password_has_no_text_outside_gettext(reader: Reader) -> None:
    new = "eleven narrow copper bridges"
    fields = {"current_password": PASSPHRASE, "new_password": new, "confirm_new_password": new}
    reader.post_and_read(reverse("change-password"), fields)


def test_confirming_who_one_is_has_no_text_outside_gettext(reader: Reader) -> None:
    make_stale(reader.client)
    reader.post(reverse("confirm-access"), {"password": ""})
    reader.post(reverse("confirm-access"), {"password": "wrong"})
    reader.post(reverse("change-contact", kwargs={"kind": "email"}), {"value": "new@example.org"}, expected=302)
    reader.data = ("new",)  # what was typed is shown again
    reader.get(reverse("continue-interrupted"))


def test_ending_sessions_has_no_text_outside_gettext(reader: Reader) -> None:
    other = LoginSession.objects.order_by("started_at").first()
    assert other
    terminate = reverse("terminate-session", kwargs={"uuid": other.uuid})
    reader.get(terminate)
    reader.post_and_read(terminate, {})
    reader.get(reverse("terminate-session", kwargs={"uuid": uuid4()}), expected=404)
    reader.post_and_read(reverse("terminate-other-sessions"), {})
    reader.post_and_read(reverse("terminate-all-sessions"), {})


def test_the_history_has_no_text_outside_gettext(reader: Reader) -> None:
    for group in EventGroup.values:
        reader.get(f"{reverse('security-history')}?kind={group}")
    reader.get(f"{reverse('security-history')}?before=1")


@pytest.mark.parametrize("state", [FeatureState.READ_ONLY, FeatureState.OFF])
def test_what_is_switched_off_has_no_text_outside_gettext(state: FeatureState, reader: Reader) -> None:
    PortalSettings.objects.update_or_create(
        pk=1, defaults={"features": {feature.id: state for feature in FEATURES if "." in feature.id}}
    )
    for name in ("overview", "personal-info", "security"):
        reader.get(reverse(name))
    reader.post(reverse("use-initials"), {}, expected=None)


def test_a_bare_account_has_no_text_outside_gettext(db: None) -> None:
    make_person("bare", email="", language="en-xa", picture="")
    reader = Reader(sign_in(new_browser(), "bare"), data=("bare", "B"))
    for name in ("overview", "personal-info", "security", "security-history", "choose-picture"):
        reader.get(reverse(name))


@pytest.mark.parametrize(
    "page",
    [
        errors.bad_request,
        errors.permission_denied,
        errors.page_not_found,
        errors.too_large,
        lambda request: errors.too_many_requests(request, retry_after=90),
        errors.server_error,
        errors.csrf_failure,
    ],
)
@pytest.mark.parametrize(("language", "direction"), [("en-xa", "ltr"), ("ar-xb", "rtl")])
def test_error_pages_speak_the_language(
    page: Callable[[HttpRequest], HttpResponse], language: str, direction: str
) -> None:
    with translation.override(language):
        html = page(RequestFactory().get("/")).content.decode()
    found = texts_of(html)
    assert (found.language, found.direction) == (language, direction)
    if language == "en-xa":
        assert_translatable(html, where=str(page))


def test_the_page_for_a_database_that_is_down_speaks_the_language() -> None:
    from django.db import OperationalError

    with translation.override("en-xa"):
        try:
            raise OperationalError
        except OperationalError:
            response = errors.server_error(RequestFactory().get("/"))
    assert response.status_code == 503
    assert_translatable(response.content.decode(), where="503")


def test_pages_run_from_right_to_left_in_a_language_that_does(anna: User) -> None:
    anna.language = "ar-xb"
    anna.save()
    guest, client = _speaking("ar-xb"), sign_in(new_browser())
    for name in sorted(set(named_addresses()) - NOT_PAGES - set(ARGUMENTS)):
        for response in (guest.get(reverse(name)), client.get(reverse(name))):
            if response.status_code == 200:
                found = texts_of(response.content.decode())
                assert (found.language, found.direction) == ("ar-xb", "rtl"), name


def test_the_pages_after_signing_out_speak_the_language_of_before(reader: Reader) -> None:
    reader.get(reverse("overview"))
    answer = reader.post(reverse("sign-out"), {}, expected=302)
    assert texts_of(reader.get(answer["Location"]).content.decode()).language == "en-xa"
    assert texts_of(reader.get(SIGN_IN).content.decode()).language == "en-xa"


def test_switching_the_language_is_kept_when_signing_out(reader: Reader, anna: User) -> None:
    reader.get(reverse("overview"))
    reader.client.post(reverse("set-language"), {"language": "ar-xb"})
    assert User.objects.get(pk=anna.pk).language == "ar-xb"
    assert texts_of(reader.client.get(reverse("overview")).content.decode()).language == "ar-xb"
    reader.client.post(reverse("sign-out"))
    assert texts_of(reader.client.get(SIGN_IN).content.decode()).language == "ar-xb"


def test_all_mails_and_text_messages_can_be_translated(anna: User, reader: Reader) -> None:
    make_person("bob")
    reader.data = ("new", "bob")
    for kind, values in (("email", ("bob@example.org", "new@example.org")), ("mobile", ("+447400654321",))):
        for value in values:
            reader.post_and_read(reverse("change-contact", kwargs={"kind": kind}), {"value": value})
        reader.post_and_read(reverse("prove-contact", kwargs={"kind": kind}), {"code": _newest_code()})
    new = "eleven narrow copper bridges"
    fields = {"current_password": PASSPHRASE, "new_password": new, "confirm_new_password": new}
    reader.post_and_read(reverse("change-password"), fields)
    _tell_of_recovery(anna)
    _tell_of_factors(anna)
    registering.send_every_mail(_speaking("en-xa"), known="bob@example.org")
    anna.refresh_from_db()
    telling_of.of_linked_accounts(anna)
    telling_of.of_an_export(anna)
    telling_of.of_approvals(anna)
    telling_of.of_deletions()

    messages = list(Message.objects.all())
    assert {message.topic for message in messages} == _topics_on_disk()
    for message in messages:
        parts = [message.subject, *message.text.splitlines(), *(text for text, _ in texts_of(message.html).found)]
        left = [
            part
            for part in parts
            if untranslatable(part, data=(*DATA, "localhost", "new", "spare", "second", "dora", "kept"))
        ]
        assert not left, f"{message.channel} {message.topic}: {left}"


def _tell_of_recovery(person: User) -> None:
    """Everything people are told of recovering an account, and whoever asks for a username nobody has."""
    anna = User.objects.get(pk=person.pk)
    origin, now = Origin(ip="192.0.2.1", user_agent=CHROME), timezone.now()
    recovering.turn_on()
    addresses.request_change(user=anna, email="spare@example.org", session_uuid=uuid4(), now=now)
    RecoveryAddress.objects.filter(user=anna).update(email="spare@example.org", verified_at=now)
    browser = _speaking("en-xa")
    recovering.ask(browser, "sms")
    recovering.prove(browser)
    recovering.set_new(browser)
    for address in ("spare@example.org", "nobody@example.org"):
        browser.post(reverse("forgot-username"), {"email": address})
    with translation.override("en-xa"):
        administrator = make_person("ada", is_staff=True)
        assert recovery.send_by_administrator(user=anna, by=administrator, origin=origin, now=now)
    recovering.run_jobs()
    waiting.begin(user=anna, origin=origin, now=now)
    waiting.announce(now=now + timedelta(days=2))
    waiting.cancel_of(anna, origin=origin, now=now)
    addresses.remove(user=anna, origin=origin, now=now)


def _tell_of_factors(person: User) -> None:
    """Everything people are told of their second factors."""
    anna = User.objects.get(pk=person.pk)
    origin, now = Origin(ip="192.0.2.1", user_agent=CHROME), timezone.now()
    telling.added(anna, Authenticator.DEVICE, "new", origin=origin, now=now)
    telling.changed(anna, Authenticator.TOTP, "new", origin=origin, now=now)
    telling.removed(anna, Authenticator.SMS, "", origin=origin, now=now)
    administrator = make_person("admin", is_staff=True)
    telling.removed(anna, Authenticator.TOTP, "new", origin=origin, now=now, by=administrator, reason="new")
    telling.codes_made(anna, origin=origin, now=now)
    for left in (9, 1):
        telling.code_used(anna, left=left, origin=origin, now=now)
    telling.suspect(anna, "new", origin=origin, now=now)
    add_sms(anna)
    for purpose in (Purpose.SIGN_IN, Purpose.CONFIRM):
        sms.send(user=anna, purpose=purpose, binding="a browser's", now=now)


def _newest_code() -> str:
    text = Message.objects.order_by("created_at", "pk").filter(is_secret=True).last().text  # type: ignore[union-attr]
    found = re.search(r"\b\d{6}\b", text)
    assert found, text
    return found.group()


def _topics_on_disk() -> set[str]:
    folder = settings.BASE_DIR / "templates"
    mails = {file.name.removesuffix(".subject.txt") for file in (folder / "email").glob("*.subject.txt")}
    return mails | {file.stem for file in (folder / "sms").glob("*.txt")}
