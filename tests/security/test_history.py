"""The security history: one's own, newest first, in words, by kind and by page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from myaccount.activity.kinds import WORDS, EventGroup, EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from sessions_app.models import EndReason
from tests.support.people import CHROME
from tests.web.test_errors import words_of

HISTORY = "/myaccount/security/history/"


def happen(kind: EventKind, user: User, count: int = 1, **fields: object) -> None:
    origin = Origin(ip="203.0.113.77", user_agent=CHROME)
    for number in range(count):
        record(kind, user=user, origin=origin, now=timezone.now() + timedelta(seconds=number), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_its_words_on_the_page(alices: Client, alice: User, kind: EventKind) -> None:
    happen(kind, alice)
    page = words_of(alices.get(HISTORY))
    assert str(WORDS[kind].title) in page
    assert "Chrome on Linux" in page
    assert "203.0.113.77" in page
    assert "UNKNOWN" not in page


def test_a_change_of_consent_tells_what_was_switched_on_and_off(alices: Client, alice: User) -> None:
    data = {"application": "Pickup", "claims": ["department", "email", "url"], "granted": ["email"]}
    happen(EventKind.CONSENT_CHANGED, alice, data=data)
    assert "Pickup · switched on: Email · switched off: Department, URL" in words_of(alices.get(HISTORY))


def test_one_sees_ones_own_events_only(alices: Client, bob: User) -> None:
    happen(EventKind.PICTURE_CHANGED, bob)
    assert "Profile picture changed" not in words_of(alices.get(HISTORY))


def test_events_can_be_looked_at_by_kind(alices: Client, alice: User) -> None:
    happen(EventKind.PICTURE_CHANGED, alice)
    for group in EventGroup:
        page = words_of(alices.get(HISTORY, {"kind": group}))
        assert ("Profile picture changed" in page) == (group == EventGroup.PROFILE)
    assert "Nothing of this kind has happened." in words_of(alices.get(HISTORY, {"kind": "password"}))


@pytest.mark.parametrize(
    "query", ["kind=nonsense", "before=x", "before=-1", "before=" + "9" * 30, "before=٣", "before=", "kind=%ff"]
)
def test_an_odd_question_gets_an_ordinary_answer(alices: Client, query: str) -> None:
    """Security 90."""
    assert alices.get(f"{HISTORY}?{query}").status_code == 200


def test_pages_follow_each_other_without_gap_or_repetition(alices: Client, alice: User) -> None:
    for number in range(45):
        happen(EventKind.EMAIL_CHANGED, alice, data={"address": f"address{number:02}@example.org"})
    seen: list[str] = []
    address = HISTORY
    for _ in range(3):
        page = alices.get(address).content.decode()
        seen += [part for part in page.split() if part.startswith('class="hint">address')]
        older = [part for part in page.split('"') if part.startswith("?before=")]
        address = HISTORY + older[0] if older else ""
    assert address == ""
    assert len(seen) == len(set(seen)) == 45
    assert seen == sorted(seen, reverse=True)


def test_the_newest_come_first_whatever_the_clock_did(alices: Client, alice: User) -> None:
    happen(EventKind.EMAIL_CHANGED, alice, data={"address": "first@example.org"})
    record(
        EventKind.EMAIL_CHANGED,
        user=alice,
        origin=Origin(),
        now=timezone.now() - timedelta(days=1),
        data={"address": "second@example.org"},
    )
    page = words_of(alices.get(HISTORY))
    assert page.index("second@example.org") < page.index("first@example.org")


@pytest.mark.parametrize("count", [1, 60])
def test_the_page_costs_the_same_however_long_the_history(
    alices: Client, alice: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    happen(EventKind.PICTURE_CHANGED, alice, count)
    happen(EventKind.PICTURE_CHANGED, bob, count)
    with django_assert_num_queries(3):
        alices.get(HISTORY)


def test_what_an_administrator_did_says_so(alices: Client, alice: User, bob: User) -> None:
    happen(EventKind.SESSION_ENDED, alice, by=bob, data={"reason": EndReason.BY_ADMINISTRATOR.value, "count": 2})
    page = words_of(alices.get(HISTORY))
    assert "2 sessions" in page
    assert "By an administrator" in page
    assert "bob" not in page


def test_events_of_this_session_say_so(alices: Client) -> None:
    alices.post("/myaccount/confirm/", {"password": "wrong"})
    page = words_of(alices.get(HISTORY))
    assert "A wrong password or code was given when confirming it was you This session" in page


def test_the_security_page_shows_the_newest_five(alices: Client, alice: User) -> None:
    for number in range(9):
        happen(EventKind.EMAIL_CHANGED, alice, data={"address": f"address{number}@example.org"})
    page = words_of(alices.get("/myaccount/security/"))
    assert [number for number in range(9) if f"address{number}@example.org" in page] == [4, 5, 6, 7, 8]
