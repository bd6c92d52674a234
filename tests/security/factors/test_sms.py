"""Codes by SMS: the number proven first, each code for one purpose in one session, and once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import cast

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from time_machine import TimeMachineFixture

import profile.contacts as contacts
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM, Origin
from myaccount.claims.models import Claim
from myaccount.limits.services import TooManyAttempts
from myaccount.operations.kinds import OperationKind
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.users.signals import ChangeRefused
from myaccount.web.models import PortalSettings
from profile.models import ContactKind, PendingContact
from profile.services import fingerprint
from security.factors.models import Purpose, SentCode, SmsDevice
from security.factors.sms import services
from security.policy.models import Requirement, SignInPolicy
from sessions_app.models import LoginSession
from tests.profile.support import ask, prove, recipients, wrong
from tests.security.factors.support import SMS, open_page, post, text_of, topics
from tests.support.approving import held
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.factors import NUMBER, add_app, add_sms, sms_code
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, make_person

PROFILE = "/myaccount/personal-info/"
OTHER = "+447400654321"


def reload(user: User) -> User:
    return User.objects.get(pk=user.pk)


def ask_number(client: Client, number: str = "+44 7400 123456") -> None:
    response = post(client, SMS, mobile=number)
    assert (response.status_code, response["Location"]) == (302, f"{SMS}prove/"), text_of(response)


def send(user: User, *, purpose: Purpose = Purpose.SIGN_IN, binding: str = "here") -> str:
    services.send(user=user, purpose=purpose, binding=binding, now=timezone.now())
    return sms_code()


def verify(user: User, code: str, *, purpose: Purpose = Purpose.SIGN_IN, binding: str = "here") -> bool:
    return services.verify(user=user, purpose=purpose, binding=binding, code=code, now=timezone.now())


def with_two_factors(client: Client) -> Client:
    """As if the person had just proven a second factor as well."""
    session = client.session
    session["step_up_level"] = 2
    session.save()
    return client


# Setting up


def test_a_number_is_a_factor_once_it_is_proven(alice: User, alices: Client) -> None:
    """Security 59, 61; the mobile number in the profile is the same."""
    ask_number(alices)
    assert not SmsDevice.objects.exists()
    assert reload(alice).mobile == ""
    page = open_page(alices, f"{SMS}prove/")
    assert "We sent a code to +44 7400 123456." in page
    response = post(alices, f"{SMS}prove/", code=sms_code())
    assert (response.status_code, response["Location"]) == (302, "/myaccount/security/#multi-factor")
    assert SmsDevice.objects.get().user == alice
    assert reload(alice).mobile == NUMBER
    assert reload(alice).mobile_verified_at is not None
    assert set(topics(alice)[-2:]) == {"factor_added", "mobile_changed"}
    assert Event.objects.get(kind=EventKind.FACTOR_ADDED).data == {"factor": "sms", "name": ""}
    assert "+44 7400 123456" in open_page(alices, PROFILE)


def test_the_form_says_what_else_it_changes_and_knows_the_number(alice: User, alices: Client) -> None:
    User.objects.update(mobile=NUMBER, mobile_verified_at=timezone.now())
    page = open_page(alices, SMS)
    assert "This will also update the mobile number in your profile." in page
    assert 'value="+44 7400 123456"' in page
    assert ">Update</button>" in page


def test_a_number_that_was_proven_before_is_proven_again(alice: User, alices: Client) -> None:
    """Security 61: whoever sets it up has the telephone. Nobody is told that the number changed."""
    User.objects.update(mobile=NUMBER, mobile_verified_at=timezone.now())
    ask_number(alices)
    assert not SmsDevice.objects.exists()
    post(alices, f"{SMS}prove/", code=sms_code())
    assert SmsDevice.objects.exists()
    assert "factor_added" in topics(alice)
    assert "mobile_changed" not in topics(alice)


@pytest.mark.parametrize("number", ["", "+1 900 234 5678", "+44 20 7946 0000", "call me", "9" * 10_000])
def test_what_is_no_mobile_number_is_refused_as_in_the_profile(alices: Client, number: str) -> None:
    """Security 27."""
    response = post(alices, SMS, mobile=number)
    assert response.status_code == 422
    assert not Message.objects.filter(channel="sms").exists()


def test_a_number_of_the_own_country_needs_no_country_code(alice: User, alices: Client, settings: Settings) -> None:
    settings.DEFAULT_PHONE_REGION = "GB"
    ask_number(alices, "07400 123456")
    assert PendingContact.objects.get().value == NUMBER


def test_a_number_only_an_administrator_sets_cannot_be_changed_here(alice: User, alices: Client) -> None:
    Claim.objects.filter(name="mobile").update(is_read_only=True)
    assert "there is none yet" in open_page(alices, SMS)
    assert post(alices, SMS, mobile=OTHER).status_code == 422
    User.objects.update(mobile=NUMBER, mobile_verified_at=timezone.now())
    post(alices, SMS, mobile=OTHER)
    assert PendingContact.objects.get().value == NUMBER, "the one that is set, whatever was sent"


def test_a_wrong_code_is_counted_and_five_kill_it(alice: User, alices: Client) -> None:
    """Security 45."""
    ask_number(alices)
    code = sms_code()
    for _ in range(contacts.MAX_TRIES):
        assert post(alices, f"{SMS}prove/", code=wrong(code)).status_code == 422
    response = post(alices, f"{SMS}prove/", code=code)
    assert response.status_code == 422
    assert "Too many wrong codes." in text_of(response)
    assert not SmsDevice.objects.exists()


def test_a_new_code_kills_the_old_one(alice: User, alices: Client, time_machine: TimeMachineFixture) -> None:
    """Security 45, 58."""
    time_machine.move_to(timezone.now(), tick=False)
    ask_number(alices)
    first = sms_code()
    assert "Wait a minute" in text_of_next(alices, post(alices, f"{SMS}resend/")["Location"])
    assert sms_code() == first
    time_machine.shift(timedelta(seconds=61))
    post(alices, f"{SMS}resend/")
    second = sms_code()
    if first != second:
        assert post(alices, f"{SMS}prove/", code=first).status_code == 422
    assert post(alices, f"{SMS}prove/", code=second).status_code == 302
    assert SmsDevice.objects.exists()


def text_of_next(client: Client, location: str) -> str:
    return open_page(client, location)


def test_it_can_be_given_up(alice: User, alices: Client) -> None:
    ask_number(alices)
    code = sms_code()
    assert post(alices, f"{SMS}cancel/")["Location"] == "/myaccount/security/#multi-factor"
    assert not PendingContact.objects.exists()
    assert post(alices, f"{SMS}prove/", code=code)["Location"] == SMS
    assert not SmsDevice.objects.exists()
    assert alices.get(f"{SMS}prove/")["Location"] == SMS


def test_a_change_asked_for_in_the_profile_makes_no_factor(alice: User, alices: Client) -> None:
    ask(alices, "mobile", NUMBER)
    assert alices.get(f"{SMS}prove/")["Location"] == SMS
    assert post(alices, f"{SMS}prove/", code=sms_code())["Location"] == SMS
    prove(alices, sms_code(), "mobile")
    assert reload(alice).mobile == NUMBER
    assert not SmsDevice.objects.exists()


def test_asking_here_right_after_the_profile_sends_a_code_for_here(alice: User, alices: Client) -> None:
    ask(alices, "mobile", NUMBER)
    ask_number(alices)
    assert len(recipients("prove_mobile")) == 2
    post(alices, f"{SMS}prove/", code=sms_code())
    assert SmsDevice.objects.exists()


def test_a_code_is_good_only_in_the_session_it_was_asked_for(alice: User, alices: Client) -> None:
    """Security 58."""
    ask_number(alices)
    other = sign_in(new_browser(address="198.51.100.9"))
    assert post(other, f"{SMS}prove/", code=sms_code())["Location"] == SMS
    assert not SmsDevice.objects.exists()


def test_a_form_sent_twice_is_told_the_same_twice(alice: User, alices: Client) -> None:
    ask_number(alices)
    page = open_page(alices, f"{SMS}prove/")
    about = page.split('name="about" value="')[1].split('"')[0]
    code = sms_code()
    for _ in range(2):
        response = post(alices, f"{SMS}prove/", code=code, about=about)
        assert response["Location"] == "/myaccount/security/#multi-factor"
    assert topics(alice).count("factor_added") == 1


def test_a_number_that_needs_approval_waits_and_the_page_leads_to_the_request(alice: User, alices: Client) -> None:
    with held(OperationKind.UPDATE_CLAIMS) as desk:
        ask_number(alices)
        code = sms_code()
        for _ in range(2):  # a form sent twice is told the same twice
            response = alices.post(f"{SMS}prove/", {"code": code, "about": fingerprint(NUMBER)}, follow=True)
            page = text_of(cast("HttpResponse", response))
            assert re.search(r"Your change waits for approval. <a href=[^>]*>See the request</a>", page)
        assert not SmsDevice.objects.exists()
        desk.agree()
    assert reload(alice).mobile == NUMBER
    assert SmsDevice.objects.get().user == alice


def test_every_step_needs_fresh_proof(alices: Client) -> None:
    """Security 61."""
    make_stale(alices)
    for path in (SMS, f"{SMS}prove/", f"{SMS}resend/", f"{SMS}cancel/"):
        assert alices.post(path, {"mobile": NUMBER, "code": "123456"})["Location"].startswith("/myaccount/confirm/")
    assert not PendingContact.objects.exists()


def test_a_proof_by_password_alone_does_not_do_once_there_is_a_factor(alice: User, alices: Client) -> None:
    """Security 53."""
    add_app(alice)
    assert alices.get(SMS)["Location"].startswith("/myaccount/confirm/")


def test_what_the_policy_does_not_allow_is_not_there(alices: Client) -> None:
    SignInPolicy(allowed_methods=["device"]).save()
    assert alices.get(SMS).status_code == 404
    for path in (SMS, f"{SMS}prove/", f"{SMS}resend/"):
        assert alices.post(path).status_code == 404


# On the way in


@pytest.fixture
def entering(alice: User, browser: Client) -> Client:
    """A browser in which alice has given her password, and is asked to set up a second factor."""
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=0).save()
    sign_in(browser)
    return browser


def test_somebody_on_their_way_in_sets_it_up_and_is_in(alice: User, entering: Client) -> None:
    """Security 52, 58: the proof is bound to the browser, which has no sign-in session yet."""
    assert "/sign-in/" in entering.get(PROFILE)["Location"]
    ask_number(entering)
    response = post(entering, f"{SMS}prove/", code=sms_code())
    assert response.status_code == 302
    assert SmsDevice.objects.filter(user=alice).exists()
    assert entering.get(PROFILE).status_code == 200
    assert LoginSession.objects.get(user=alice, ended_at=None).methods == ["pwd", "sms", "mfa"]


def test_another_browser_on_its_way_in_does_not_get_there_with_the_code(alice: User, entering: Client) -> None:
    """Security 58."""
    ask_number(entering)
    other = sign_in(new_browser(address="198.51.100.9"))
    assert post(other, f"{SMS}prove/", code=sms_code())["Location"] == SMS
    assert not SmsDevice.objects.exists()


def test_what_others_have_proven_lets_nobody_in(alice: User, entering: Client) -> None:
    """Security 53: a form about the person's own number, sent once there is nothing to prove any more."""
    User.objects.update(mobile=NUMBER, mobile_verified_at=timezone.now())
    ask_number(entering)
    page = open_page(entering, f"{SMS}prove/")
    about = page.split('name="about" value="')[1].split('"')[0]
    PendingContact.objects.all().delete()
    SmsDevice.objects.create(user=alice, created_at=timezone.now())
    response = post(entering, f"{SMS}prove/", code="123456", about=about)
    assert "/sign-in/" in response["Location"] or response["Location"] == SMS
    assert "/sign-in/" in entering.get(PROFILE)["Location"]


