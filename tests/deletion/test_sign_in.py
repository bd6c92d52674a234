"""Signing in to an account that is about to be deleted: through every stage, and then keep it or leave it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.deletion import services
from myaccount.deletion.models import AccountDeletion
from myaccount.outbox.models import Message
from myaccount.users.models import User
from security.policy.models import SignInPolicy
from security.sign_in import flows, stages
from sessions_app.models import LoginSession
from tests.deletion.support import A_DAY, COOLING_OFF, KEEP, KEEP_OR_LEAVE, LEAVE, ask_for_deletion, give_password
from tests.security.factors.devices_support import registered
from tests.security.factors.test_passkeys import ask, send
from tests.support.addresses import addresses
from tests.support.authenticators import synced_passkey
from tests.support.browsing import SECOND_STEP, new_browser
from tests.support.factors import add_app, code_of
from tests.support.people import make_person
from tests.web.test_every_address import PUBLIC


@pytest.fixture
def leaving(alice: User) -> AccountDeletion:
    """Alice has asked for the deletion of her account."""
    return ask_for_deletion(alice)


def is_signed_in(client: Client) -> bool:
    return client.get("/myaccount/personal-info/").status_code == 200


def test_the_choice_comes_before_any_session(leaving: AccountDeletion, browser: Client) -> None:
    assert give_password(browser) == KEEP_OR_LEAVE
    page = browser.get(KEEP_OR_LEAVE).content.decode()
    assert "“alice” will be deleted on" in page
    assert not LoginSession.objects.exists()
    assert not Event.objects.filter(kind=EventKind.SIGNED_IN).exists()


def test_half_signed_in_one_reaches_nothing_else(leaving: AccountDeletion, browser: Client) -> None:
    """Security 10, 52: every private address leads back to the sign-in page, applications' too."""
    give_password(browser)
    for address in addresses():
        if address.path.startswith("/myaccount/") and address.name not in PUBLIC:
            assert browser.get(address.path).status_code in (302, 405), address
    assert not LoginSession.objects.exists()


def test_keeping_the_account_signs_in_and_goes_where_one_wanted(leaving: AccountDeletion, browser: Client) -> None:
    """Security 9: under a new session key."""
    give_password(browser, next_path="/myaccount/security/")
    half = browser.session.session_key
    response = browser.post(KEEP)
    assert response["Location"] == "/myaccount/security/"
    assert browser.session.session_key != half
    assert "Your account stays." in browser.get("/myaccount/security/").content.decode()
    assert not AccountDeletion.objects.exists()
    assert Event.objects.filter(kind=EventKind.DELETION_CANCELLED, user_uuid=leaving.user.uuid).count() == 1
    mail = Message.objects.get(topic="deletion_cancelled")
    assert mail.recipient == "alice@example.org"
    assert "Somebody who signed in to your account has kept it." in mail.text


def test_leaving_it_gives_the_sign_in_up(leaving: AccountDeletion, browser: Client) -> None:
    give_password(browser)
    assert browser.post(LEAVE)["Location"] == "/myaccount/account-to-be-deleted/"
    assert AccountDeletion.objects.get() == leaving
    assert not is_signed_in(browser)
    assert browser.post(KEEP)["Location"] == "/myaccount/sign-in/"  # the sign-in is gone
    assert AccountDeletion.objects.exists()


def test_looking_decides_nothing(leaving: AccountDeletion, browser: Client) -> None:
    """Security 12."""
    give_password(browser)
    for path in (KEEP, LEAVE):
        assert browser.get(path).status_code == 405
    assert AccountDeletion.objects.exists()
    strict = new_browser(enforce_csrf_checks=True)
    for path in (KEEP, LEAVE):
        assert strict.post(path).status_code == 403


def test_nobody_who_has_shown_nothing_keeps_or_leaves(leaving: AccountDeletion, browser: Client) -> None:
    """Security 10, 52."""
    for answer in (browser.get(KEEP_OR_LEAVE), browser.post(KEEP), browser.post(LEAVE)):
        assert answer["Location"] == "/myaccount/sign-in/"
    assert AccountDeletion.objects.exists()


