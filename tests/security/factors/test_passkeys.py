"""Signing in with a passkey: two factors in one, from the sign-in page, without a name."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import Origin
from myaccount.limits.models import AttemptBudget
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web import step_up
from security.attempts import PER_PLACE
from security.factors.devices import services
from security.factors.devices.services import DeviceProblem, DeviceRefused
from security.factors.models import Challenge, Purpose, SecurityDevice
from sessions_app.models import LoginSession
from tests.security.factors.devices_support import (
    BINDING,
    GARBAGE,
    LIES,
    Json,
    options_for_second,
    refused,
    register,
    registered,
    verify_second,
)
from tests.support.authenticators import Authenticator, b64, older_device, synced_passkey
from tests.support.browsing import new_browser, sign_in
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, make_person

OPTIONS = "/myaccount/sign-in/passkey/options/"
SIGN_IN = "/myaccount/sign-in/passkey/"
WORDS = "That passkey did not work here."


def passkey_options(binding: str = BINDING) -> Json:
    return services.options_for_passkey(binding=binding, now=timezone.now())


def verify(options: Json, answer: Any, *, binding: str = BINDING) -> tuple[User, SecurityDevice]:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return services.verify_passkey(
        challenge_id=options["id"], binding=binding, credential_json=text, origin=Origin(), now=timezone.now()
    )


def ask(client: Client) -> Json:
    response = client.post(OPTIONS)
    assert response.status_code == 200
    return response.json()  # type: ignore[no-any-return]


def send(client: Client, options: Json, answer: Any, **form: str) -> Any:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return client.post(SIGN_IN, {"challenge": options["id"], "credential": text, **form})


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/myaccount/").status_code == 200)


# As services


def test_everybody_is_asked_the_same(browser: Client, alice: User) -> None:
    """Security 69: nothing tells whose passkeys there are."""
    before = ask(browser)["publicKey"]
    registered(alice, synced_passkey())
    after = ask(browser)["publicKey"]
    assert before.pop("challenge") != after.pop("challenge")
    assert before == after
    assert after["allowCredentials"] == []
    assert after["userVerification"] == "required"


@pytest.mark.parametrize("make", [Authenticator, synced_passkey])
def test_a_passkey_tells_who_it_is(alice: User, bob: User, make: Any) -> None:
    device = make()
    stored = registered(alice, device)
    registered(bob)
    options = passkey_options()
    assert verify(options, device.get(options)) == (alice, stored)
    stored.refresh_from_db()
    assert stored.last_used_at is not None
    assert stored.sign_count == device.count


@pytest.mark.parametrize(
    "lies",
    [*LIES.values(), {"type": "webauthn.create"}, {"signature": b"x" * 70}, {"user_handle": None},
     {"user_handle": b"x" * 16}],
    ids=[*LIES, "another ceremony", "a forged signature", "no handle", "a foreign handle"],
)  # fmt: skip
def test_a_passkey_that_does_not_fit_is_refused(alice: User, lies: Json) -> None:
    """Security 65, 66."""
    device = Authenticator()
    stored = registered(alice, device)
    options = passkey_options()
    with refused(DeviceProblem.REFUSED):
        verify(options, device.get(options, **lies))
    with refused(DeviceProblem.EXPIRED):  # security 64
        verify(options, device.get(options))
    stored.refresh_from_db()
    assert stored.last_used_at is None


def test_the_handle_of_somebody_else_who_has_a_passkey_is_refused(alice: User, bob: User) -> None:
    """Security 66: the library takes any handle."""
    device, other = Authenticator(), Authenticator()
    registered(alice, device)
    registered(bob, other)
    options = passkey_options()
    with refused(DeviceProblem.REFUSED):
        verify(options, device.get(options, user_handle=bob.uuid.bytes))
    options = passkey_options()
    with refused(DeviceProblem.REFUSED):
        verify(options, device.get(options, credential_id=other.credential_id, user_handle=bob.uuid.bytes))


def test_a_passkey_has_to_check_that_it_is_its_person(alice: User) -> None:
    """Security 67: it counts as two factors."""
    device = Authenticator()
    registered(alice, device)
    options = passkey_options()
    with refused(DeviceProblem.NOT_VERIFIED):
        verify(options, device.get(options, verified=False))


def test_an_older_device_does_not_sign_in_alone(alice: User) -> None:
    """Security 67: not even one that could."""
    device = older_device()
    registered(alice, device, older=True)
    options = passkey_options()
    with refused(DeviceProblem.UNKNOWN):
        verify(options, device.get(options, verified=True, user_handle=alice.uuid.bytes))


def test_somebody_switched_off_is_unknown(alice: User) -> None:
    """Security 6."""
    device = Authenticator()
    registered(alice, device)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    options = passkey_options()
    with refused(DeviceProblem.UNKNOWN):
        verify(options, device.get(options))


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_nobodys_passkey(alice: User, text: str) -> None:
    """Security 90; the challenge is gone all the same (64)."""
    registered(alice, Authenticator(credential_id=b"x"))
    options = passkey_options()
    with pytest.raises(DeviceRefused):
        verify(options, text)
    assert not Challenge.objects.filter(pk=options["id"]).exists()


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("value", ["", "AAAA", "not base64!", None, 5, {}, []])
def test_a_passkey_with_a_broken_part_is_refused(alice: User, part: str, value: Any) -> None:
    """Security 90: whatever the library stumbles over."""
    device = Authenticator()
    registered(alice, device)
    options = passkey_options()
    answer = device.get(options)
    answer["response"][part] = value
    with refused(DeviceProblem.REFUSED):
        verify(options, answer)


def test_a_challenge_for_something_else_signs_nobody_in(alice: User) -> None:
    """Security 64: neither of the second step nor of registering, nor the other way round."""
    device = Authenticator()
    registered(alice, device)
    options = options_for_second(alice)
    with refused(DeviceProblem.EXPIRED):
        verify(options, device.get(options))
    options = passkey_options()
    with refused(DeviceProblem.EXPIRED):
        verify_second(alice, options, device.get(options))
    new = Authenticator()
    as_registration = {
        "id": options["id"],
        "publicKey": {**options["publicKey"], "user": {"id": b64(alice.uuid.bytes)}, "rp": {"id": "localhost"}},
    }
    with refused(DeviceProblem.EXPIRED):
        register(alice, options, new.create(as_registration))
    options = options_for_second(alice, purpose=Purpose.CONFIRM)
    with refused(DeviceProblem.EXPIRED):
        verify_second(alice, options, device.get(options), purpose=Purpose.SIGN_IN)


def test_whose_it_claims_to_be_proves_nothing(alice: User) -> None:
    """Only which budget an attempt counts against."""
    device = Authenticator()
    registered(alice, device)
    assert services.credential_owner(json.dumps(device.get(passkey_options(), signature=b"x"))) == alice
    assert services.credential_owner(json.dumps(Authenticator().get(passkey_options()))) is None
    older = older_device()
    registered(alice, older, older=True)
    assert services.credential_owner(json.dumps(older.get(passkey_options()))) is None


# Through the page


def test_one_signs_in_with_a_touch(alice: User, browser: Client) -> None:
    """Security 9: a new key; both factors shown, so nothing more is asked."""
    device = Authenticator()
    registered(alice, device)
    options = ask(browser)
    key = browser.session.session_key
    response = send(browser, options, device.get(options), next="/myaccount/personal-info/")
    assert response.status_code == 302
    assert response["Location"] == "/myaccount/personal-info/"
    assert is_signed_in(browser)
    assert browser.session.session_key != key
    assert step_up.level_of(browser.session) == step_up.TWO_FACTORS
    assert Event.objects.get(kind=EventKind.SIGNED_IN).user_uuid == alice.uuid
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1


def test_nothing_of_the_session_before_is_left(alice: User) -> None:
    """Security 9, 21: the old cookie is dead."""
    device = Authenticator()
    registered(alice, device)
    browser = new_browser()
    browser.post("/myaccount/captcha/", {"action": "sign-in"})  # is tied to a session
    options = ask(browser)
    cookie = browser.cookies["session"].value
    send(browser, options, device.get(options))
    stranger = new_browser()
    stranger.cookies["session"] = cookie
    assert not is_signed_in(stranger)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_leads_nowhere_else(alice: User, browser: Client, target: str) -> None:
    """Security 11: on success and on failure."""
    device = Authenticator()
    registered(alice, device)
    options = ask(browser)
    page = send(browser, options, device.get(options, origin="http://evil"), next=target)
    assert "evil.example" not in page.content.decode()
    assert "javascript:" not in page.content.decode()
    options = ask(browser)
    assert send(browser, options, device.get(options), next=target)["Location"] == "/myaccount/"


def test_every_failure_reads_the_same(alice: User, bob: User) -> None:
    """Security 1, 6: unknown, wrong, switched off, locked, too late: one status, one page."""
    mine, his = Authenticator(), Authenticator()
    registered(alice, mine)
    registered(bob, his)
    User.objects.filter(pk=bob.pk).update(is_active=False)

    def fails(**how: Any) -> tuple[int, str]:
        browser = new_browser(address=how.pop("address", "192.0.2.10"))
        options = ask(browser)
        device = how.pop("device", mine)
        challenge = how.pop("challenge", options["id"])
        response = send(browser, {"id": challenge}, how.pop("text", None) or device.get(options, **how))
        assert not is_signed_in(browser)
        page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
        return response.status_code, page

    replies = [
        fails(device=Authenticator()),
        fails(signature=b"x" * 70),
        fails(device=his),
        fails(challenge=str(uuid4())),
        fails(verified=False),
        fails(text="{"),
        fails(user_handle=bob.uuid.bytes),
    ]
    for _ in range(PER_PLACE.free_attempts):
        fails(signature=b"x" * 70, address="203.0.113.5")
    replies.append(fails(address="203.0.113.5"))
    assert len(set(replies)) == 1
    assert replies[0][0] == 422
    assert WORDS in replies[0][1]


def test_a_failure_is_written_down_for_its_person(alice: User, browser: Client) -> None:
    device = Authenticator()
    registered(alice, device)
    options = ask(browser)
    send(browser, options, device.get(options, signature=b"x" * 70))
    assert Event.objects.get(kind=EventKind.SIGN_IN_FAILED).user_uuid == alice.uuid


def test_a_locked_account_is_locked_here_too(alice: User) -> None:
    """Security 6: guesses of the password lock this door as well, for a browser the account does not know."""
    device = Authenticator()
    registered(alice, device)
    guesser = new_browser()
    for _ in range(PER_PLACE.free_attempts):
        guesser.post("/myaccount/sign-in/", {"identifier": "alice", "password": "wrong"})
    options = ask(guesser)
    assert send(guesser, options, device.get(options)).status_code == 422
    assert not is_signed_in(guesser)
    elsewhere = new_browser(CHROME, address="203.0.113.9")
    options = ask(elsewhere)
    assert send(elsewhere, options, device.get(options)).status_code == 302


def test_wrong_passkeys_lock_the_password_too(alice: User) -> None:
    """Security 4, 6: one budget for the account, whichever door."""
    device = Authenticator()
    registered(alice, device)
    browser = new_browser()
    for _ in range(PER_PLACE.free_attempts):
        options = ask(browser)
        send(browser, options, device.get(options, signature=b"x" * 70))
    form = {"identifier": "alice", "password": "seven quiet wooden lanterns"}
    assert browser.post("/myaccount/sign-in/", form).status_code == 422
    assert new_browser(address="203.0.113.9").post("/myaccount/sign-in/", form).status_code == 302


def test_signing_in_makes_the_budget_whole_again(alice: User, browser: Client) -> None:
    device = Authenticator()
    registered(alice, device)
    for _ in range(3):
        options = ask(browser)
        send(browser, options, device.get(options, signature=b"x" * 70))
    options = ask(browser)
    send(browser, options, device.get(options))
    assert not AttemptBudget.objects.filter(key__contains=str(alice.uuid)).exists()


def test_a_copied_passkey_is_refused_and_told(alice: User, browser: Client) -> None:
    """Security 68."""
    device = Authenticator(count=7)
    registered(alice, device)
    Message.objects.all().delete()
    options = ask(browser)
    assert send(browser, options, device.get(options, count=3)).status_code == 422
    assert not is_signed_in(browser)
    assert Message.objects.get().topic == "factor_suspect"
    kinds = set(Event.objects.filter(user_uuid=alice.uuid).values_list("kind", flat=True))
    assert {EventKind.FACTOR_SUSPECT, EventKind.SIGN_IN_FAILED} <= kinds


def test_an_answer_is_good_for_one_sign_in(alice: User, browser: Client) -> None:
    """Security 64: replayed in the same browser and in another."""
    device = synced_passkey()
    registered(alice, device)
    options = ask(browser)
    answer = device.get(options)
    assert send(browser, options, answer).status_code == 302
    browser.post("/myaccount/sign-out/")
    assert send(browser, options, answer).status_code == 422
    assert send(new_browser(), options, answer).status_code == 422


def test_an_answer_to_another_browser_is_refused(alice: User, browser: Client) -> None:
    """Security 64: bound to the session, so that nobody is signed in by somebody else's answer."""
    device = Authenticator()
    registered(alice, device)
    options = ask(new_browser())
    assert send(browser, options, device.get(options)).status_code == 422
    assert not is_signed_in(browser)


