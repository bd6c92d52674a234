"""What is on the record and on its way: read only, quick however long it gets, with the few actions there are."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM, record
from myaccount.outbox import services as outbox
from myaccount.outbox.models import Channel, Message, State
from myaccount.schedule.models import JobRun
from myaccount.schedule.services import run_due
from myaccount.users.models import User
from myaccount.web.read_only_admin import MAX_COUNTED, CappedPaginator
from sessions_app.models import EndReason, LoginSession
from tests.support.browsing import new_browser, sign_in
from tests.support.people import SAFARI_PHONE

EVENTS, MESSAGES = "/admin/activity/event/", "/admin/outbox/message/"
JOBS, SESSIONS = "/admin/schedule/jobrun/", "/admin/sessions_app/loginsession/"


def rows(client: Client, path: str, **query: str) -> list[Any]:
    return list(client.get(path, query).context["cl"].result_list)


def act(client: Client, path: str, action: str, *keys: object) -> str:
    """Use an action on some rows and read what the page then says."""
    response = client.post(path, {"action": action, "_selected_action": list(map(str, keys))}, follow=True)
    return " ".join(str(message) for message in response.context["messages"])


def message(**fields: Any) -> Message:
    now = timezone.now()
    values = {
        "channel": Channel.EMAIL, "recipient": "alice@example.org", "topic": "password_changed", "subject": "Hello",
        "text": "What it says", "html": "<p>What it says</p>", "created_at": now, "expires_at": now + timedelta(days=2),
        "next_attempt_at": now,
    }  # fmt: skip
    return Message.objects.create(**{**values, **fields})


# Nobody edits what is on the record


@pytest.mark.parametrize("path", [EVENTS, MESSAGES, JOBS, SESSIONS])
def test_nothing_on_the_record_is_added_changed_or_deleted(
    alice: User, alices: Client, adas: Client, path: str
) -> None:
    now = timezone.now()
    message()
    run_due(now=now)
    row = rows(adas, path)[0]
    assert adas.get(f"{path}add/").status_code == 403
    assert adas.post(f"{path}{row.pk}/change/", {"topic": "x"}).status_code == 403
    assert adas.post(f"{path}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    act(adas, path, "delete_selected", row.pk)
    assert type(row).objects.filter(pk=row.pk).exists()
    assert 'name="_save"' not in adas.get(f"{path}{row.pk}/change/").content.decode()


@pytest.mark.parametrize("path", [MESSAGES, JOBS, SESSIONS])
def test_who_may_only_look_has_no_actions(
    alice: User, alices: Client, helpdesk: User, helpdesks: Client, path: str
) -> None:
    if path == JOBS:
        assert helpdesks.get(path).status_code == 403
        return
    message()
    assert not helpdesks.get(path).context["action_form"]
    act(helpdesks, SESSIONS, "end_selected", *LoginSession.objects.values_list("pk", flat=True))
    assert alices.get("/myaccount/").status_code == 200


def test_long_lists_are_counted_to_a_limit_and_never_in_whole() -> None:
    for model, model_admin in admin.site._registry.items():
        if model._meta.label in ("activity.Event", "outbox.Message", "users.User", "sessions_app.LoginSession"):
            assert model_admin.paginator is CappedPaginator
            assert not model_admin.show_full_result_count
            assert model_admin.show_facets == admin.ShowFacets.NEVER
            assert model_admin.date_hierarchy is None


@pytest.mark.parametrize("path", [EVENTS, MESSAGES, SESSIONS, "/admin/users/user/"])
def test_no_list_counts_all_of_its_rows(alice: User, adas: Client, path: str) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        adas.get(path)
    counts = [query["sql"] for query in queries if "COUNT(*)" in query["sql"]]
    assert counts
    assert all(f"LIMIT {MAX_COUNTED}" in sql for sql in counts), counts


def test_a_list_takes_the_same_number_of_queries_for_many_rows(
    alice: User, adas: Client, django_assert_max_num_queries: Any
) -> None:
    record(EventKind.SIGNED_IN, user=alice, origin=SYSTEM, now=timezone.now())
    with django_assert_max_num_queries(8) as few:
        adas.get(EVENTS)
    for _ in range(40):
        record(EventKind.SIGNED_IN, user=alice, origin=SYSTEM, now=timezone.now())
    with django_assert_max_num_queries(len(few)):
        adas.get(EVENTS)


# Events


def test_events_are_told_in_words_with_the_names_of_people(alice: User, alices: Client, adas: Client) -> None:
    page = adas.get(EVENTS).content.decode()
    assert "Signed in" in page
    assert "alice" in page
    assert "192.0.2.10" in page


def test_events_are_found_by_person_in_any_spelling_or_by_id(
    alice: User, alices: Client, bob: User, adas: Client
) -> None:
    for term in ("alice", "ALICE", "Alice@Example.org", str(alice.uuid)):
        assert {event.user_uuid for event in rows(adas, EVENTS, q=term)} == {alice.uuid}, term
    assert rows(adas, EVENTS, q="nobody") == []
    assert rows(adas, EVENTS, q=str(uuid4())) == []


def test_events_of_somebody_who_is_gone_are_found_by_id(alice: User, alices: Client, adas: Client) -> None:
    uuid = alice.uuid
    alice.delete()
    assert rows(adas, EVENTS, q=str(uuid))


def test_events_are_filtered_by_kind_and_time(alice: User, alices: Client, adas: Client) -> None:
    new_browser().post("/myaccount/sign-in/", {"identifier": "alice", "password": "wrong"})
    found = rows(adas, EVENTS, kind="security.sign_in.failed")
    assert [event.kind for event in found] == [EventKind.SIGN_IN_FAILED]
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    assert rows(adas, EVENTS, at__gte=tomorrow) == []


def test_details_are_shown_as_text(alice: User, adas: Client) -> None:
    """Security 23."""
    hostile = {"address": "<img src=x onerror=alert(1)>"}
    event = record(EventKind.EMAIL_CHANGED, user=alice, origin=SYSTEM, now=timezone.now(), data=hostile)
    page = adas.get(f"{EVENTS}{event.pk}/change/").content.decode()
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_a_kind_of_an_older_version_does_not_break_the_list(adas: Client) -> None:
    event = Event.objects.create(at=timezone.now(), kind="old.thing.done")
    assert "old.thing.done" in adas.get(EVENTS).content.decode()
    assert adas.get(f"{EVENTS}{event.pk}/change/").status_code == 200


# Outbox


def test_a_message_shows_how_it_went_and_what_it_says(adas: Client) -> None:
    row = message(state=State.QUEUED, attempts=3, last_error="SMTPServerDisconnected")
    assert "SMTPServerDisconnected" in adas.get(MESSAGES).content.decode()
    assert "What it says" in adas.get(f"{MESSAGES}{row.pk}/change/").content.decode()


def test_a_message_with_a_code_never_shows_it(adas: Client) -> None:
    """Security 88."""
    row = message(is_secret=True, text="Your code is 271828", html="<b>271828</b>")
    for path in (MESSAGES, f"{MESSAGES}{row.pk}/change/"):
        page = adas.get(path).content.decode()
        assert "271828" not in page
    assert "not shown" in adas.get(f"{MESSAGES}{row.pk}/change/").content.decode()


def test_messages_are_found_by_person_or_recipient(alice: User, adas: Client) -> None:
    hers = message(user=alice)
    other = message(recipient="stranger@example.org")
    assert rows(adas, MESSAGES, q="ALICE") == [hers]
    assert rows(adas, MESSAGES, q="stranger@example.org") == [other]
    assert rows(adas, MESSAGES, q="stranger") == []


@pytest.mark.parametrize("state", [State.QUEUED, State.ABANDONED, State.EXPIRED])
def test_trying_again_sends_what_waited_or_was_given_up(adas: Client, state: State) -> None:
    now = timezone.now()
    row = message(
        state=state, attempts=12 if state != State.QUEUED else 3,
        next_attempt_at=now + timedelta(hours=1) if state == State.QUEUED else None,
        expires_at=now - timedelta(minutes=1) if state == State.EXPIRED else now + timedelta(days=1),
    )  # fmt: skip
    assert "1 message is tried again now." in act(adas, MESSAGES, "try_again", row.pk)
    outbox.attempt(str(row.pk), now=timezone.now())
    row.refresh_from_db()
    assert row.state == State.SENT
    assert [sent.to for sent in mail.outbox] == [["alice@example.org"]]


def test_trying_again_leaves_alone_what_left_and_codes_that_no_longer_hold(adas: Client) -> None:
    past = timezone.now() - timedelta(minutes=1)
    left = [
        message(state=State.SENT, next_attempt_at=None),
        message(state=State.SENDING),
        message(state=State.EXPIRED, is_secret=True, expires_at=past, next_attempt_at=None),
        message(state=State.ABANDONED, is_secret=True, text="", next_attempt_at=None),
    ]
    assert "4 messages were left alone" in act(adas, MESSAGES, "try_again", *(row.pk for row in left))
    for row in left:
        outbox.attempt(str(row.pk), now=timezone.now())
    assert mail.outbox == []


# Jobs


def test_a_job_can_be_made_due(adas: Client) -> None:
    now = timezone.now()
    names = run_due(now=now)
    assert run_due(now=timezone.now()) == []
    assert "1 job runs as soon as a worker looks." in act(adas, JOBS, "run_next", names[0])
    assert run_due(now=timezone.now()) == [names[0]]


def test_a_jobs_error_is_shown(adas: Client) -> None:
    JobRun.objects.create(name="x: y", due_at=timezone.now(), last_error="KeyError: 'z'")
    assert "KeyError" in adas.get(JOBS).content.decode()


# Sessions


def test_sessions_show_who_is_signed_in_where(alice: User, alices: Client, adas: Client) -> None:
    page = adas.get(SESSIONS).content.decode()
    assert "Firefox on Windows" in page
    assert "192.0.2.10" in page


def test_active_sessions_are_shown_unless_one_asks_for_ended_ones(alice: User, alices: Client, adas: Client) -> None:
    sign_in(new_browser(SAFARI_PHONE), "alice").post("/myaccount/sign-out/")
    assert {row.ended_at for row in rows(adas, SESSIONS)} == {None}
    (ended,) = rows(adas, SESSIONS, state="ended")
    assert ended.end_reason == EndReason.SIGNED_OUT
    assert len(rows(adas, SESSIONS, q="alice")) == 1
    assert rows(adas, SESSIONS, q="nobody") == []


def test_ending_selected_sessions_signs_out_there_and_nowhere_else(
    alice: User, ada: User, alices: Client, adas: Client
) -> None:
    """Security 15, 17."""
    phone = sign_in(new_browser(SAFARI_PHONE), "alice")
    session = LoginSession.objects.get(user=alice, browser="Mobile Safari")
    assert "1 session was ended." in act(adas, SESSIONS, "end_selected", session.pk)
    assert phone.get("/myaccount/").status_code == 302
    assert alices.get("/myaccount/").status_code == 200
    session.refresh_from_db()
    assert session.end_reason == EndReason.BY_ADMINISTRATOR
    event = Event.objects.get(user_uuid=alice.uuid, kind=EventKind.SESSION_ENDED)
    assert event.by_uuid == ada.uuid


def test_ones_own_session_is_not_ended_here(ada: User, adas: Client) -> None:
    own = LoginSession.objects.get(user=ada)
    assert "Your own session stays" in act(adas, SESSIONS, "end_selected", own.pk)
    assert adas.get("/admin/").status_code == 200


def test_a_hostile_browser_name_is_text(alice: User, adas: Client) -> None:
    """Security 23."""
    sign_in(new_browser("<script>alert(1)</script> Firefox/1"), "alice")
    row = LoginSession.objects.get(user=alice)
    for path in (SESSIONS, f"{SESSIONS}{row.pk}/change/"):
        assert "<script>alert" not in adas.get(path).content.decode()
    assert json.dumps(row.user_agent)
