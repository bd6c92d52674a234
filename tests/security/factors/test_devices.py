"""Adding security devices, through the pages and as services, with a device that can lie."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.outbox.models import Message
from myaccount.users.models import User
from security.factors.devices import adapters, services
from security.factors.devices.services import MAX_DEVICES, WORDS, DeviceProblem, DeviceRefused
from security.factors.models import Challenge, DeviceKind, SecurityDevice
from security.policy.models import SignInPolicy
from tests.security.factors.devices_support import (
    BINDING,
    GARBAGE,
    LIES,
    Json,
    options_for_second,
    options_to_register,
    refused,
    register,
    registered,
    verify_second,
)
from tests.support.authenticators import EDDSA, RS256, Authenticator, b64, older_device, synced_passkey
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.people import make_person

ADD = "/myaccount/security/factors/devices/add/"
OPTIONS = "/myaccount/security/factors/devices/options/"
REGISTER = "/myaccount/security/factors/devices/register/"


# What is asked of a browser


def test_a_passkey_is_asked_for_first(alice: User) -> None:
    """Security 67: knows its person by itself, and checks that it is them."""
    public = options_to_register(alice)["publicKey"]
    assert public["rp"] == {"name": "My Account", "id": "localhost"}
    assert public["user"] == {"id": b64(alice.uuid.bytes), "name": "alice", "displayName": "Alice Liddell"}
    assert public["authenticatorSelection"] == {
        "authenticatorAttachment": "cross-platform",
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert public["attestation"] == "none"
    assert [parameter["alg"] for parameter in public["pubKeyCredParams"]] == [-7, -8, -257]
    assert public["hints"] == ["security-key"]


def test_an_older_device_is_asked_for_less(alice: User) -> None:
    selection = options_to_register(alice, older=True)["publicKey"]["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("discouraged", "discouraged")
    assert not selection.get("requireResidentKey")


def test_the_built_in_sensor_is_asked_for_as_such(alice: User) -> None:
    public = services.options_to_register(
        user=alice, kind=DeviceKind.BUILT_IN, is_older_device=False, binding=BINDING, now=timezone.now()
    )["publicKey"]
    assert public["authenticatorSelection"]["authenticatorAttachment"] == "platform"
    assert public["hints"] == ["client-device"]


def test_devices_one_has_are_not_registered_again(alice: User, bob: User) -> None:
    mine, his = registered(alice), registered(bob)
    excluded = options_to_register(alice)["publicKey"]["excludeCredentials"]
    assert excluded == [{"id": mine.credential_id, "type": "public-key", "transports": ["usb"]}]
    assert his.credential_id not in json.dumps(excluded)


@pytest.mark.parametrize(
    ("url", "origin", "rp_id"),
    [
        ("https://account.example.org", "https://account.example.org", "account.example.org"),
        ("https://account.example.org:443", "https://account.example.org", "account.example.org"),
        ("https://account.example.org:8443", "https://account.example.org:8443", "account.example.org"),
        ("http://localhost:80", "http://localhost", "localhost"),
    ],
)
def test_origin_and_relying_party_are_the_settings(settings: Any, url: str, origin: str, rp_id: str) -> None:
    """Security 39, 65: never the request's host."""
    settings.PUBLIC_URL = url
    assert (adapters.own_origin(), adapters.relying_party_id()) == (origin, rp_id)


# Registering


@pytest.mark.parametrize("algorithm", [-7, EDDSA, RS256])
def test_a_device_is_added_with_what_it_tells(alice: User, algorithm: int) -> None:
    device = Authenticator(algorithm=algorithm, aaguid=bytes.fromhex("2fc0579f811347eab116bb5a8db9202a"))
    added = registered(alice, device)
    added.refresh_from_db()
    assert added.user == alice
    assert (added.name, added.kind, added.transports) == ("Blue key", "usb", ["usb"])
    assert added.credential_id == b64(device.credential_id)
    assert added.aaguid == "2fc0579f-8113-47ea-b116-bb5a8db9202a"
    assert added.is_passwordless
    assert added.confirmed
    assert not added.is_backup_eligible
    assert added.last_used_at is None
    options = options_for_second(alice)
    assert verify_second(alice, options, device.get(options)).last_used_at is not None


def test_a_synced_passkey_is_known_as_one(alice: User) -> None:
    added = registered(alice, synced_passkey())
    assert (added.is_passwordless, added.is_backup_eligible, added.is_backed_up) == (True, True, True)


