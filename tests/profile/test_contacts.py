"""Changing the e-mail address and the mobile number: proven first, then true."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

import profile.contacts as contacts
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.limits.services import TooManyAttempts
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web.models import PortalSettings
from profile.models import ContactKind, PendingContact
from profile.tasks import forget_unproven
from sessions_app.models import EndReason, LoginSession
from tests.profile.support import (
    MOBILE,
    PAGE,
    ask,
    cancel,
    newest,
    prove,
    recipients,
    resend,
    sent_code,
    sent_link,
    wrong,
)
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.people import PASSPHRASE, make_person

NEW = "new@example.org"
OLD = "alice@example.org"


def reload(user: User) -> User:
    return User.objects.get(pk=user.pk)


def page(client: Client) -> str:
    return unescape(client.get(PAGE).content.decode())


# Asking


def test_a_new_address_waits_for_its_proof_and_the_old_one_stays(alice: User, alices: Client) -> None:
    """Security 29: nothing changes before proof."""
    response = ask(alices)
    assert response["Location"] == f"{PAGE}#id_email_code"
    assert (reload(alice).email, reload(alice).email_key) == (OLD, OLD)
    shown = page(alices)
    assert "We sent a code to the new address. Until you enter it, nothing changes." in shown
    assert OLD in shown
    assert NEW in shown
    assert "Confirmation pending" in shown
    assert Event.objects.get(kind=EventKind.EMAIL_CHANGE_REQUESTED).user_uuid == alice.uuid


def test_the_code_goes_to_the_new_address_and_word_of_it_to_the_old(alice: User, alices: Client) -> None:
    """Security 29, 47."""
    ask(alices)
    assert recipients("prove_email") == [NEW]
    assert recipients("email_change_requested") == [OLD]
    assert newest("prove_email").is_secret
    told = newest("email_change_requested")
    assert sent_code() not in told.text + told.html
    assert sent_link() not in told.text + told.html
    assert "If this was not you" in told.text


def test_neither_code_nor_link_is_stored_where_they_could_be_read(alice: User, alices: Client) -> None:
    ask(alices)
    row = PendingContact.objects.values().get()
    assert sent_code() not in str(row)
    assert sent_link().split("/")[-2] not in str(row)
    assert sent_code() not in str(list(Event.objects.values()))


def test_a_mobile_number_is_proven_by_a_text_message(alice: User, alices: Client) -> None:
    ask(alices, "mobile", "+44 7400 123456")
    assert reload(alice).mobile == ""
    message = newest("prove_mobile")
    assert (message.channel, message.recipient) == ("sms", MOBILE)
    assert message.text.rstrip().endswith(f"@localhost #{sent_code('mobile')}"), "bound to our name for autofill"
    assert prove(alices, sent_code("mobile"), "mobile").status_code == 302
    assert reload(alice).mobile == MOBILE
    assert reload(alice).mobile_verified_at is not None
    assert recipients("mobile_changed") == [OLD]
    assert Event.objects.filter(kind=EventKind.MOBILE_CHANGED).count() == 1
    assert "+44 7400 123456" in page(alices)


@pytest.mark.parametrize(
    "value", ["+1 900 234 5678", "+44 20 7946 0000", "call me", "+44 7400 123456 x7", "9" * 10_000]
)
def test_no_text_message_goes_to_a_number_that_is_no_mobile(alice: User, alices: Client, value: str) -> None:
    """Security 27."""
    response = ask(alices, "mobile", value)
    assert response.status_code == 422
    assert value in unescape(response.content.decode()), "what was typed is kept"
    assert not Message.objects.filter(channel="sms").exists()
    assert not PendingContact.objects.exists()


@pytest.mark.parametrize(
    "value", ["new@example", "a@example.org\r\nBcc: x@evil.example", "<b>@example.org", "x" * 10_000]
)
def test_no_mail_goes_to_what_is_no_address(alice: User, alices: Client, value: str) -> None:
    assert ask(alices, "email", value).status_code == 422
    assert not Message.objects.exists()


@pytest.mark.parametrize("kind", ["username", "nonsense", "given_name", "EMAIL"])
def test_only_address_and_number_are_changed_here(alices: Client, kind: str) -> None:
    for path in ("", "prove/", "resend/", "cancel/"):
        assert alices.post(f"{PAGE}contact/{kind}/{path}", {"value": "x", "code": "123456"}).status_code == 404


def test_the_address_one_has_already_is_nothing_new(alices: Client) -> None:
    assert ask(alices, "email", OLD).status_code == 302
    assert not Message.objects.exists()


def test_an_address_that_was_never_proven_can_be_proven(db: None, browser: Client) -> None:
    dora = make_person("dora", email_verified_at=None)
    sign_in(browser, "dora")
    assert "Not proven yet" in page(browser)
    assert re.search(r'href="[^"]+/contact/email/edit/">Prove<', page(browser))
    ask(browser, "email", "dora@example.org")
    assert recipients("email_change_requested") == [], "it is the same address"
    prove(browser, sent_code())
    assert reload(dora).email_verified_at is not None
    assert find_by_identifier("dora@example.org") == dora


def test_asking_for_another_address_kills_the_first_code(alice: User, alices: Client) -> None:
    """Security 29: a code is bound to its address; 37: the newest kills older ones."""
    ask(alices, "email", "typo@example.org")
    first = sent_code()
    ask(alices, "email", NEW)
    if first != sent_code():
        assert prove(alices, first).status_code == 422
    assert prove(alices, sent_code()).status_code == 302
    assert reload(alice).email == NEW


def test_the_same_form_sent_twice_sends_one_code(alice: User, alices: Client) -> None:
    ask(alices)
    ask(alices)
    assert recipients("prove_email") == [NEW]
    assert recipients("email_change_requested") == [OLD]
    assert prove(alices, sent_code()).status_code == 302
    assert reload(alice).email == NEW


def test_mail_goes_to_the_address_as_it_was_given(db: None, browser: Client) -> None:
    """Security 43: not to the form it is compared by."""
    make_person("dora", email="Dora.K@Example.org")
    sign_in(browser, "dora.k@example.org")
    ask(browser, "email", "New.Dora@Example.net")
    assert recipients("prove_email") == ["New.Dora@Example.net"]
    assert recipients("email_change_requested") == ["Dora.K@Example.org"]


# Proving


def test_the_right_code_makes_the_new_address_true(alice: User, alices: Client) -> None:
    ask(alices)
    response = prove(alices, sent_code())
    assert response["Location"] == f"{PAGE}#email"
    alice = reload(alice)
    assert (alice.email, alice.email_key) == (NEW, NEW)
    assert alice.email_verified_at is not None
    assert not PendingContact.objects.exists()
    assert recipients("email_changed") == [OLD]
    assert Event.objects.filter(kind=EventKind.EMAIL_CHANGED).count() == 1
    shown = page(alices)
    assert "Your e-mail address was updated." in shown
    assert "Confirmation pending" not in shown
    assert find_by_identifier(OLD) is None
    assert find_by_identifier(NEW) == alice


@pytest.mark.parametrize("spelled", ["{0}{1}{2} {3}{4}{5}", " {0}{1}{2}-{3}{4}{5} ", "arabic"])
def test_the_code_may_be_typed_with_spaces_dashes_and_other_digits(alice: User, alices: Client, spelled: str) -> None:
    ask(alices)
    code = sent_code()
    typed = code.translate({48 + n: 0x0660 + n for n in range(10)}) if spelled == "arabic" else spelled.format(*code)
    assert prove(alices, typed).status_code == 302
    assert reload(alice).email == NEW


def test_changing_the_address_ends_the_other_sessions_and_keeps_this_one(alice: User, alices: Client) -> None:
    """Security 19."""
    elsewhere = sign_in(new_browser(address="192.0.2.99"))
    ask(alices)
    assert elsewhere.get(PAGE).status_code == 200, "asking alone ends nothing"
    prove(alices, sent_code())
    assert elsewhere.get(PAGE).status_code == 302
    assert alices.get(PAGE).status_code == 200
    ended = LoginSession.objects.get(user=alice, ended_at__isnull=False)
    assert ended.end_reason == EndReason.CONTACT_CHANGED


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３", "0" * 10_000, "\x00" * 6])
def test_what_is_no_code_is_refused_without_costing_a_try(alices: Client, code: str) -> None:
    ask(alices)
    assert prove(alices, code).status_code == 422
    assert PendingContact.objects.get().tries == 0


def test_the_form_of_the_code_stays_with_its_error(alices: Client) -> None:
    ask(alices)
    response = prove(alices, wrong(sent_code()))
    shown = unescape(response.content.decode())
    assert response.status_code == 422
    assert shown.count("That is not the code we sent.") == 2, "in the summary and at the field"
    assert "Error:" in shown[: shown.index("</title>")]
    assert NEW in shown


def test_five_wrong_codes_and_the_right_one_is_dead(alice: User, alices: Client) -> None:
    """Security 45."""
    ask(alices)
    right = sent_code()
    for _ in range(4):
        assert "That is not the code we sent." in prove(alices, wrong(right)).content.decode()
    assert "Too many wrong codes. Send a new one." in prove(alices, wrong(right)).content.decode()
    response = prove(alices, right)
    assert response.status_code == 422
    assert "Too many wrong codes. Send a new one." in response.content.decode()
    assert reload(alice).email == OLD


def test_a_code_works_once(alice: User, alices: Client) -> None:
    """Security 38."""
    ask(alices)
    code = sent_code()
    prove(alices, code)
    prove(alices, code)
    assert "This change can no longer be completed." in page(alices)
    assert Event.objects.filter(kind=EventKind.EMAIL_CHANGED).count() == 1


def test_the_same_proof_sent_twice_is_told_twice_that_it_worked(alice: User, alices: Client) -> None:
    ask(alices)
    about = re.search(r'name="about" value="(\w+)"', page(alices))
    assert about
    code = sent_code()
    for _ in range(2):
        alices.post(f"{PAGE}contact/email/prove/", {"code": code, "about": about.group(1)})
        shown = page(alices)
        assert "Your e-mail address was updated." in shown
        assert "can no longer be completed" not in shown
    assert Event.objects.filter(kind=EventKind.EMAIL_CHANGED).count() == 1
    assert recipients("email_changed") == [OLD]


def test_a_code_proves_nothing_in_another_session_of_the_same_person(alice: User, alices: Client) -> None:
    """Security 29: bound to the session."""
    elsewhere = sign_in(new_browser(address="192.0.2.99"))
    ask(alices)
    assert "This change was started in another browser." in page(elsewhere)
    assert 'autocomplete="one-time-code"' not in page(elsewhere)
    prove(elsewhere, sent_code())
    assert "This change can no longer be completed." in page(elsewhere)
    assert reload(alice).email == OLD
    assert PendingContact.objects.get().tries == 0, "and costs the person no try"
    assert prove(alices, sent_code()).status_code == 302


def test_a_code_proves_nothing_for_another_person(alice: User, bob: User, alices: Client) -> None:
    """Security 29: bound to the user."""
    bobs = sign_in(new_browser(), "bob")
    ask(alices)
    ask(bobs, "email", "bobs-new@example.org")
    bobs_code = sent_code()
    alices_code = re.search(r"\b\d{6}\b", Message.objects.get(recipient=NEW).text)
    assert alices_code
    if alices_code.group() != bobs_code:
        assert prove(bobs, alices_code.group()).status_code == 422
    assert reload(bob).email == "bob@example.org"


@pytest.mark.parametrize(("kind", "minutes"), [("email", 60), ("mobile", 10)])
def test_a_code_expires(alice: User, alices: Client, time_machine: TimeMachineFixture, kind: str, minutes: int) -> None:
    """Security 37 (mail at most an hour) and 58 (text message at most ten minutes)."""
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    ask(alices, kind, {"email": NEW, "mobile": MOBILE}[kind])
    code = sent_code(kind)
    assert newest(f"prove_{kind}").expires_at == start + timedelta(minutes=minutes), "the message dies with it"
    LoginSession.objects.update(last_seen_at=start + timedelta(minutes=minutes))  # in use all the time
    time_machine.move_to(start + timedelta(minutes=minutes), tick=False)
    prove(alices, code, kind)
    assert "This change can no longer be completed. Start it again." in page(alices)
    assert (reload(alice).email, reload(alice).mobile) == (OLD, "")
    assert "Confirmation pending" not in page(alices)
    forget_unproven(timezone.now() + timedelta(seconds=1))
    assert not PendingContact.objects.exists()


# Resending and cancelling


def test_a_new_code_comes_after_a_minute_and_kills_the_old_one(
    alice: User, alices: Client, time_machine: TimeMachineFixture
) -> None:
    """Security 45, 58."""
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    ask(alices)
    first, first_link = sent_code(), sent_link()
    time_machine.move_to(start + timedelta(seconds=59), tick=False)
    resend(alices)
    assert "Wait a minute before you ask for another." in page(alices)
    assert recipients("prove_email") == [NEW]
    time_machine.move_to(start + timedelta(seconds=60), tick=False)
    resend(alices)
    assert "A new code is on its way. The old one no longer works." in page(alices)
    assert recipients("prove_email") == [NEW, NEW]
    if first != sent_code():
        assert prove(alices, first).status_code == 422
    assert alices.post(first_link).status_code == 422
    assert prove(alices, sent_code()).status_code == 302
    assert reload(alice).email == NEW


def test_a_new_code_has_five_tries_of_its_own(alice: User, alices: Client, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(timezone.now())
    ask(alices)
    for _ in range(5):
        prove(alices, wrong(sent_code()))
    time_machine.shift(61)
    resend(alices)
    assert prove(alices, wrong(sent_code())).status_code == 422
    assert prove(alices, sent_code()).status_code == 302


def test_nobody_is_flooded_with_codes(alice: User, alices: Client, time_machine: TimeMachineFixture) -> None:
    """Security 44: a cap an account, whatever is asked for."""
    time_machine.move_to(timezone.now())
    for number in range(8):
        ask(alices, "email", f"new{number}@example.org")
        time_machine.shift(1)
    response = ask(alices, "mobile", MOBILE)
    assert response.status_code == 422
    assert "Too many codes were sent. Wait a few minutes, then try again." in response.content.decode()
    time_machine.shift(61)
    resend(alices)
    assert "Too many codes were sent." in page(alices)
    assert len(recipients("prove_email")) == 8
    time_machine.shift(600)
    assert ask(alices, "email", NEW).status_code == 302


def test_no_address_is_flooded_by_many_accounts(db: None) -> None:
    """Security 44: a cap an address, in any spelling."""
    now = timezone.now()
    people = [make_person(f"person{number}") for number in range(9)]

    def request(person: User, value: str) -> None:
        session = LoginSession.objects.create(user=person, started_at=now, last_seen_at=now)
        contacts.request_change(
            user=person, kind=ContactKind.EMAIL, value=value, session_uuid=session.uuid, origin=SYSTEM, now=now
        )

    for number, person in enumerate(people[:8]):
        request(person, NEW.upper() if number % 2 else NEW)
    with pytest.raises(TooManyAttempts):
        request(people[8], NEW)
    assert len(recipients("prove_email")) == 8


def test_resending_takes_a_pending_change_of_this_session(alice: User, alices: Client) -> None:
    resend(alices)
    assert "This change can no longer be completed." in page(alices)
    elsewhere = sign_in(new_browser(address="192.0.2.99"))
    ask(elsewhere)
    resend(alices)
    assert "This change can no longer be completed." in page(alices)


def test_a_change_can_be_given_up_from_any_session(alice: User, alices: Client) -> None:
    elsewhere = sign_in(new_browser(address="192.0.2.99"))
    ask(alices)
    code, link = sent_code(), sent_link()
    cancel(elsewhere)
    assert "The change was cancelled. Nothing is different." in page(elsewhere)
    prove(alices, code)
    assert alices.post(link).status_code == 422
    assert reload(alice).email == OLD
    assert Event.objects.filter(kind=EventKind.EMAIL_CHANGE_CANCELLED).count() == 1
    cancel(elsewhere)
    assert Event.objects.filter(kind=EventKind.EMAIL_CHANGE_CANCELLED).count() == 1, "once"


def test_address_and_number_may_wait_at_the_same_time(alice: User, alices: Client) -> None:
    ask(alices)
    ask(alices, "mobile", MOBILE)
    shown = page(alices)
    ids = re.findall(r'\bid="([^"]+)"', shown)
    assert sorted(ids) == sorted(set(ids)), "each id once"
    response = prove(alices, wrong(sent_code("mobile")), "mobile").content.decode()
    assert response.count("That is not the code we sent.") == 2
    assert 'href="#id_mobile_code"' in response
    assert prove(alices, sent_code("mobile"), "mobile").status_code == 302
    assert prove(alices, sent_code()).status_code == 302
    assert (reload(alice).email, reload(alice).mobile) == (NEW, MOBILE)


# The link


def test_the_link_asks_first_and_then_proves_once(alice: User, alices: Client) -> None:
    """Security 38; a GET changes nothing (12)."""
    ask(alices)
    link = sent_link()
    asked = alices.get(link)
    assert asked.status_code == 200
    assert "Confirm your e-mail address" in asked.content.decode()
    assert reload(alice).email == OLD
    assert alices.post(link)["Location"] == f"{PAGE}#email"
    assert reload(alice).email == NEW
    again = alices.post(link)
    assert again.status_code == 422
    assert "This link does not work" in again.content.decode()


def test_the_link_works_in_the_session_it_was_asked_for_in_only(alice: User, bob: User, alices: Client) -> None:
    """Security 29."""
    ask(alices)
    link = sent_link()
    for other in (sign_in(new_browser(address="192.0.2.99")), sign_in(new_browser(), "bob")):
        assert other.post(link).status_code == 422
    stranger = new_browser()
    assert "/sign-in/" in stranger.get(link)["Location"]
    assert "/sign-in/" in stranger.post(link)["Location"]
    assert reload(alice).email == OLD
    assert reload(bob).email == "bob@example.org"


@pytest.mark.parametrize("token", ["x", "x" * 43, "é", "..%2f..", "%00"])
def test_other_links_do_not_work(alice: User, alices: Client, token: str) -> None:
    ask(alices)
    assert alices.post(f"{PAGE}contact/link/{token}/").status_code in (400, 404, 422)
    assert reload(alice).email == OLD


def test_the_links_host_comes_from_the_settings(alice: User, alices: Client) -> None:
    """Security 39."""
    alices.post(
        f"{PAGE}contact/email/", {"value": NEW, "opened_with": ""}, headers={"x-forwarded-host": "evil.example"}
    )
    message = newest("prove_email")
    assert "http://localhost:8000/myaccount/" in message.text
    assert "evil.example" not in message.text + message.html


# Addresses of others


def without_varying_parts(html: str) -> str:
    """A page without its tokens, its times and the address that was asked for."""
    html = re.sub(r'value="\w{64}"', "", html)
    html = re.sub(r'name="about" value="\w+"', "", html)
    return re.sub(r"\d\d:\d\d|[\w.]+@example\.org", "", html)


def test_an_address_of_somebody_else_gets_a_mail_and_no_code_and_the_page_looks_the_same(
    alice: User, bob: User, alices: Client
) -> None:
    """Security 29: no collision; 36: nothing tells who has an account."""
    free = ask(alices, "email", "free@example.org")
    free_page = page(alices)
    cancel(alices)
    page(alices)
    taken = ask(alices, "email", "bob@example.org")
    assert (taken.status_code, taken["Location"]) == (free.status_code, free["Location"])
    assert without_varying_parts(page(alices)) == without_varying_parts(free_page)
    assert recipients("prove_email") == ["free@example.org"]
    assert recipients("email_in_use") == ["bob@example.org"]
    assert not re.search(r"\d{6}|contact/link", newest("email_in_use").text)
    for code in ("000000", "123456"):
        response = prove(alices, code)
        assert response.status_code == 422
        assert "That is not the code we sent." in response.content.decode()
    assert reload(alice).email == OLD


@pytest.mark.parametrize("address", ["BOB@example.org", "bob@EXAMPLE.org", "ｂｏｂ@example.org"])
def test_another_spelling_is_the_same_address(alice: User, bob: User, alices: Client, address: str) -> None:
    """Security 4, 29."""
    ask(alices, "email", address)
    assert recipients("prove_email") == []
    assert reload(bob).email == "bob@example.org"


def test_nobody_takes_an_address_that_is_somebodys_username(alice: User, alices: Client) -> None:
    """Security 29 (CVE-2021-3754): names and addresses share one space."""
    make_person("carol@example.org", email="other@example.org")
    ask(alices, "email", "Carol@Example.org")
    assert recipients("prove_email") == []
    assert find_by_identifier("carol@example.org") == User.objects.get(username="carol@example.org")


def test_ones_own_username_may_be_ones_address(db: None, browser: Client) -> None:
    dora = make_person("dora@example.org", email="")
    sign_in(browser, "dora@example.org")
    ask(browser, "email", "dora@example.org")
    prove(browser, sent_code())
    assert reload(dora).email == "dora@example.org"


def test_who_proves_an_address_first_has_it(alice: User, bob: User, alices: Client) -> None:
    bobs = sign_in(new_browser(), "bob")
    ask(alices)
    alices_code = sent_code()
    ask(bobs)
    assert prove(bobs, sent_code()).status_code == 302
    prove(alices, alices_code)
    assert "This change can no longer be completed." in page(alices)
    assert (reload(alice).email, reload(bob).email) == (OLD, NEW)


def test_an_address_somebody_never_proved_is_free(alice: User, alices: Client) -> None:
    make_person("squatter", email=NEW, email_verified_at=None)
    ask(alices)
    assert prove(alices, sent_code()).status_code == 302
    assert find_by_identifier(NEW) == alice


# Fresh proof of identity


def test_a_change_needs_fresh_proof_of_identity_and_loses_nothing_by_it(alice: User, alices: Client) -> None:
    """Security 20: on the POST itself."""
    make_stale(alices)
    response = ask(alices)
    assert "/myaccount/confirm/" in response["Location"]
    assert not PendingContact.objects.exists()
    assert not Message.objects.exists()
    confirmed = alices.post("/myaccount/confirm/", {"password": PASSPHRASE, "next": "/myaccount/confirm/continue/"})
    asked = alices.get(confirmed["Location"]).content.decode()
    assert f'name="value" value="{NEW}"' in asked
    assert ask(alices)["Location"] == f"{PAGE}#id_email_code"
    assert recipients("prove_email") == [NEW]


def test_the_pencil_asks_for_fresh_proof_before_anything_is_typed(alices: Client) -> None:
    make_stale(alices)
    response = alices.get(f"{PAGE}contact/email/edit/")
    assert response["Location"].startswith("/myaccount/confirm/?next=")
    alices.post("/myaccount/confirm/", {"password": PASSPHRASE})
    assert alices.get(f"{PAGE}contact/email/edit/")["Location"] == f"{PAGE}?edit=email#id_value"


@pytest.mark.parametrize("path", ["", "prove/", "resend/", "cancel/"])
def test_nothing_of_it_happens_by_get(alice: User, alices: Client, path: str) -> None:
    """Security 12."""
    ask(alices)
    assert alices.get(f"{PAGE}contact/email/{path}").status_code == 405
    assert PendingContact.objects.count() == 1


@pytest.mark.parametrize(("state", "status"), [("read-only", 403), ("off", 404)])
def test_an_administrator_switches_it_off(alices: Client, state: str, status: int) -> None:
    PortalSettings(features={"personal-info.profile": state}).save()
    assert ask(alices).status_code == status
    assert prove(alices, "123456").status_code == status
    assert not PendingContact.objects.exists()


# Without proof


def test_an_address_or_number_can_be_taken_away_at_once(alice: User, alices: Client) -> None:
    elsewhere = sign_in(new_browser(address="192.0.2.99"))
    ask(alices, "email", "")
    assert (reload(alice).email, reload(alice).email_key, reload(alice).email_verified_at) == ("", None, None)
    assert recipients("email_changed") == [OLD]
    assert elsewhere.get(PAGE).status_code == 302
    assert find_by_identifier(OLD) is None


def test_a_required_address_cannot_be_taken_away(alice: User, alices: Client) -> None:
    Claim.objects.filter(name="email").update(is_required=True)
    assert ask(alices, "email", "").status_code == 422
    assert reload(alice).email == OLD


def test_an_administrator_turns_proof_off(alice: User, bob: User, alices: Client) -> None:
    """The value counts at once, as not proven: one cannot sign in with it, and it takes nobody's from them."""
    PortalSettings(prove_contact_changes=False).save()
    for kind in ("email", "mobile"):
        assert "We send a code" not in alices.get(f"{PAGE}?edit={kind}").content.decode()
    ask(alices, "email", "bob@example.org")
    ask(alices, "mobile", MOBILE)
    alice = reload(alice)
    assert (alice.email, alice.email_verified_at, alice.email_key) == ("bob@example.org", None, None)
    assert (alice.mobile, alice.mobile_verified_at) == (MOBILE, None)
    assert find_by_identifier("bob@example.org") == bob
    assert recipients("prove_email") + recipients("prove_mobile") == []
    assert recipients("email_changed") == [OLD]
    assert Event.objects.filter(kind=EventKind.EMAIL_CHANGED).count() == 1


def test_without_proof_saving_what_is_there_changes_nothing(alice: User, alices: Client) -> None:
    PortalSettings(prove_contact_changes=False).save()
    ask(alices, "mobile", MOBILE)
    ask(alices, "mobile", MOBILE)
    assert Event.objects.filter(kind=EventKind.MOBILE_CHANGED).count() == 1


def test_turning_proof_off_takes_a_waiting_change_with_it_when_another_is_made(alice: User, alices: Client) -> None:
    ask(alices)
    code = sent_code()
    PortalSettings(prove_contact_changes=False).save()
    ask(alices, "email", "other@example.org")
    prove(alices, code)
    assert reload(alice).email == "other@example.org"