# The number and the factor go together


def test_the_factor_goes_on_with_a_new_number_of_the_profile(alice: User, alices: Client) -> None:
    add_sms(alice)
    with_two_factors(alices)
    ask(alices, "mobile", OTHER)
    assert reload(alice).mobile == NUMBER
    prove(alices, sms_code(), "mobile")
    assert (reload(alice).mobile, SmsDevice.objects.count()) == (OTHER, 1)
    assert set(topics(alice)[-2:]) == {"factor_changed", "mobile_changed"}


def test_a_new_number_here_is_told_as_a_change_and_ends_other_sessions(alice: User, alices: Client) -> None:
    """Security 19, 61."""
    sign_in(new_browser(address="198.51.100.1"))
    add_sms(alice)
    with_two_factors(alices)
    ask_number(alices, OTHER)
    post(alices, f"{SMS}prove/", code=sms_code())
    assert reload(alice).mobile == OTHER
    assert topics(alice).count("factor_changed") == 1
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1


def test_the_number_one_has_is_nothing_new(alice: User, alices: Client) -> None:
    add_sms(alice)
    with_two_factors(alices)
    assert post(alices, SMS, mobile=NUMBER)["Location"] == "/myaccount/security/#multi-factor"
    assert not PendingContact.objects.exists()