def test_an_older_device_is_a_second_factor_only(alice: User) -> None:
    device = older_device()
    added = registered(alice, device, older=True)
    assert not added.is_passwordless
    options = options_for_second(alice)
    assert verify_second(alice, options, device.get(options)) == added


@pytest.mark.parametrize("lies", [{"verified": False}, {"discoverable": False}], ids=str)
def test_an_older_device_does_not_pass_for_a_passkey(alice: User, lies: Json) -> None:
    """Security 67."""
    options = options_to_register(alice)
    with refused(DeviceProblem.NEEDS_PASSWORD):
        register(alice, options, Authenticator().create(options, **lies))
    assert not SecurityDevice.objects.exists()


def test_asking_for_less_is_remembered_by_us_and_not_by_the_browser(alice: User) -> None:
    """Security 67: a challenge for an older device makes no passkey, whatever the answer says."""
    options = options_to_register(alice, older=True)
    assert not register(alice, options, Authenticator().create(options)).is_passwordless


@pytest.mark.parametrize("lies", [*LIES.values(), {"type": "webauthn.get"}], ids=[*LIES, "another ceremony"])
def test_a_registration_that_does_not_fit_is_refused(alice: User, lies: Json) -> None:
    """Security 65."""
    options = options_to_register(alice)
    with refused(DeviceProblem.REFUSED):
        register(alice, options, Authenticator().create(options, **lies))
    assert not SecurityDevice.objects.exists()
    assert not Message.objects.exists()
    with refused(DeviceProblem.EXPIRED):  # security 64: the challenge is gone all the same
        register(alice, options, Authenticator().create(options))


def test_a_device_that_has_two_names_is_refused(alice: User) -> None:
    options = options_to_register(alice)
    with refused(DeviceProblem.REFUSED):
        register(alice, options, Authenticator().create(options, inner_credential_id=b"y" * 32))


