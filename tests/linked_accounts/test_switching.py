"""Going on in a linked account (security 71)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from linked_accounts.local import services
from linked_accounts.local.models import LocalLink
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.deletion.models import AccountDeletion
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web import step_up
from security.factors.kinds import Authenticator
from security.policy.models import AuthenticationChain, ChainStep
from sessions_app.models import EndReason, LoginSession
from tests.deletion.support import KEEP, KEEP_OR_LEAVE, LEAVE, ask_for_deletion
from tests.linked_accounts.support import BACK, PAGE, delete_url, link, switch_url, who_is_in
from tests.support.browsing import new_browser, sign_in
from tests.support.factors import add_app, code_of
from tests.support.people import PASSPHRASE, make_person

COOKIE = settings.SESSION_COOKIE_NAME
STEP = "/myaccount/sign-in/second-step/"
SENSITIVE = "/myaccount/security/sessions/terminate-all/"


@pytest.fixture
def carol(db: None) -> User:
    return make_person("carol", display_name="Carol Liddell")


def test_one_goes_on_in_the_linked_account_without_its_password(alices: Client, alice: User, carol: User) -> None:
    """A new key and a session of its own; the one left is over (security 9, 21, 71)."""
    made = link(alice, carol)
    old_key, old = alices.cookies[COOKIE].value, LoginSession.objects.get(user=alice)
    assert alices.post(switch_url(made))["Location"] == "/myaccount/"
    assert who_is_in(alices) == "carol"
    new = LoginSession.objects.get(user=carol)
    assert new.pk != old.pk
    assert (new.switched_from, new.switched_from_name) == (alice.uuid, "alice")
    assert new.methods == []
    old.refresh_from_db()
    assert old.end_reason == EndReason.SWITCHED
    replay = new_browser()
    replay.cookies[COOKIE] = old_key
    assert replay.get("/myaccount/").status_code == 302


def test_every_page_says_where_one_is_and_how_to_get_back(alices: Client, alice: User, carol: User) -> None:
    made = link(alice, carol)
    assert "switched from" not in alices.get(PAGE).content.decode()
    alices.post(switch_url(made))
    for page in ("/myaccount/", PAGE, "/myaccount/security/"):
        text = alices.get(page).content.decode()
        assert "Switch back" in text
    assert "Switched from alice" in alices.get("/myaccount/security/").content.decode()
    alices.post(BACK)
    assert who_is_in(alices) == "alice"
    assert "Switch back" not in alices.get(PAGE).content.decode()
    assert LoginSession.objects.get(user=alice, ended_at=None).switched_from is None


def test_both_histories_tell_each_time_and_both_mailboxes_once_a_day(alices: Client, alice: User, carol: User) -> None:
    made = link(alice, carol)
    alices.post(switch_url(made))
    away = Event.objects.get(kind=EventKind.SWITCHED_FROM_ACCOUNT)
    there = Event.objects.get(kind=EventKind.SWITCHED_TO_ACCOUNT)
    assert (away.user_uuid, away.data) == (alice.uuid, {"account": "carol"})
    assert (there.user_uuid, there.data) == (carol.uuid, {"account": "alice"})
    assert [Message.objects.filter(user=user, topic="account_switched").count() for user in (alice, carol)] == [1, 1]
    alices.post(BACK)
    assert Message.objects.filter(topic="account_switched").count() == 2
    assert Event.objects.filter(kind=EventKind.SWITCHED_TO_ACCOUNT).count() == 2


def test_a_proof_of_one_account_is_none_of_the_other(alices: Client, alice: User, carol: User) -> None:
    """Just signed in as alice, yet a sensitive act in carol's account asks for carol's password (security 20, 71)."""
    alices.post(switch_url(link(alice, carol)))
    assert step_up.level_of(alices.session) == step_up.NOTHING_SHOWN
    assert alices.post(SENSITIVE)["Location"].startswith("/myaccount/confirm/")
    alices.post("/myaccount/confirm/", {"password": PASSPHRASE, "next": "/myaccount/"})
    assert alices.get(SENSITIVE).status_code == 200


def test_the_second_factor_of_the_account_is_asked_for(alices: Client, alice: User, carol: User) -> None:
    """Security 52, 71: its own policy holds, and until then the old session is the one that goes on."""
    add_app(carol)
    assert alices.post(switch_url(link(alice, carol)))["Location"] == STEP
    assert who_is_in(alices) == "alice"
    assert alices.post(f"{STEP}totp/", {"code": code_of()})["Location"] == "/myaccount/"
    assert who_is_in(alices) == "carol"
    assert alices.get(SENSITIVE).status_code == 200


def test_a_switch_half_way_dies_with_the_link(alices: Client, alice: User, carol: User) -> None:
    add_app(carol)
    alices.post(switch_url(link(alice, carol)))
    services.unlink(user=carol, other=alice, origin=SYSTEM, now=timezone.now())
    alices.post(f"{STEP}totp/", {"code": code_of()})
    assert who_is_in(alices) == "alice"


@pytest.mark.parametrize(
    ("first", "is_asked"), [([Authenticator.PASSWORD, Authenticator.PASSKEY], False), ([Authenticator.PASSKEY], True)]
)
def test_a_switch_stands_for_the_password_of_a_chain_and_for_nothing_else(
    first: list[str], is_asked: bool, alices: Client, alice: User, carol: User
) -> None:
    chain = AuthenticationChain.objects.create(name="Everybody", is_active=True)
    ChainStep.objects.create(chain=chain, order=1, authenticators=first)
    alices.post(switch_url(link(alice, carol)))
    assert (who_is_in(alices) == "alice") is is_asked


def test_a_disabled_account_cannot_be_switched_to(alices: Client, alice: User, carol: User) -> None:
    made = link(alice, carol)
    User.objects.filter(pk=carol.pk).update(is_active=False)
    page = alices.get(PAGE).content.decode()
    assert "Switched off" in page
    assert switch_url(made) not in page
    alices.post(switch_url(made))
    assert who_is_in(alices) == "alice"


@pytest.mark.parametrize("has_factor", [False, True])
def test_an_account_that_is_about_to_be_deleted_cannot_be_switched_to(
    has_factor: bool, alices: Client, alice: User, carol: User
) -> None:
    """Whether it is kept after all is not decided by who comes from another account (security 6, 71)."""
    made = link(alice, carol)
    ask_for_deletion(carol)
    response = alices.post(switch_url(made))
    if has_factor:
        add_app(carol)
        assert alices.post(switch_url(made))["Location"] == STEP
        response = alices.post(f"{STEP}totp/", {"code": code_of()})
    assert response["Location"] == "/myaccount/"
    assert "Sign in to it for that." in alices.get("/myaccount/").content.decode()
    for address in (KEEP_OR_LEAVE, KEEP, LEAVE):
        alices.post(address)
    assert AccountDeletion.objects.exists()
    assert who_is_in(alices) == "alice"


def test_links_are_not_transitive(alices: Client, alice: User, bob: User, carol: User) -> None:
    """From alice to carol, but not on to bob, whom only carol has linked; and bob's links are not alice's."""
    made, beyond = link(alice, carol), link(carol, bob)
    assert alices.post(switch_url(beyond)).status_code == 404
    alices.post(switch_url(made))
    assert switch_url(beyond) not in alices.get(PAGE).content.decode()
    alices.post(switch_url(beyond))
    assert who_is_in(alices) == "carol"


def test_removing_the_link_ends_the_sessions_that_came_by_it(alices: Client, alice: User, carol: User) -> None:
    """Also the one it is done in; carol's own session stays (security 71)."""
    carols = sign_in(new_browser(), "carol")
    made = link(alice, carol)
    alices.post(switch_url(made))
    alices.post("/myaccount/confirm/", {"password": PASSPHRASE, "next": "/myaccount/"})
    assert "this session ends, too" in alices.get(delete_url(made)).content.decode()
    assert alices.post(delete_url(made))["Location"] == "/myaccount/signed-out/"
    assert who_is_in(alices) == ""
    assert who_is_in(carols) == "carol"
    assert LoginSession.objects.get(switched_from=alice.uuid).end_reason == EndReason.UNLINKED


def test_without_the_link_there_is_no_way_back(alices: Client, alice: User, carol: User) -> None:
    made = link(alice, carol)
    alices.post(switch_url(made))
    LocalLink.objects.filter(pk=made.pk)._raw_delete("default")  # nobody hears of it, and the session goes on
    assert alices.post(BACK).status_code == 404
    assert sign_in(new_browser(), "bob" if make_person("bob") else "").post(BACK).status_code == 404


def test_switching_by_get_does_nothing(alices: Client, alice: User, carol: User) -> None:
    """Security 12."""
    assert alices.get(switch_url(link(alice, carol))).status_code == 405
    assert who_is_in(alices) == "alice"


def test_a_switch_prolongs_nothing(alices: Client, alice: User, carol: User) -> None:
    """To and fro, and still over twelve hours after the sign-in (security 14)."""
    made = link(alice, carol)
    began = timezone.now()
    for minutes in range(25, 12 * 60 - 1, 25):
        with time_machine.travel(began + timedelta(minutes=minutes), tick=True):
            assert alices.post(switch_url(made)).status_code == 302
            assert who_is_in(alices) in ("alice", "carol")
    with time_machine.travel(began + timedelta(hours=12, minutes=1), tick=True):
        assert who_is_in(alices) == ""