def test_without_a_number_there_is_no_factor(alice: User, alices: Client) -> None:
    add_sms(alice)
    with_two_factors(alices)
    assert ask(alices, "mobile", "").status_code == 302
    assert not SmsDevice.objects.exists()
    assert "factor_removed" in topics(alice)


def test_a_number_that_is_no_longer_proven_is_none_either(alice: User, alices: Client) -> None:
    PortalSettings.objects.update_or_create(pk=1, defaults={"prove_contact_changes": False})
    add_sms(alice)
    with_two_factors(alices)
    ask(alices, "mobile", OTHER)
    assert (reload(alice).mobile, reload(alice).mobile_verified_at) == (OTHER, None)
    assert not SmsDevice.objects.exists()


@pytest.mark.parametrize("value", ["", OTHER])
def test_a_factor_the_policy_requires_keeps_its_number(alice: User, alices: Client, value: str) -> None:
    """The reason is told, and nothing of the change stays."""
    PortalSettings.objects.update_or_create(pk=1, defaults={"prove_contact_changes": False})
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=0).save()
    add_sms(alice)
    with_two_factors(alices)
    response = ask(alices, "mobile", value)
    assert response.status_code == 422
    assert "Your organisation asks you for a second factor" in text_of(response)
    assert (reload(alice).mobile, SmsDevice.objects.count()) == (NUMBER, 1)
    assert "factor_removed" not in topics(alice)