@pytest.mark.parametrize(("length", "is_taken"), [(1, True), (1023, True), (1024, False), (2000, False)])
def test_credential_names_have_at_most_1023_bytes(alice: User, length: int, is_taken: bool) -> None:
    """Security 69."""
    options = options_to_register(alice)
    answer = Authenticator(credential_id=b"i" * length).create(options)
    if is_taken:
        assert len(register(alice, options, answer).credential_id) == -(-length * 4 // 3)
        return
    with refused(DeviceProblem.REFUSED):
        register(alice, options, answer)


def test_an_empty_credential_name_is_refused(alice: User) -> None:
    options = options_to_register(alice)
    with refused(DeviceProblem.REFUSED):
        register(alice, options, Authenticator(credential_id=b"").create(options))


@pytest.mark.parametrize("is_own", [True, False])
def test_a_credential_is_registered_once_in_all(alice: User, bob: User, is_own: bool) -> None:
    """Security 69: globally unique."""
    device = Authenticator()
    first = registered(alice, device)
    person = alice if is_own else bob
    with refused(DeviceProblem.REGISTERED):
        registered(person, device)
    assert list(SecurityDevice.objects.all()) == [first]


def test_a_person_has_at_most_twenty(alice: User, bob: User) -> None:
    for _ in range(MAX_DEVICES):
        registered(alice)
    with refused(DeviceProblem.TOO_MANY):
        registered(alice)
    assert registered(bob)


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused(alice: User, text: str) -> None:
    """Security 90."""
    device = Authenticator()
    registered(alice, device)
    options = options_to_register(alice)
    with refused(DeviceProblem.REFUSED):
        register(alice, options, text)
    options = options_for_second(alice)
    with pytest.raises(DeviceRefused):
        verify_second(alice, options, text)
    assert services.credential_owner(text) is None


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject"])
@pytest.mark.parametrize("value", ["", "AAAA", "not base64!", None, 5, {}, "oA", "o2NmbXRkbm9uZQ"])
def test_a_registration_with_a_broken_part_is_refused(alice: User, part: str, value: Any) -> None:
    """Security 90: whatever the library stumbles over."""
    options = options_to_register(alice)
    answer = Authenticator().create(options)
    answer["response"][part] = value
    with refused(DeviceProblem.REFUSED):
        register(alice, options, answer)


@pytest.mark.parametrize("value", [None, "usb", {}, 7, [["usb"]], ["carrier-pigeon", "nfc"]])
def test_odd_transports_are_left_out(alice: User, value: Any) -> None:
    options = options_to_register(alice)
    answer = Authenticator().create(options)
    answer["response"]["transports"] = value
    answer["authenticatorAttachment"] = "something-new"
    expected = ["nfc"] if value == ["carrier-pigeon", "nfc"] else []
    assert register(alice, options, answer).transports == expected
    assert options_for_second(alice)["publicKey"]["allowCredentials"][0].get("transports", []) == expected


# The second step


def test_only_the_persons_own_devices_are_asked_for(alice: User, bob: User) -> None:
    """Security 66."""
    mine = registered(alice)
    registered(bob)
    public = options_for_second(alice)["publicKey"]
    assert [credential["id"] for credential in public["allowCredentials"]] == [mine.credential_id]
    assert public["userVerification"] == "discouraged"
    assert public["rpId"] == "localhost"


@pytest.mark.parametrize(
    "lies",
    [*LIES.values(), {"type": "webauthn.create"}, {"signature": b"x" * 70}, {"user_handle": b"x" * 16}],
    ids=[*LIES, "another ceremony", "a forged signature", "a foreign handle"],
)  # fmt: skip
def test_an_assertion_that_does_not_fit_is_refused(alice: User, lies: Json) -> None:
    """Security 65, 66."""
    device = Authenticator()
    stored = registered(alice, device)
    options = options_for_second(alice)
    with refused(DeviceProblem.REFUSED):
        verify_second(alice, options, device.get(options, **lies))
    stored.refresh_from_db()
    assert (stored.sign_count, stored.last_used_at) == (0, None)
    with refused(DeviceProblem.EXPIRED):
        verify_second(alice, options, device.get(options))
    options = options_for_second(alice)
    assert verify_second(alice, options, device.get(options)) == stored


def test_somebody_elses_device_is_none_of_the_persons(alice: User, bob: User) -> None:
    """Security 66: looked up among the person's own, and the handle says so, too."""
    device = Authenticator()
    registered(alice)
    registered(bob, device)
    for lies in ({}, {"user_handle": alice.uuid.bytes}):
        options = options_for_second(alice)
        with refused(DeviceProblem.UNKNOWN):
            verify_second(alice, options, device.get(options, **lies))


def test_another_device_of_the_person_does_not_sign_for_the_first(alice: User) -> None:
    first, second = Authenticator(), Authenticator()
    registered(alice, first)
    registered(alice, second)
    options = options_for_second(alice)
    with refused(DeviceProblem.REFUSED):
        verify_second(alice, options, second.get(options, credential_id=first.credential_id))


def test_no_check_of_the_person_is_needed_beside_a_password(alice: User) -> None:
    """Security 67: it does not count as two factors here."""
    device = Authenticator()
    stored = registered(alice, device)
    options = options_for_second(alice)
    assert verify_second(alice, options, device.get(options, verified=False)) == stored


@pytest.mark.parametrize("after", [5, 4, 1, 0])
def test_a_counter_that_does_not_go_on_is_refused_and_told(alice: User, after: int) -> None:
    """Security 68: a signal, told to the person; what the device did before stays."""
    device = Authenticator(count=5)
    stored = registered(alice, device)
    assert stored.sign_count == 5
    Message.objects.all().delete()
    options = options_for_second(alice)
    with refused(DeviceProblem.COPIED):
        verify_second(alice, options, device.get(options, count=after))
    stored.refresh_from_db()
    assert (stored.sign_count, stored.last_used_at) == (5, None)
    assert Event.objects.get(kind=EventKind.FACTOR_SUSPECT).data == {"factor": "device", "name": "Blue key"}
    assert Message.objects.get().topic == "factor_suspect"
    options = options_for_second(alice)
    assert verify_second(alice, options, device.get(options)).sign_count == 7


def test_a_device_that_does_not_count_is_fine(alice: User) -> None:
    """Security 68: 0 after 0."""
    device = synced_passkey()
    registered(alice, device)
    for _ in range(3):
        options = options_for_second(alice)
        assert verify_second(alice, options, device.get(options)).sign_count == 0
    assert not Event.objects.filter(kind=EventKind.FACTOR_SUSPECT).exists()


@pytest.mark.parametrize(("at_first", "later"), [(False, True), (True, False)])
def test_whether_a_credential_can_be_copied_never_changes(alice: User, at_first: bool, later: bool) -> None:
    """Security 69."""
    device = Authenticator(is_backup_eligible=at_first)
    stored = registered(alice, device)
    options = options_for_second(alice)
    with refused(DeviceProblem.CHANGED):
        verify_second(alice, options, device.get(options, backup_eligible=later))
    stored.refresh_from_db()
    assert stored.is_backup_eligible is at_first
    assert stored.last_used_at is None


def test_whether_a_credential_is_copied_may_change(alice: User) -> None:
    device = Authenticator(is_backup_eligible=True)
    stored = registered(alice, device)
    assert not stored.is_backed_up
    options = options_for_second(alice)
    assert verify_second(alice, options, device.get(options, backed_up=True)).is_backed_up
    stored.refresh_from_db()
    assert stored.is_backed_up


def test_a_device_removed_meanwhile_is_unknown_and_not_suspect(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security 18: removed between the look-up and the note."""
    device = Authenticator()
    stored = registered(alice, device)
    verify = adapters.verify_assertion

    def verify_slowly(*args: Any, **kwargs: Any) -> Any:
        SecurityDevice.objects.filter(pk=stored.pk).delete()
        return verify(*args, **kwargs)

    monkeypatch.setattr(adapters, "verify_assertion", verify_slowly)
    options = options_for_second(alice)
    with refused(DeviceProblem.UNKNOWN):
        verify_second(alice, options, device.get(options))
    assert not Event.objects.filter(kind=EventKind.FACTOR_SUSPECT).exists()


def test_devices_go_with_their_person(alice: User) -> None:
    """Security 62: a person who gets the name later does not get the devices."""
    device = Authenticator()
    registered(alice, device)
    alice.delete()
    again = make_person("alice")
    assert not SecurityDevice.objects.exists()
    options = options_for_second(again)
    with refused(DeviceProblem.UNKNOWN):
        verify_second(again, options, device.get(options))


# The pages


def ask(client: Client, **data: str) -> Json:
    response = client.post(OPTIONS, {"kind": "usb", **data})
    assert response.status_code == 200, response.content
    return response.json()  # type: ignore[no-any-return]


def send(client: Client, options: Json, answer: Json, **data: str) -> Any:
    form = {"kind": "usb", "name": "Blue key", "challenge": options["id"], "credential": json.dumps(answer), **data}
    return client.post(REGISTER, form)


def test_the_first_page_offers_both_in_the_manuals_words(alices: Client) -> None:
    page = alices.get(ADD).content.decode()
    assert re.findall(r"<b>([^<]+)</b><span", page) == ["USB security key", "Built-in sensor"]
    assert f'href="{ADD}usb/"' in page
    assert f'href="{ADD}built-in/"' in page
    assert re.search(r"<ul[^>]*data-when-supported hidden", page), "nothing is offered before the browser was asked"
    assert "JavaScript" in re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL)[0]


@pytest.mark.parametrize("kind", DeviceKind.values)
def test_the_second_page_has_the_manuals_buttons(alices: Client, kind: str) -> None:
    page = alices.get(f"{ADD}{kind}/").content.decode()
    for words in ("Continue", "Choose another option", "Try with an older device", "Close", "device name"):
        assert words in page, words
    older = alices.get(f"{ADD}{kind}/?older=1").content.decode()
    assert 'name="older" value="1"' in older
    assert "Try with an older device" not in older


def test_no_other_kind_has_a_page(alices: Client) -> None:
    assert alices.get(f"{ADD}bluetooth/").status_code == 404
    assert alices.post(OPTIONS, {"kind": "bluetooth"}).status_code == 404
    assert alices.post(REGISTER, {"kind": ""}).status_code == 404


def test_a_device_is_added_through_the_pages(alices: Client, alice: User) -> None:
    """Security 47, 61, 9: told by mail and event, and the session's key is a new one."""
    key = alices.session.session_key
    options = ask(alices)
    response = send(alices, options, Authenticator().create(options), name="  Blue key ")
    assert response.status_code == 302
    assert response["Location"] == "/myaccount/security/#multi-factor"
    assert SecurityDevice.objects.get(user=alice).name == "Blue key"
    assert alices.session.session_key != key
    assert Event.objects.get(kind=EventKind.FACTOR_ADDED).data == {"factor": "device", "name": "Blue key"}
    assert Message.objects.filter(topic="factor_added").count() == 1
    assert "Blue key" in alices.get("/myaccount/security/").content.decode()


def test_adding_a_device_ends_the_other_sessions(alices: Client, alice: User) -> None:
    """Security 19."""
    elsewhere = sign_in(new_browser())
    options = ask(alices)
    send(alices, options, Authenticator().create(options))
    assert elsewhere.get("/myaccount/security/").status_code == 302
    assert alices.get("/myaccount/security/").status_code == 200


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "Blue\u202ekey", "\x00"])
def test_a_wrong_name_does_not_cost_the_answer(alices: Client, name: str) -> None:
    options = ask(alices)
    answer = Authenticator().create(options)
    response = send(alices, options, answer, name=name)
    assert response.status_code == 422
    page = response.content.decode()
    kept = re.search(r'name="credential" value="([^"]*)"', page)
    assert kept is not None
    assert json.loads(unescape(kept[1])) == answer
    assert re.search(r'data-step="device" hidden', page)
    assert send(alices, options, answer, name="x" * 64).status_code == 302
    assert SecurityDevice.objects.get().name == "x" * 64


