"""Mails, escalation and what is forgotten."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.requests import decisions, services, telling
from approvals.requests.asked import asked_of
from approvals.requests.models import ApprovalRequest, ApprovalTask, Mails, Priority, RequestState, RequestStep
from approvals.requests.selectors import ready
from approvals.requests.tasks import tell
from approvals.tasks import escalate, forget_old, send_digests, tell_missed
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users import services as users
from myaccount.users.models import User
from tests.approvals.support import ask, make_workflow, task_of
from tests.support.people import make_person


def told(topic: str = "approval_waiting") -> list[str]:
    return sorted(Message.objects.filter(topic=topic).values_list("user__username", flat=True))


def test_everybody_in_a_group_is_told_once_a_batch_at_a_time(alice: User, managers: Group) -> None:
    people = [make_person(f"person-{number}", has_app=False) for number in range(5)]
    managers.user_set.add(alice, *people)
    users.disable(user=people[0], origin=SYSTEM, now=timezone.now())
    make_workflow([managers, people[1]])
    step = ask(alice).steps.get()
    telling.BATCH, batch = 2, telling.BATCH  # type: ignore[misc]
    try:
        tell.call(step.pk)
        tell.call(step.pk)
    finally:
        telling.BATCH = batch  # type: ignore[misc]
    assert told() == ["bob", "carol", "person-1", "person-2", "person-3", "person-4"]
    step.refresh_from_db()
    assert step.tell_after is None


def test_those_who_chose_a_daily_mail_or_none_are_not_told_at_once(alice: User, bob: User, carol: User) -> None:
    now = timezone.now()
    services.choose_mails(user=bob, mails=Mails.DAILY, now=now)
    services.choose_mails(user=carol, mails=Mails.NEVER, now=now)
    make_workflow([bob, carol, make_person("dora")])
    request = ask(alice)
    tell.call(request.steps.get().pk)
    assert told() == ["dora"]
    send_digests(now + timedelta(hours=23))
    assert told("approval_digest") == []
    send_digests(now + timedelta(hours=25))
    send_digests(now + timedelta(hours=26))
    assert told("approval_digest") == ["bob"]
    assert "Update claims “alice”" in Message.objects.get(topic="approval_digest").text
    decisions.reject(task_pk=task_of(request).pk, by=carol, reason="No", origin=SYSTEM, now=now)
    send_digests(now + timedelta(days=5))
    assert told("approval_digest") == ["bob"]


def test_a_job_that_was_lost_is_made_up_for(alice: User, bob: User) -> None:
    make_workflow([bob])
    step = ask(alice).steps.get()
    assert step.tell_after == 0
    tell_missed(timezone.now() + timedelta(minutes=3))
    tell.call(step.pk)
    assert told() == ["bob"]


def test_a_step_that_takes_too_long_asks_others_too_and_lets_go_of_what_was_claimed(
    alice: User, bob: User, carol: User
) -> None:
    make_workflow([bob], hours=4, escalate_to=[carol])
    request, now = ask(alice), timezone.now()
    decisions.claim(task_pk=task_of(request).pk, by=bob, origin=SYSTEM, now=now)
    escalate(now + timedelta(hours=3))
    assert not ready(carol, asked_of(carol)).exists()
    for _ in range(2):
        escalate(now + timedelta(hours=5))
    tell.call(request.steps.get().pk)
    assert ready(carol, asked_of(carol)).count() == ready(bob, asked_of(bob)).count() == 1
    assert told() == ["bob", "carol"]
    request.refresh_from_db()
    assert request.priority == Priority.HIGH
    assert Event.objects.filter(kind=EventKind.APPROVAL_ESCALATED).count() == 1


def test_a_mail_of_a_step_that_took_too_long_says_so_once(alice: User, bob: User, carol: User) -> None:
    """Whoever was told before gets another one, that is not the same; nobody gets a third."""
    make_workflow([bob], hours=4, escalate_to=[carol])
    step, now = ask(alice).steps.get(), timezone.now()
    tell.call(step.pk)
    for hours in (5, 6):
        escalate(now + timedelta(hours=hours))
        tell.call(step.pk)
        tell_missed(now + timedelta(hours=hours))
    told_bob = Message.objects.filter(topic="approval_waiting", user=bob).order_by("created_at")
    assert [message.subject for message in told_bob] == [
        "Waiting for your decision: Update claims “alice”",
        "Urgent, still waiting for a decision: Update claims “alice”",
    ]
    urgent = "This is urgent: nobody has decided in time, or too few people can."
    assert [urgent in message.text and urgent in message.html for message in told_bob] == [False, True]
    assert Message.objects.get(topic="approval_waiting", user=carol).subject == told_bob[1].subject


def test_mails_are_in_the_language_of_who_reads_them(alice: User, bob: User) -> None:
    bob.language = "en-xa"
    bob.save()
    make_workflow([bob])
    tell.call(ask(alice).steps.get().pk)
    message = Message.objects.get(topic="approval_waiting")
    assert "This message is about your account" not in message.html
    assert "“alice”" in message.subject
    assert "partial" not in message.text


def test_requests_are_forgotten_a_year_after_they_ended(alice: User, bob: User) -> None:
    make_workflow([bob])
    ended, waiting = ask(alice), ask(alice, "Jam")
    services.withdraw(request_pk=ended.pk, by=alice, origin=SYSTEM, now=timezone.now())
    forget_old(timezone.now() + timedelta(days=364))
    assert ApprovalRequest.objects.count() == 2
    forget_old(timezone.now() + timedelta(days=366))
    assert ApprovalRequest.objects.get() == waiting
    assert RequestStep.objects.count() == ApprovalTask.objects.count() == 1


def test_an_administrator_cancels_what_is_stuck_and_the_requester_is_told(alice: User, bob: User) -> None:
    ada = make_person("ada", is_superuser=True)
    make_workflow([bob])
    request = ask(alice)
    services.cancel(request_pk=request.pk, by=ada, reason="Nobody is left", origin=SYSTEM, now=timezone.now())
    request.refresh_from_db()
    assert request.state == RequestState.CANCELLED
    assert "Nobody is left" in Message.objects.get(topic="request_outcome").text