def test_an_administrator_who_takes_the_number_away_is_not_shown_to_the_person(alice: User) -> None:
    add_sms(alice)
    admin = make_person("admin", is_staff=True, is_superuser=True)
    where = Origin("203.0.113.77", CHROME)
    contacts.set_by_administrator(
        user=alice, kind=ContactKind.MOBILE, value="", is_proven=False, by=admin, origin=where, now=timezone.now()
    )
    assert not SmsDevice.objects.exists()
    mail = Message.objects.get(topic="factor_removed")
    assert "203.0.113.77" not in mail.text + mail.html
    assert "Chrome" not in mail.text + mail.html


def test_the_change_is_undone_with_the_refusal(alice: User) -> None:
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=0).save()
    add_sms(alice)
    with pytest.raises(ChangeRefused):
        contacts.set_without_proof(user=alice, kind=ContactKind.MOBILE, value="", origin=SYSTEM, now=timezone.now())
    assert reload(alice).mobile == NUMBER
    assert not Event.objects.filter(kind=EventKind.MOBILE_CHANGED).exists()


# Codes


def test_the_message_is_bound_to_our_name_and_forgotten_once_sent(alice: User) -> None:
    """Security 58: phones fill it in on our pages only."""
    add_sms(alice)
    code = send(alice)
    message = Message.objects.get(topic="sign_in_code")
    assert (message.channel, message.recipient, message.is_secret) == ("sms", NUMBER, True)
    assert message.text.splitlines()[-1] == f"@localhost #{code}"
    assert f"{code} is your code to sign in to My Account." in message.text
    assert message.expires_at - message.created_at == timedelta(minutes=10)