def test_a_refused_device_is_told_and_can_be_tried_again(alices: Client) -> None:
    options = ask(alices)
    answer = Authenticator().create(options, origin="https://evil.example")
    response = send(alices, options, answer)
    assert response.status_code == 422
    assert str(WORDS[DeviceProblem.REFUSED]) in unescape(response.content.decode())
    assert 'name="credential" value=""' in response.content.decode()


def test_a_device_that_needs_a_password_leads_to_the_older_way(alices: Client) -> None:
    options = ask(alices)
    device = older_device()
    page = send(alices, options, device.create(options)).content.decode()
    assert "This device cannot be used without a password." in page
    assert re.search(r"<dialog[^>]* data-open>", page)
    assert re.search(r'<a class="btn" href="[^"]*\?older=1" data-older>', page)
    options = ask(alices, older="1")
    assert send(alices, options, device.create(options), older="1").status_code == 302
    assert not SecurityDevice.objects.get().is_passwordless


def test_the_form_decides_nothing_the_challenge_has_decided(alices: Client) -> None:
    """Security 40: a later form cannot turn an older device into a passkey, or a key into a sensor."""
    options = ask(alices, older="1")
    send(alices, options, Authenticator().create(options), kind="built-in")
    stored = SecurityDevice.objects.get()
    assert (stored.kind, stored.is_passwordless) == ("usb", False)


