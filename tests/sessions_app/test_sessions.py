"""Sessions: listed, ended, timed out, and never revived."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM, Origin
from myaccount.users import services as users
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from sessions_app import services
from sessions_app.models import BrowserSession, EndReason, LoginSession
from sessions_app.session_store import SessionStore
from tests.support.browsing import SIGN_IN, make_stale, new_browser, sign_in
from tests.support.factors import add_app
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, SAFARI_PHONE, make_person
from tests.web.test_errors import words_of

SECURITY = "/myaccount/security/"
ALL = "/myaccount/security/sessions/terminate-all/"
OTHERS = "/myaccount/security/sessions/sign-out-elsewhere/"


def of(client: Client) -> LoginSession:
    return LoginSession.objects.get(uuid=client.session["login_session"])


def terminate_address(login_session: LoginSession) -> str:
    return f"/myaccount/security/sessions/{login_session.uuid}/terminate/"


def is_in(client: Client) -> bool:
    return bool(client.get("/myaccount/").status_code == 200)


def a_session(user: User, *, ago: timedelta = timedelta(), user_agent: str = CHROME) -> LoginSession:
    now = timezone.now() - ago
    return services.start(user=user, origin=Origin("198.51.100.4", user_agent), methods=["pwd"], now=now)


# The list


def test_each_session_is_a_browser_on_a_system_this_one_first(alices: Client, alice: User) -> None:
    a_session(alice, ago=timedelta(minutes=5), user_agent=SAFARI_PHONE)
    a_session(alice, ago=timedelta(minutes=2), user_agent=CHROME)
    LoginSession.objects.filter(uuid=of(alices).uuid).update(last_seen_at=timezone.now() - timedelta(minutes=9))
    page = words_of(alices.get(SECURITY))
    section = page[page.index("Active user sessions") : page.index("Security history")]
    places = [
        section.index(words)
        for words in ("Firefox on Windows", "This session", "Chrome on Linux", "Mobile Safari on iOS")
    ]
    assert places == sorted(places)


def test_the_details_are_those_of_the_manual(alices: Client) -> None:
    page = words_of(alices.get(SECURITY))
    for label in ("Operating system", "Browser", "Device", "IP address", "Login time", "Last accessed", "Applications"):
        assert label.lower() in page.lower()
    assert "192.0.2.10" in page
    assert "Windows 10" in page


def test_nobody_elses_and_no_ended_session_is_listed(alices: Client, alice: User, bob: User) -> None:
    """Security 17."""
    a_session(bob, user_agent=SAFARI_PHONE)
    over = a_session(alice)
    services.end(login_session=over, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now())
    page = words_of(alices.get(SECURITY))
    assert "iOS" not in page[: page.index("Security history")]
    assert "Chrome on Linux" not in page[: page.index("Security history")]


@pytest.mark.parametrize("count", [1, 50])
def test_pages_cost_the_same_however_many_sessions_there_are(
    alices: Client, alice: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other, *_ = [a_session(alice) for _ in range(count)]
    for _ in range(count):
        a_session(bob)
    for path, queries in ((SECURITY, 9), ("/myaccount/", 6), (terminate_address(other), 4), (ALL, 3), (OTHERS, 3)):
        with django_assert_num_queries(queries):
            assert alices.get(path).status_code == 200


# Ending one


def test_a_terminated_browser_is_out_at_its_next_request(alices: Client, alice: User) -> None:
    """Security 15, 17."""
    other = sign_in(new_browser(CHROME))
    target, cookie = of(other), other.cookies["session"].value
    asked = words_of(alices.get(terminate_address(target)))
    assert "Chrome on Linux" in asked
    assert is_in(other)
    done = alices.post(terminate_address(target), follow=True)
    assert "You have successfully revoked your session!" in words_of(done)
    assert not is_in(other)
    replay = new_browser(CHROME)
    replay.cookies["session"] = cookie
    assert replay.get("/myaccount/").status_code == 302
    assert not BrowserSession.objects.filter(session_key=cookie).exists()
    target.refresh_from_db()
    assert target.end_reason == EndReason.TERMINATED
    event = Event.objects.get(kind=EventKind.SESSION_ENDED)
    assert (event.user_uuid, event.session_uuid) == (alice.uuid, of(alices).uuid)
    assert event.data == {"reason": "terminated", "browser": "Chrome", "operating_system": "Linux"}


def test_sessions_of_others_and_of_nobody_are_not_found(alices: Client, bob: User) -> None:
    """Security 17: a foreign id is a 404, the same as one that does not exist."""
    foreign = a_session(bob)
    for address in (terminate_address(foreign), terminate_address(LoginSession(uuid=uuid.uuid4()))):
        assert alices.get(address).status_code == 404
        assert alices.post(address).status_code == 404
    foreign.refresh_from_db()
    assert foreign.ended_at is None


def test_the_session_in_use_and_ended_ones_cannot_be_terminated_here(alices: Client, alice: User) -> None:
    assert alices.post(terminate_address(of(alices))).status_code == 404
    over = a_session(alice)
    alices.post(terminate_address(over))
    assert alices.post(terminate_address(over)).status_code == 404
    assert Event.objects.filter(kind=EventKind.SESSION_ENDED).count() == 1


@pytest.mark.parametrize("address", [ALL, OTHERS, "one"])
def test_ending_sessions_needs_a_fresh_proof(alices: Client, alice: User, address: str) -> None:
    """Security 17, 20."""
    other = a_session(alice)
    make_stale(alices)
    path = terminate_address(other) if address == "one" else address
    assert alices.post(path)["Location"].startswith("/myaccount/confirm/")
    other.refresh_from_db()
    assert other.ended_at is None


# Ending several


def test_signing_out_everywhere_else_leaves_this_one(alices: Client, alice: User, bob: User) -> None:
    others = [sign_in(new_browser(agent)) for agent in (CHROME, SAFARI_PHONE)]
    foreign = sign_in(new_browser(), "bob")
    assert alices.get(OTHERS).status_code == 200
    done = words_of(alices.post(OTHERS, follow=True))
    assert "2 other sessions were ended. You are signed in here only." in done
    assert [is_in(browser) for browser in (alices, *others, foreign)] == [True, False, False, True]
    event = Event.objects.get(kind=EventKind.SESSION_ENDED)
    assert event.data == {"reason": "terminated", "count": 2, "kept_one": True}


def test_terminating_all_ends_this_one_too(alices: Client, alice: User) -> None:
    other, cookie = sign_in(new_browser(CHROME)), alices.cookies["session"].value
    done = alices.post(ALL)
    assert done["Location"] == "/myaccount/signed-out/?everywhere=1"
    assert done["Clear-Site-Data"] == '"cache", "storage"'
    assert "All your sessions were ended" in words_of(alices.get(done["Location"]))
    assert [is_in(alices), is_in(other)] == [False, False]
    replay = new_browser()
    replay.cookies["session"] = cookie
    assert not is_in(replay)
    assert not LoginSession.objects.filter(ended_at=None).exists()
    assert not BrowserSession.objects.exclude(login_session=None).exists()


def test_ending_nothing_is_no_event(alices: Client, alice: User) -> None:
    alices.post(OTHERS)
    assert not Event.objects.filter(kind=EventKind.SESSION_ENDED).exists()
    assert not services.end_all(
        user=alice, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now(), keep=of(alices).uuid
    )


@pytest.mark.django_db(transaction=True)
def test_a_session_ended_by_many_at_once_is_ended_once() -> None:
    session = a_session(make_person())
    ended = in_parallel(
        lambda _: services.end(login_session=session, reason=EndReason.IDLE, origin=SYSTEM, now=timezone.now()), 6
    )
    assert sorted(ended) == [False] * 5 + [True]  # type: ignore[type-var]
    assert Event.objects.count() == 1


# Signing out


def test_signing_out_deletes_the_servers_record(alices: Client) -> None:
    """Security 15, 16: the cookie is worth nothing afterwards."""
    cookie, session = alices.cookies["session"].value, of(alices)
    done = alices.post("/myaccount/sign-out/")
    assert done["Location"] == "/myaccount/signed-out/"
    assert done["Clear-Site-Data"] == '"cache", "storage"'
    assert not BrowserSession.objects.exists()
    session.refresh_from_db()
    assert session.end_reason == EndReason.SIGNED_OUT
    alices.cookies["session"] = cookie
    assert not is_in(alices)
    assert Event.objects.filter(kind=EventKind.SIGNED_OUT).count() == 1


def test_a_link_to_sign_out_only_asks(alices: Client) -> None:
    """Security 12."""
    page = alices.get("/myaccount/sign-out/")
    assert page.status_code == 200
    assert is_in(alices)


def test_signing_out_twice_or_without_a_session_is_harmless(db: None) -> None:
    browser = new_browser()
    for answer in (browser.get("/myaccount/sign-out/"), browser.post("/myaccount/sign-out/")):
        assert answer["Location"] == SIGN_IN
    assert browser.get("/myaccount/signed-out/").status_code == 200


def test_signing_out_of_one_browser_leaves_the_others(alices: Client) -> None:
    other = sign_in(new_browser(CHROME))
    alices.post("/myaccount/sign-out/")
    assert is_in(other)


# Limits


def test_a_session_unused_for_too_long_is_over(alices: Client, time_machine: Any) -> None:
    """Security 14: thirty minutes unless an administrator says otherwise."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    sign_in(alices)
    for _ in range(4):
        time_machine.shift(29 * 60)
        assert is_in(alices)
    time_machine.shift(30 * 60)
    answer = alices.get(SECURITY)
    assert answer["Location"] == "/myaccount/sign-in/?next=%2Fmyaccount%2Fsecurity%2F&ended=idle"
    assert "you were away for a while" in words_of(alices.get(answer["Location"]))
    assert LoginSession.objects.get(ended_at__isnull=False, end_reason=EndReason.IDLE)
    assert Event.objects.filter(kind=EventKind.SESSION_EXPIRED).count() == 1