def test_the_second_factor_comes_first(alice: User, browser: Client) -> None:
    """Security 6, 52: a password alone keeps nothing."""
    add_app(alice)
    ask_for_deletion(alice)
    assert give_password(browser) == SECOND_STEP
    assert browser.post(KEEP)["Location"] == "/myaccount/sign-in/"
    assert AccountDeletion.objects.exists()
    assert browser.post(f"{SECOND_STEP}totp/", {"code": code_of()})["Location"] == KEEP_OR_LEAVE
    assert browser.post(KEEP)["Location"] == "/myaccount/"
    assert is_signed_in(browser)


def test_a_disabled_account_is_not_kept(leaving: AccountDeletion, browser: Client) -> None:
    """Security 6, 18: switched off between the stages."""
    give_password(browser)
    User.objects.update(is_active=False)
    assert browser.post(KEEP)["Location"] == "/myaccount/sign-in/"
    assert AccountDeletion.objects.exists()


def test_the_choice_is_open_for_ten_minutes(leaving: AccountDeletion, browser: Client) -> None:
    """Security 10."""
    give_password(browser)
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert browser.post(KEEP)["Location"] == "/myaccount/sign-in/"
    assert AccountDeletion.objects.exists()


def test_it_can_be_kept_until_the_last_moment(alice: User, browser: Client) -> None:
    with time_machine.travel(timezone.now() + COOLING_OFF - timedelta(minutes=1), tick=False):
        ask_for_deletion(alice, now=timezone.now() - COOLING_OFF + timedelta(minutes=1))
        services.erase_due(now=timezone.now())
        give_password(browser)
        browser.post(KEEP)
        services.erase_due(now=timezone.now() + A_DAY)
        assert is_signed_in(browser)


def test_too_late_is_the_sign_in_page(leaving: AccountDeletion, browser: Client) -> None:
    """The account went while somebody looked at the choice."""
    give_password(browser)
    services.erase_due(now=timezone.now() + COOLING_OFF + A_DAY)
    assert browser.post(KEEP)["Location"] == "/myaccount/sign-in/"
    assert not User.objects.filter(username="alice").exists()


def test_a_deletion_asked_for_while_somebody_signs_in_stops_them(
    alice: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Security 6: between the last look at the stages and the session, the account's row is held and looked at anew."""
    real = stages.next_stage

    def ask_meanwhile(situation: stages.Situation) -> stages.Stage | None:
        found = real(situation)
        if found is None:
            ask_for_deletion(alice)
        return found

    monkeypatch.setattr(flows, "next_stage", ask_meanwhile)
    assert give_password(browser) == KEEP_OR_LEAVE
    assert not LoginSession.objects.exists()


def test_a_passkey_leads_to_the_choice_too(alice: User, browser: Client) -> None:
    """Security 6, 52: another door, the same stage."""
    key = synced_passkey()
    registered(alice, key)
    ask_for_deletion(alice)
    options = ask(browser)
    assert send(browser, options, key.get(options))["Location"] == KEEP_OR_LEAVE
    assert not is_signed_in(browser)


def test_a_recovered_password_opens_no_other_door(leaving: AccountDeletion, browser: Client) -> None:
    """Security 6, 41: recovery signs nobody in, and the new password leads to the choice like the old one."""
    user = leaving.user
    user.set_password("eleven patient copper kettles")
    user.save()
    response = browser.post("/myaccount/sign-in/", {"identifier": "alice", "password": "eleven patient copper kettles"})
    assert response["Location"] == KEEP_OR_LEAVE


def test_other_people_sign_in_as_ever(leaving: AccountDeletion, browser: Client) -> None:
    make_person("bob")
    assert give_password(browser, "bob") == "/myaccount/"
    assert is_signed_in(browser)


def test_signing_in_is_told_as_cancelled_once(leaving: AccountDeletion) -> None:
    now = timezone.now()
    assert services.cancel(user=leaving.user, origin=SYSTEM, now=now)
    assert not services.cancel(user=leaving.user, origin=SYSTEM, now=now)
    assert Message.objects.filter(topic="deletion_cancelled").count() == 1


def test_policies_do_not_come_between(alice: User, browser: Client) -> None:
    """A trusted browser skips the second step, not the choice."""
    SignInPolicy(trust_days=30).save()
    add_app(alice)
    give_password(browser)
    browser.post(f"{SECOND_STEP}totp/", {"code": code_of(), "trust": "on"})
    ask_for_deletion(alice)
    assert give_password(browser) == KEEP_OR_LEAVE