def test_a_code_is_kept_as_a_keyed_digest(alice: User, settings: Settings) -> None:
    """Security 58."""
    add_sms(alice)
    code = send(alice)
    row = str(SentCode.objects.values().get())
    assert code not in row
    settings.SECRET_KEY = "another"
    assert not verify(alice, code)


def test_a_code_is_good_once(alice: User) -> None:
    """Security 58, 59."""
    device = add_sms(alice)
    code = send(alice)
    assert services.is_sent(alice, Purpose.SIGN_IN, "here", timezone.now())
    assert verify(alice, f"{code[:3]} {code[3:]}")
    assert not verify(alice, code)
    device.refresh_from_db()
    assert device.last_used_at is not None
    assert not services.is_sent(alice, Purpose.SIGN_IN, "here", timezone.now())


def test_a_code_is_bound_to_purpose_and_session(alice: User) -> None:
    """Security 58."""
    add_sms(alice)
    code = send(alice)
    assert not verify(alice, code, purpose=Purpose.CONFIRM)
    assert not verify(alice, code, binding="elsewhere")
    assert verify(alice, code)


def test_a_code_is_the_persons_own(alice: User, bob: User) -> None:
    add_sms(alice)
    add_sms(bob, OTHER)
    code = send(alice)
    send(bob)
    if code != sms_code():
        assert not verify(bob, code)
    assert verify(alice, code)


def test_a_code_works_for_ten_minutes(alice: User, time_machine: TimeMachineFixture) -> None:
    """Security 58."""
    time_machine.move_to(timezone.now(), tick=False)
    add_sms(alice)
    code = send(alice)
    time_machine.shift(timedelta(minutes=10))
    assert not verify(alice, code)
    time_machine.shift(timedelta(minutes=-5))
    assert verify(alice, code)


def test_a_clock_set_back_makes_no_code_good_before_it_was_sent(alice: User, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    add_sms(alice)
    code = send(alice)
    time_machine.shift(timedelta(minutes=-1))
    assert not verify(alice, code)


def test_after_five_wrong_tries_a_code_is_dead(alice: User) -> None:
    """Security 45."""
    add_sms(alice)
    code = send(alice)
    for _ in range(services.MAX_TRIES):
        assert not verify(alice, wrong(code))
    assert not verify(alice, code)
    assert not services.is_sent(alice, Purpose.SIGN_IN, "here", timezone.now())


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "1234567", "\x00", "9" * 100_000])
def test_what_is_no_code_is_refused(alice: User, code: str) -> None:
    add_sms(alice)
    send(alice)
    assert not verify(alice, code)


def test_a_new_code_for_the_purpose_kills_the_old_one(alice: User, time_machine: TimeMachineFixture) -> None:
    """Security 45, 58: and not before a minute has passed."""
    time_machine.move_to(timezone.now(), tick=False)
    add_sms(alice)
    first = send(alice)
    with pytest.raises(services.ResendTooSoon):
        send(alice)
    assert not services.can_resend(alice, Purpose.SIGN_IN, timezone.now())
    time_machine.shift(services.RESEND_AFTER)
    assert services.can_resend(alice, Purpose.SIGN_IN, timezone.now())
    second = send(alice)
    if first != second:
        assert not verify(alice, first)
    assert verify(alice, second)
    assert not SentCode.objects.exists()


def test_messages_are_capped(alice: User, time_machine: TimeMachineFixture) -> None:
    """Security 44: with those that prove a number, for person and number alike."""
    time_machine.move_to(timezone.now(), tick=False)
    add_sms(alice)
    for _ in range(7):
        send(alice)
        time_machine.shift(services.RESEND_AFTER)
    send(alice)
    time_machine.shift(services.RESEND_AFTER)
    with pytest.raises(TooManyAttempts):
        send(alice)
    assert Message.objects.filter(topic="sign_in_code").count() == 8