def test_a_devices_page_is_for_people_who_are_signed_in(browser: Client, db: None) -> None:
    """Security 52, 53."""
    for path in (ADD, f"{ADD}usb/"):
        assert browser.get(path)["Location"].startswith("/myaccount/sign-in/")
    for path in (OPTIONS, REGISTER):
        assert browser.post(path, {"kind": "usb"})["Location"].startswith("/myaccount/sign-in/")
    assert not Challenge.objects.exists()


def test_a_stale_session_adds_nothing(alices: Client) -> None:
    """Security 20, 61: on the POST itself."""
    options = ask(alices)
    make_stale(alices)
    assert send(alices, options, Authenticator().create(options))["Location"].startswith("/myaccount/confirm/")
    assert alices.post(OPTIONS, {"kind": "usb"})["Location"].startswith("/myaccount/confirm/")
    assert not SecurityDevice.objects.exists()


def test_a_device_cannot_be_added_by_somebody_elses_page(alices: Client) -> None:
    """Security 12: POST with the token only."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = alices.cookies
    assert strict.post(OPTIONS, {"kind": "usb"}).status_code == 403
    assert strict.post(REGISTER, {"kind": "usb"}).status_code == 403
    assert alices.get(OPTIONS).status_code == 405
    assert alices.get(REGISTER).status_code == 405


def test_a_challenge_of_another_browser_adds_nothing(alices: Client) -> None:
    """Security 64."""
    options = ask(sign_in(new_browser()))
    response = send(alices, options, Authenticator().create(options))
    assert response.status_code == 422
    assert str(WORDS[DeviceProblem.EXPIRED]) in response.content.decode()


def test_devices_the_organisation_does_not_allow_have_no_page(alices: Client) -> None:
    policy = SignInPolicy.objects.filter(pk=1).first() or SignInPolicy(pk=1)
    policy.allowed_methods = ["totp"]
    policy.save()
    assert alices.get(ADD).status_code == 404
    assert alices.get(f"{ADD}usb/").status_code == 404
    assert alices.post(OPTIONS, {"kind": "usb"}).status_code == 404
    assert alices.post(REGISTER, {"kind": "usb"}).status_code == 404


def test_what_was_confirmed_again_can_go_on(alices: Client) -> None:
    """Security 20: the device's answer is not lost while one confirms, as long as its challenge holds."""
    options = ask(alices)
    answer = Authenticator().create(options)
    make_stale(alices)
    send(alices, options, answer)
    sent = alices.post("/myaccount/confirm/", {"password": "seven quiet wooden lanterns"})
    assert sent.status_code == 302
    assert send(alices, options, answer).status_code == 302
    assert SecurityDevice.objects.count() == 1