def test_an_answer_that_comes_too_late_is_refused(alice: User, browser: Client, time_machine: Any) -> None:
    """Security 64."""
    device = Authenticator()
    registered(alice, device)
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    options = ask(browser)
    time_machine.shift(timedelta(minutes=5))
    assert send(browser, options, device.get(options)).status_code == 422


def test_passkeys_are_asked_for_by_post_with_the_token_only() -> None:
    """Security 12: nobody is signed in from another site."""
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(OPTIONS).status_code == 403
    assert strict.post(SIGN_IN).status_code == 403
    assert strict.get(OPTIONS).status_code == 405
    assert strict.get(SIGN_IN).status_code == 405


def test_a_huge_answer_is_refused(alice: User, browser: Client) -> None:
    """Security 90."""
    device = Authenticator()
    registered(alice, device)
    options = ask(browser)
    answer = device.get(options)
    answer["padding"] = "x" * 50_000
    assert send(browser, options, answer).status_code == 422
    options = ask(browser)
    assert send(browser, options, "x" * 2_000_000).status_code in (400, 413)


def test_the_sign_in_page_offers_it_where_the_browser_can(browser: Client, db: None) -> None:
    page = browser.get("/myaccount/sign-in/?next=/myaccount/security/").content.decode()
    form = re.search(r"<form[^>]*data-device-ceremony.*?</form>", page, re.DOTALL)
    assert form is not None
    assert f'action="{SIGN_IN}"' in form[0]
    assert "data-autofill" in form[0]
    assert 'name="next" value="/myaccount/security/"' in form[0]
    assert re.search(r"data-when-supported hidden>", form[0])
    assert re.search(r'<input[^>]*name="identifier"[^>]*autocomplete="username webauthn"', page) or re.search(
        r'<input[^>]*autocomplete="username webauthn"[^>]*name="identifier"', page
    )


