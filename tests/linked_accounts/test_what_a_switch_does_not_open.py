"""What only the owner of the account may do, a switch opens no way to (security 18, 19, 53, 61, 71)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from linked_accounts.local import services
from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users import services as users
from myaccount.users.models import User
from security.factors.models import TotpDevice
from security.models import PasswordDemand
from security.password import services as passwords
from security.policy.models import Requirement, SignInPolicy
from sessions_app import services as sessions
from sessions_app.models import EndReason, LoginSession
from tests.linked_accounts.support import BACK, PAGE, delete_url, link, switch_url, who_is_in
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.factors import add_app, code_of
from tests.support.parallel import one_after_the_other
from tests.support.people import PASSPHRASE, make_person

NEW_PASSWORD = "/myaccount/sign-in/new-password/"
STEP = "/myaccount/sign-in/second-step/"
NEW = "quite another passphrase of nobody"


@pytest.fixture
def carol(db: None) -> User:
    return make_person("carol", display_name="Carol Liddell")


@pytest.mark.parametrize("has_factor", [False, True])
def test_nobody_sets_a_new_password_by_switching(has_factor: bool, alices: Client, alice: User, carol: User) -> None:
    """An administrator asked carol for one: whoever is in alice's account has not shown that they are carol."""
    PasswordDemand.objects.create(user=carol, asked_at=timezone.now())
    if has_factor:
        add_app(carol)
    response = alices.post(switch_url(link(alice, carol)))
    if has_factor:
        assert response["Location"] == STEP
        assert "of the account carol, which you switch to." in alices.get(f"{STEP}totp/").content.decode()
        response = alices.post(f"{STEP}totp/", {"code": code_of()})
    assert response["Location"] == "/myaccount/"
    assert "Sign in to it for that." in alices.get("/myaccount/").content.decode()
    assert alices.get(NEW_PASSWORD).status_code == 302
    assert alices.post(NEW_PASSWORD, {"new_password": NEW}).status_code == 302
    carol.refresh_from_db()
    assert carol.check_password(PASSPHRASE)
    assert who_is_in(alices) == "alice"


def test_nor_once_the_second_factor_went_away_half_way(alices: Client, alice: User, carol: User) -> None:
    """What was kept for the second step is good for that one stage."""
    add_app(carol)
    assert alices.post(switch_url(link(alice, carol)))["Location"] == STEP
    TotpDevice.objects.all().delete()
    PasswordDemand.objects.create(user=carol, asked_at=timezone.now())
    assert alices.post(NEW_PASSWORD, {"new_password": NEW})["Location"] == "/myaccount/sign-in/"
    carol.refresh_from_db()
    assert carol.check_password(PASSPHRASE)


@pytest.mark.parametrize(("grace_days", "lands_in"), [(0, "alice"), (7, "carol")])
def test_a_second_factor_is_set_up_by_signing_in(
    grace_days: int, lands_in: str, alices: Client, alice: User, carol: User
) -> None:
    """Who has to have one first gets it at a sign-in of their own; while there is time, a switch does not ask."""
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=grace_days, required_since=timezone.now()).save()
    alices.post(switch_url(link(alice, carol)))
    assert who_is_in(alices) == lands_in
    assert alices.get("/myaccount/sign-in/set-up/").status_code in (302, 404)


ENDS: dict[str, Callable[[User], object]] = {
    "a new password": lambda alice: passwords.replace(
        user=alice, new=NEW, origin=SYSTEM, now=timezone.now(), keep=None
    ),
    "signing out everywhere": lambda alice: sessions.end_all(
        user=alice, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now()
    ),
    "being switched off": lambda alice: users.disable(user=alice, origin=SYSTEM, now=timezone.now()),
    "being deleted": lambda alice: users.delete(user=alice, origin=SYSTEM, now=timezone.now()),
}


@pytest.mark.parametrize("what", ENDS)
def test_who_is_put_out_of_an_account_is_out_of_those_entered_from_it(
    what: str, alices: Client, alice: User, carol: User
) -> None:
    """Or they would wait in the other one, and switch back. Carol's own session stays (security 18, 19)."""
    carols = sign_in(new_browser(), "carol")
    alices.post(switch_url(link(alice, carol)))
    assert who_is_in(alices) == "carol"
    ENDS[what](alice)
    assert alices.post(BACK).status_code == 302
    assert who_is_in(alices) == ""
    assert who_is_in(carols) == "carol"


def test_failures_of_others_are_not_forgotten_by_a_switch(alices: Client, alice: User, carol: User) -> None:
    """Axes forgets those of an account somebody signs in to; here nobody has (security 8)."""
    new_browser().post("/myaccount/sign-in/", {"identifier": "carol", "password": "wrong"})
    assert AccessAttempt.objects.count() == 1
    alices.post(switch_url(link(alice, carol)))
    assert who_is_in(alices) == "carol"
    assert AccessAttempt.objects.count() == 1


