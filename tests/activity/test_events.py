"""Events: written once, together with the change, in words people understand."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import translation
from heroicons import IconDoesNotExist
from heroicons.templatetags.heroicons import heroicon_outline

from myaccount.activity.kinds import WORDS, EventGroup, EventKind
from myaccount.activity.models import AppendOnly, Event
from myaccount.activity.services import SYSTEM, Origin, purge, record
from myaccount.users.models import User

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def some_event(user: User | None = None, *, now: datetime = NOW) -> Event:
    return record(EventKind.PROFILE_CHANGED, user=user, origin=SYSTEM, now=now)


def test_an_event_says_who_what_when_and_from_where(alice: User, bob: User) -> None:
    session = uuid.uuid4()
    origin = Origin(ip="2001:db8::1", user_agent="x" * 9000, session_uuid=session)
    record(EventKind.SESSION_ENDED, user=alice, origin=origin, now=NOW, by=bob, data={"count": 2})
    event = Event.objects.get()
    assert (event.at, event.kind, event.user_uuid, event.by_uuid) == (
        NOW,
        "sessions.session.ended",
        alice.uuid,
        bob.uuid,
    )
    assert (event.ip, event.session_uuid, event.data) == ("2001:db8::1", session, {"count": 2})
    assert len(event.user_agent) == 512


def test_whoever_it_is_about_did_it_unless_said_otherwise(alice: User) -> None:
    assert some_event(alice).by_uuid == alice.uuid
    assert some_event(None).by_uuid is None


def test_an_event_is_never_changed(alice: User) -> None:
    event = some_event(alice)
    event.kind = "other"
    with pytest.raises(AppendOnly):
        event.save()
    with pytest.raises(AppendOnly):
        Event.objects.filter(pk=event.pk).update(kind="other")
    with pytest.raises(AppendOnly), transaction.atomic():
        Event.objects.bulk_update([event], ["kind"])
    assert Event.objects.get().kind == EventKind.PROFILE_CHANGED


def test_an_event_is_never_deleted(alice: User) -> None:
    event = some_event(alice)
    with pytest.raises(AppendOnly):
        event.delete()
    with pytest.raises(AppendOnly):
        Event.objects.all().delete()
    assert Event.objects.exists()


def test_events_outlive_the_account(alice: User) -> None:
    some_event(alice)
    alice.delete()
    assert Event.objects.count() == 1


def test_a_change_undone_leaves_no_event(alice: User) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        some_event(alice)
        raise ZeroDivisionError
    assert not Event.objects.exists()


def test_the_sanctioned_purge_takes_old_ones_a_batch_at_a_time(db: None) -> None:
    for days in (400, 399, 398, 1):
        some_event(now=NOW - timedelta(days=days))
    before = NOW - timedelta(days=365)
    assert purge(before=before, batch=2) == 2
    assert purge(before=before, batch=2) == 1
    assert purge(before=before) == 0
    assert Event.objects.get().at == NOW - timedelta(days=1)


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_has_a_tag_words_an_icon_and_a_group(kind: EventKind) -> None:
    words = WORDS[kind]
    assert len(kind.value.split(".")) == 3
    assert len(kind.value) <= 60
    with translation.override("en"):
        assert str(words.title)[0].isupper()
    assert words.group in EventGroup
    try:
        heroicon_outline(words.icon)
    except IconDoesNotExist:
        pytest.fail(f"{words.icon} is no icon")


def test_no_kind_is_told_that_is_none() -> None:
    assert set(WORDS) == set(EventKind)