def test_a_session_in_use_all_day_is_over_in_the_end(alices: Client, time_machine: Any) -> None:
    """Security 14: twelve hours unless an administrator says otherwise."""
    time_machine.move_to("2026-11-22T06:00:00Z", tick=False)
    sign_in(alices)
    for _ in range(12 * 3 - 1):
        time_machine.shift(20 * 60)
        assert is_in(alices)
    time_machine.shift(20 * 60)
    assert alices.get(SECURITY)["Location"].endswith("ended=too-old")


def test_an_administrator_sets_the_limits_and_they_hold_at_once(alices: Client, time_machine: Any) -> None:
    """Security 14."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    sign_in(alices)
    PortalSettings(session_idle_minutes=5, session_absolute_hours=1).save()
    time_machine.shift(4 * 60)
    assert is_in(alices)
    time_machine.shift(5 * 60)
    assert not is_in(alices)


def test_the_limits_cannot_be_set_beyond_what_is_safe() -> None:
    """Security 14: at most an hour without activity, at most a day in all."""
    for values in ({"session_idle_minutes": 61}, {"session_absolute_hours": 25}, {"session_idle_minutes": 0}):
        with pytest.raises(ValidationError):
            PortalSettings(**values).clean_fields()


def test_the_cookie_does_not_outlive_the_longest_session(alices: Client) -> None:
    """Security 13, 14."""
    cookie = sign_in(new_browser()).cookies["session"]
    assert 0 < int(cookie["max-age"]) <= 24 * 3600


def test_looking_is_noted_once_a_minute(alices: Client, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    sign_in(alices)
    started = of(alices).last_seen_at
    time_machine.shift(59)
    is_in(alices)
    assert of(alices).last_seen_at == started
    time_machine.shift(1)
    is_in(alices)
    assert of(alices).last_seen_at == started + timedelta(seconds=60)


def test_asking_how_long_is_left_does_not_prolong_it_and_extending_does(alices: Client, time_machine: Any) -> None:
    """Security 14: a page left open must not keep a session alive."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    sign_in(alices)
    time_machine.shift(20 * 60)
    assert alices.get("/myaccount/session/remaining/").json() == {"seconds": 600}
    assert alices.post("/myaccount/session/extend/").json() == {"seconds": 1800}
    for _ in range(3):
        time_machine.shift(9 * 60)
        alices.get("/myaccount/session/remaining/")
    time_machine.shift(3 * 60)
    assert alices.get("/myaccount/session/remaining/").json() == {"seconds": 0}
    assert not is_in(alices)