def test_nothing_is_sent_without_the_factor_or_a_proven_number(alice: User) -> None:
    """Security 59."""
    User.objects.update(mobile=NUMBER, mobile_verified_at=timezone.now())
    services.send(user=alice, purpose=Purpose.SIGN_IN, binding="here", now=timezone.now())
    add_sms(alice)
    User.objects.update(mobile_verified_at=None)
    services.send(user=alice, purpose=Purpose.SIGN_IN, binding="here", now=timezone.now())
    assert not Message.objects.filter(channel="sms").exists()


def test_a_code_dies_with_the_number_it_went_to(alice: User) -> None:
    add_sms(alice)
    code = send(alice)
    User.objects.update(mobile=OTHER)
    assert not verify(alice, code)


def test_a_code_dies_with_the_factor(alice: User) -> None:
    """Security 59."""
    device = add_sms(alice)
    code = send(alice)
    device.confirmed = False
    device.save()
    assert not verify(alice, code)


def test_codes_that_ran_out_are_forgotten(alice: User, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    add_sms(alice)
    send(alice)
    assert services.forget_old(now=timezone.now()) == 0
    time_machine.shift(timedelta(minutes=11))
    assert services.forget_old(now=timezone.now()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_try_inside_a_transaction_is_refused() -> None:
    """Security 57: its count would not survive a rollback."""
    alice = make_person("alice")
    add_sms(alice)
    code = send(alice)
    with pytest.raises(RuntimeError), transaction.atomic():
        verify(alice, code)
    assert SentCode.objects.get().tries == 0
    assert verify(alice, code)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_right_codes_at_once_one_wins(on_postgresql: None) -> None:
    """Security 58."""
    alice = make_person("alice")
    add_sms(alice)
    code = send(alice)
    results = in_parallel(lambda n: verify(User.objects.get(pk=alice.pk), code), 20)
    assert results.count(True) == 1, results
    assert results.count(False) == 19, results


@pytest.mark.django_db(transaction=True)
def test_of_twenty_wrong_guesses_at_once_five_are_looked_at(on_postgresql: None) -> None:
    """Security 45, 57."""
    alice = make_person("alice")
    add_sms(alice)
    code = send(alice)
    results = in_parallel(lambda n: verify(alice, wrong(code)), 20)
    assert results == [False] * 20
    assert SentCode.objects.get().tries == services.MAX_TRIES
    assert not verify(alice, code)


@pytest.mark.django_db(transaction=True)
def test_asking_many_times_at_once_sends_one_code(on_postgresql: None) -> None:
    """Security 44, 58."""
    alice = make_person("alice")
    add_sms(alice)
    results = in_parallel(lambda n: send(alice), 6)
    assert sum(isinstance(result, str) for result in results) == 1, results
    assert sum(isinstance(result, services.ResendTooSoon) for result in results) == 5, results
    assert Message.objects.filter(topic="sign_in_code").count() == 1
    assert verify(alice, sms_code())


@pytest.mark.django_db(transaction=True)
def test_a_proof_sent_many_times_at_once_makes_one_factor(on_postgresql: None) -> None:
    """Security 59, 61."""
    alice = make_person("alice")
    now = timezone.now()
    session = LoginSession.objects.create(user=alice, started_at=now, last_seen_at=now)
    contacts.request_change(
        user=alice, kind=ContactKind.MOBILE, value=NUMBER, session_uuid=session.uuid, origin=SYSTEM, now=now,
        purpose=services.PURPOSE,
    )  # fmt: skip
    code = sms_code()

    def prove_it(number: int) -> None:
        contacts.prove_by_code(
            user=alice, kind=ContactKind.MOBILE, code=code, session_uuid=session.uuid, origin=SYSTEM,
            now=timezone.now(),
        )  # fmt: skip

    results = in_parallel(prove_it, 10)
    assert results.count(None) == 1, results
    assert SmsDevice.objects.count() == 1
    assert topics(alice).count("factor_added") == 1