def test_the_door_of_django_admin_asks_for_the_password(alices: Client, alice: User) -> None:
    """Rights of an administrator are not had from an account that has none, also where no policy asks for more (88)."""
    SignInPolicy(requirement=Requirement.OPTIONAL).save()
    ada = make_person("ada", is_staff=True, is_superuser=True)
    TotpDevice.objects.all().delete()
    alices.post(switch_url(link(alice, ada)))
    assert who_is_in(alices) == "ada"
    assert alices.get("/admin/")["Location"].startswith("/myaccount/confirm/")
    alices.post("/myaccount/confirm/", {"password": PASSPHRASE, "next": "/admin/"})
    assert alices.get("/admin/").status_code == 200


def test_a_switch_leads_to_the_overview_whatever_is_sent(alices: Client, alice: User, carol: User) -> None:
    """Security 11."""
    made = link(alice, carol)
    for wanted in ("//evil.example/", "https://evil.example/", "javascript:alert(1)", "/admin/"):
        url = switch_url(made) if who_is_in(alices) == "alice" else BACK
        assert alices.post(f"{url}?next={wanted}", {"next": wanted})["Location"] == "/myaccount/"


def test_names_of_linked_accounts_are_inert(alices: Client, alice: User) -> None:
    """In the list, the dialog, the mark and the mails (security 23)."""
    other = make_person("mallory", display_name="<script>alert(1)</script>")
    made = link(alice, other)
    pages = [PAGE, delete_url(made)]
    texts = [alices.get(page).content.decode() for page in pages]
    alices.post(switch_url(made))
    texts += [alices.get(PAGE).content.decode(), *Message.objects.values_list("html", flat=True)]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in texts[0]
    assert not any("<script>alert" in text for text in texts)


def test_each_way_is_told_by_itself(alices: Client, alice: User, carol: User) -> None:
    """A mail of going from alice to carol does not hide who comes from carol's account into alice's."""
    made = link(alice, carol)
    alices.post(switch_url(made))
    carols = sign_in(new_browser(), "carol")
    carols.post(switch_url(made))
    assert who_is_in(carols) == "alice"
    told = Message.objects.filter(topic="account_switched", user=alice).order_by("created_at")
    assert [message.subject for message in told] == [
        "You switched to a linked account: carol",
        "Your account was entered from a linked one: carol",
    ]
    carols.post(BACK)
    carols.post(switch_url(made))
    assert Message.objects.filter(topic="account_switched").count() == 4
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        sign_in(carols, "carol").post(switch_url(made))
    assert Message.objects.filter(topic="account_switched").count() == 6


OVER: dict[str, Callable[[User, User], object]] = {
    "the link is removed": lambda alice, carol: services.unlink(
        user=carol, other=alice, origin=SYSTEM, now=timezone.now()
    ),
    "alice is signed out everywhere": lambda alice, carol: sessions.end_all(
        user=alice, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now()
    ),
}


@pytest.mark.parametrize("is_switch", [False, True])
@pytest.mark.django_db(transaction=True)
def test_nobody_comes_in_while_the_account_is_switched_off(is_switch: bool, on_postgresql: None, alice: User) -> None:
    """At the very moment: no session that would be good again once the account is switched on (security 18)."""
    carol = make_person("carol")
    browser = sign_in(new_browser()) if is_switch else new_browser()
    door = switch_url(link(alice, carol)) if is_switch else SIGN_IN
    response = one_after_the_other(
        lambda: users.disable(user=carol, origin=SYSTEM, now=timezone.now()),
        lambda: browser.post(door, {"identifier": "carol", "password": PASSPHRASE}),
    )[1]
    assert response["Location"] == ("/myaccount/" if is_switch else SIGN_IN), response  # type: ignore[index]
    users.enable(user=carol, origin=SYSTEM, now=timezone.now())
    assert who_is_in(browser) == ("alice" if is_switch else "")
    assert not LoginSession.objects.filter(user=carol).exists()


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("is_return", [False, True])
@pytest.mark.parametrize("what", OVER)
@pytest.mark.django_db(transaction=True)
def test_no_session_outlives_what_it_came_by(
    what: str, is_return: bool, is_first: bool, on_postgresql: None, alice: User
) -> None:
    """While somebody switches, there or back: it is waited for and ended, or never happens (security 18, 19, 71)."""
    carol = make_person("carol")
    made, browser = link(alice, carol), sign_in(new_browser())
    if is_return:
        browser.post(switch_url(made))
    acts = [lambda: browser.post(BACK if is_return else switch_url(made)), lambda: OVER[what](alice, carol)]
    results = one_after_the_other(*(acts if is_first else reversed(acts)))
    assert not [result for result in results if isinstance(result, Exception)], results  # such as a deadlock
    assert not LoginSession.objects.filter(switched_from__isnull=False, ended_at=None).exists()
    stays = what == "the link is removed" and is_return is is_first  # nobody has ended alice's own session
    assert who_is_in(browser) == ("alice" if stays else "")