def test_a_person_who_is_signed_in_as_somebody_else_becomes_the_new_one(alice: User, bob: User) -> None:
    """Security 21: the earlier session ends."""
    device = Authenticator()
    registered(alice, device)
    browser = sign_in(new_browser(), "bob")
    options = ask(browser)
    assert send(browser, options, device.get(options)).status_code == 302
    assert LoginSession.objects.filter(user=bob, ended_at=None).count() == 0
    assert "Alice Liddell" in browser.get("/myaccount/").content.decode()


# At once


@pytest.mark.django_db(transaction=True)
def test_of_twenty_uses_of_one_answer_one_signs_in(on_postgresql: None) -> None:
    """Security 64: across threads."""
    alice = make_person("alice")
    device = synced_passkey()
    registered(alice, device)
    options = passkey_options()
    answer = device.get(options)
    results = in_parallel(lambda number: verify(options, answer), 20)
    assert sum(isinstance(result, tuple) for result in results) == 1, results
    assert sum(isinstance(result, DeviceRefused) for result in results) == 19, results


@pytest.mark.django_db(transaction=True)
def test_of_twenty_answers_with_one_count_one_is_taken(on_postgresql: None) -> None:
    """Security 68: compared and set in one statement; each of the others is told."""
    alice = make_person("alice")
    device = Authenticator()
    registered(alice, device)
    asked = [passkey_options() for _ in range(20)]
    answers = [device.get(options, count=1) for options in asked]
    results = in_parallel(lambda number: verify(asked[number], answers[number]), 20)
    assert sum(isinstance(result, tuple) for result in results) == 1, results
    reasons = [result.reason for result in results if isinstance(result, DeviceRefused)]
    assert reasons == [DeviceProblem.COPIED] * 19
    assert SecurityDevice.objects.get().sign_count == 1
    assert Event.objects.filter(kind=EventKind.FACTOR_SUSPECT).count() == 19