def test_how_long_is_left_counts_the_absolute_limit_too(alices: Client, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    PortalSettings(session_idle_minutes=60, session_absolute_hours=1).save()
    sign_in(alices)
    time_machine.shift(50 * 60)
    assert alices.post("/myaccount/session/extend/").json() == {"seconds": 600}


def test_strangers_have_no_time_left(db: None) -> None:
    browser = new_browser()
    assert browser.get("/myaccount/session/remaining/").json() == {"seconds": 0}
    assert browser.post("/myaccount/session/extend/").json() == {"seconds": 0}


# The account


def test_a_disabled_person_is_out_at_the_next_request(alices: Client, alice: User) -> None:
    """Security 18: whatever disabled them."""
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not is_in(alices)
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert not is_in(alices)


def test_disabling_ends_the_sessions_at_once(alices: Client, alice: User) -> None:
    """Security 18."""
    users.disable(user=alice, origin=SYSTEM, now=timezone.now())
    assert not LoginSession.objects.filter(ended_at=None).exists()
    users.enable(user=alice, origin=SYSTEM, now=timezone.now())
    assert not is_in(alices)


def test_a_deleted_person_leaves_no_session(alices: Client, alice: User) -> None:
    """Security 18."""
    alice.delete()
    assert not is_in(alices)
    assert not BrowserSession.objects.exclude(login_session=None).exists()


def test_an_administrator_ends_a_persons_sessions(alices: Client, alice: User, bob: User) -> None:
    """Security 17: and the person can see who did."""
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    add_app(bob)
    admin = sign_in(new_browser(CHROME), "bob")
    chosen = [str(of(alices).pk), str(of(admin).pk)]
    address = "/admin/sessions_app/loginsession/"
    assert admin.get(address).status_code == 200
    done = admin.post(address, {"action": "end_selected", "_selected_action": chosen})
    assert done.status_code == 302
    assert not is_in(alices)
    assert is_in(admin)
    ended = LoginSession.objects.get(user=alice)
    assert ended.end_reason == EndReason.BY_ADMINISTRATOR
    assert Event.objects.get(kind=EventKind.SESSION_ENDED).by_uuid == bob.uuid


# Nothing comes back to life


def test_a_slow_request_cannot_revive_an_ended_session(alices: Client) -> None:
    """Security 15: what it saves after the end is refused."""
    slow = SessionStore(alices.cookies["session"].value)
    slow["typed"] = "something"
    services.end(login_session=of(alices), reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now())
    with pytest.raises(UpdateError):
        slow.save()
    assert not BrowserSession.objects.exists()


def test_a_slow_request_that_changes_its_key_revives_nothing_either(alices: Client) -> None:
    """Security 9, 15: confirming or changing the password while another browser ends this session."""
    slow = SessionStore(alices.cookies["session"].value)
    assert slow["login_session"]
    services.end(login_session=of(alices), reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now())
    slow.cycle_key()
    slow.save()
    alices.cookies["session"] = slow.session_key or ""
    assert not is_in(alices)
    assert not BrowserSession.objects.exists()


@pytest.mark.parametrize(
    "key", ["x", "x" * 8, "x" * 32, "x" * 5000, "\x00" * 32, '"aaaaaaaa\\000"', "é" * 32, "' OR 1=1 --", ""]
)
def test_an_invented_cookie_is_nobodys(alice: User, key: str) -> None:
    """Security 13, 90."""
    browser = new_browser()
    browser.cookies["session"] = key
    assert browser.get("/myaccount/").status_code == 302
    assert browser.get(SIGN_IN).status_code == 200


def test_a_session_that_names_another_person_or_none_is_over(alices: Client, bob: User) -> None:
    """Security 21: the row, the person and the password have to agree."""
    session = alices.session
    session["_auth_user_id"] = str(bob.pk)
    session.save()
    assert not is_in(alices)
    assert LoginSession.objects.get().end_reason == EndReason.NO_LONGER_VALID


def test_a_session_row_without_its_sign_in_is_nobodys(alices: Client) -> None:
    session = alices.session
    session["login_session"] = str(uuid.uuid4())
    session.save()
    assert not is_in(alices)


# Sweeping


def test_sessions_that_ran_out_end_though_nobody_comes_back(alice: User) -> None:
    """Security 14: the list does not show what is over."""
    idle = a_session(alice, ago=timedelta(minutes=31))
    old = a_session(alice, ago=timedelta(hours=12))
    LoginSession.objects.filter(pk=old.pk).update(last_seen_at=timezone.now())
    alive = a_session(alice, ago=timedelta(minutes=29))
    assert services.sweep(portal_settings=PortalSettings(), now=timezone.now()) == 2
    reasons = dict(LoginSession.objects.values_list("pk", "end_reason"))
    assert reasons == {idle.pk: EndReason.IDLE, old.pk: EndReason.TOO_OLD, alive.pk: ""}
    assert services.sweep(portal_settings=PortalSettings(), now=timezone.now()) == 0


def test_the_sweep_goes_on_where_it_stopped(alice: User) -> None:
    for _ in range(5):
        a_session(alice, ago=timedelta(hours=1))
    assert services.sweep(portal_settings=PortalSettings(), now=timezone.now(), batch=3) == 3
    assert services.sweep(portal_settings=PortalSettings(), now=timezone.now(), batch=3) == 2


def test_old_rows_are_forgotten_a_batch_at_a_time(alice: User) -> None:
    now = timezone.now()
    for number in range(5):
        session = a_session(alice)
        services.end(
            login_session=session, reason=EndReason.IDLE, origin=SYSTEM, now=now - timedelta(days=91 - number // 4)
        )
        BrowserSession.objects.create(
            session_key=f"{number}" * 32, session_data="", expire_date=now - timedelta(hours=1)
        )
    active = a_session(alice)
    kept = SessionStore()
    kept.create()
    assert services.forget_old(now=now, batch=3) == 6
    assert services.forget_old(now=now, batch=3) == 3
    assert services.forget_old(now=now + timedelta(days=1), batch=9) >= 1
    assert list(LoginSession.objects.all()) == [active]
    assert not BrowserSession.objects.filter(session_data="").exists()