def test_a_half_signed_in_person_has_the_pages_only_when_they_are_led_there(alice: User, browser: Client) -> None:
    """Security 10, 52, 53: with a password alone there is no adding a factor."""
    registered(alice)
    sent = browser.post("/myaccount/sign-in/", {"identifier": "alice", "password": "seven quiet wooden lanterns"})
    assert "/second-step/" in sent["Location"]
    assert browser.get(ADD)["Location"].startswith("/myaccount/sign-in/")
    assert browser.post(OPTIONS, {"kind": "usb"}).status_code == 302
    assert browser.post(REGISTER, {"kind": "usb", "challenge": str(uuid4())}).status_code == 302
    assert SecurityDevice.objects.count() == 1


def test_the_second_step_is_taken_with_a_device(alice: User, browser: Client) -> None:
    """Security 9, 64: a new session key, and the challenge of this browser."""
    device = Authenticator()
    registered(alice, device)
    browser.post("/myaccount/sign-in/", {"identifier": "alice", "password": "seven quiet wooden lanterns"})
    key = browser.session.session_key
    page = browser.get("/myaccount/sign-in/second-step/device/").content.decode()
    assert 'data-ceremony="get"' in page
    options = browser.post("/myaccount/sign-in/second-step/device/options/").json()
    form = {"challenge": options["id"], "credential": json.dumps(device.get(options))}
    wrong = browser.post("/myaccount/sign-in/second-step/device/", {**form, "challenge": str(uuid4())})
    assert wrong.status_code == 422
    assert browser.post("/myaccount/sign-in/second-step/device/", form).status_code == 302
    assert browser.get("/myaccount/").status_code == 200
    assert browser.session.session_key != key


def test_who_has_to_set_one_up_signs_in_with_it(alice: User, browser: Client) -> None:
    """Security 9, 10, 52: the same pages for somebody half signed in, who can reach nothing else; then they are in."""
    SignInPolicy(pk=1, requirement="everyone", grace_days=0).save()
    browser.post("/myaccount/sign-in/", {"identifier": "alice", "password": "seven quiet wooden lanterns"})
    assert browser.get("/myaccount/")["Location"].startswith("/myaccount/sign-in/")
    page = browser.get(f"{ADD}usb/").content.decode()
    assert "/myaccount/sign-in/set-up/" in page, "the way back is to the other ways"
    options = ask(browser)
    key = browser.session.session_key
    response = send(browser, options, Authenticator().create(options))
    assert response.status_code == 302
    browser.get(response["Location"])
    assert browser.get("/myaccount/").status_code == 200
    assert browser.session.session_key != key
    assert SecurityDevice.objects.get(user=alice).is_passwordless


def test_what_a_device_answered_is_in_no_log(alices: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Security 90."""
    options = ask(alices)
    answer = Authenticator().create(options, rp_id="evil.example")
    with caplog.at_level("INFO"):
        send(alices, options, answer)
    assert "InvalidRegistrationResponse" in caplog.text
    assert answer["id"] not in caplog.text
    assert "evil" not in caplog.text


def test_a_challenge_that_ran_out_adds_nothing(alice: User, time_machine: Any) -> None:
    """Security 64."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    options = options_to_register(alice)
    time_machine.shift(timedelta(minutes=5))
    with refused(DeviceProblem.EXPIRED):
        register(alice, options, Authenticator().create(options))


def test_the_tests_and_the_settings_speak_of_one_origin() -> None:
    assert settings.PUBLIC_URL == adapters.own_origin() == "http://localhost:8000"