@pytest.mark.django_db(transaction=True)
def test_a_counter_never_goes_back_however_answers_arrive(on_postgresql: None) -> None:
    """Security 68: the highest stays."""
    alice = make_person("alice")
    device = Authenticator()
    registered(alice, device)
    asked = [passkey_options() for _ in range(20)]
    answers = [device.get(options) for options in asked]
    in_parallel(lambda number: verify(asked[number], answers[number]), 20)
    assert SecurityDevice.objects.get().sign_count == 20


@pytest.mark.django_db(transaction=True)
def test_of_ten_registrations_of_one_credential_at_once_one_is_kept(on_postgresql: None) -> None:
    """Security 69: unique, also between two people."""
    people = [make_person(f"person{number}") for number in range(10)]
    device = Authenticator()
    asked = [
        services.options_to_register(
            user=person, kind="usb", is_older_device=False, binding=BINDING, now=timezone.now()  # type: ignore[arg-type]
        )
        for person in people
    ]  # fmt: skip
    answers = [device.create(options) for options in asked]
    results = in_parallel(lambda number: register(people[number], asked[number], answers[number]), 10)
    assert sum(isinstance(result, SecurityDevice) for result in results) == 1, results
    reasons = [result.reason for result in results if isinstance(result, DeviceRefused)]
    assert reasons == [DeviceProblem.REGISTERED] * 9
    assert SecurityDevice.objects.count() == 1
    assert Event.objects.filter(kind=EventKind.FACTOR_ADDED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_twentieth_device_is_added_once_however_many_come_at_once(
    on_postgresql: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_DEVICES", 3)
    alice = make_person("alice")
    registered(alice)
    registered(alice)
    results = in_parallel(lambda number: registered(User.objects.get(pk=alice.pk)), 6)
    assert sum(isinstance(result, SecurityDevice) for result in results) == 1, results
    assert SecurityDevice.objects.count() == 3
