"""Mails of approvals: to those who are asked, and to those who asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from approvals.requests.asked import asked_of
from approvals.requests.models import (
    ApprovalRequest,
    ApprovalTask,
    MailChoice,
    Mails,
    RequestState,
    RequestStep,
    TaskState,
)  # fmt: skip
from approvals.requests.selectors import COUNTED_TO, candidates_of, count_waiting, newest_waiting
from approvals.requests.submissions import title_of
from myaccount.outbox import services as outbox
from myaccount.users.leaving import active_people
from myaccount.users.models import User
from myaccount.web import formats

BATCH: Final = 100  # people told in one transaction
IN_A_DIGEST: Final = 10  # tasks named
A_DAY: Final = timedelta(days=1)


@transaction.atomic
def tell_some(step_pk: int, *, now: datetime) -> bool:
    """Mail the next candidates of an open step. False when all know, or somebody else is telling them."""
    step = (
        RequestStep.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("request")
        .filter(pk=step_pk, done_at=None)
        .exclude(tell_after=None)
        .first()
    )
    task = ApprovalTask.objects.filter(step=step, is_offered=True).first() if step else None
    if step is None:
        return False
    people = candidates_of(step, request=step.request).filter(pk__gt=step.tell_after).order_by("pk")
    others = MailChoice.objects.filter(user=OuterRef("pk")).exclude(mails=Mails.AT_ONCE)
    found = list(people.exclude(Exists(others))[:BATCH]) if task else []
    for person in found:
        _mail("approval_waiting", person, now=now, context=_of_task(step.request, task, step=step))
    step.tell_after = found[-1].pk if len(found) == BATCH else None
    step.save(update_fields=["tell_after"])
    return step.tell_after is not None


def _of_task(request: ApprovalRequest, task: ApprovalTask | None, *, step: RequestStep) -> dict[str, Any]:
    return {
        **_of_request(request),
        "task": task.pk if task else None,
        "is_urgent": step.escalated_at is not None,
        "link": settings.PUBLIC_URL + reverse("approval-task", args=[task.pk if task else 0]),
        "settings_link": f"{settings.PUBLIC_URL}{reverse('approvals')}#mails",
    }


def _of_request(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "title": partial(title_of, request),
        "requester": request.requester_name,
        "reason_given": request.reason,
        "at": partial(formats.moment, request.created_at),
    }


def _mail(topic: str, person: User, *, now: datetime, context: dict[str, Any]) -> None:
    address = outbox.address_of(person)
    if address:
        outbox.send_email(topic, to=address, user=person, now=now, context=context)


def outcome(request: ApprovalRequest, *, now: datetime) -> None:
    """Tell whoever asked how it ended; not of what they did themselves, nor whose account has gone."""
    if request.requester is None or request.state == RequestState.WITHDRAWN:
        return
    context = {
        **_of_request(request),
        "state": request.state,
        "link": settings.PUBLIC_URL + reverse("own-request", args=[request.uuid]),
    }
    _mail("request_outcome", request.requester, now=now, context=context)


def no_longer_waiting(request: ApprovalRequest, *, now: datetime) -> None:
    """Tell those who have claimed a task that nothing is left to decide: it was withdrawn or cancelled."""
    reserved = request.tasks.filter(state=TaskState.RESERVED, claimed_by__in=active_people())
    for task in reserved.select_related("claimed_by"):
        if task.claimed_by is not None:
            _mail("approval_withdrawn", task.claimed_by, now=now, context={**_of_request(request), "task": task.pk})


@transaction.atomic
def send_digests(*, now: datetime, batch: int = 50) -> int:
    """Mail those who want one mail a day what waits for them, if anything does. Returns how many were looked at."""
    due = MailChoice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
    choices = list(due.filter(next_digest_at__lte=now).order_by("next_digest_at")[:batch])
    there = set(active_people().filter(pk__in=[choice.user_id for choice in choices]).values_list("pk", flat=True))
    for choice in choices:
        missed = (now - choice.next_digest_at) // A_DAY if choice.next_digest_at else 0
        choice.next_digest_at = (choice.next_digest_at or now) + A_DAY * (missed + 1)
        choice.save(update_fields=["next_digest_at"])
        if choice.user_id in there:
            _digest(choice.user, now=now)
    return len(choices)


def _digest(person: User, *, now: datetime) -> None:
    asked = asked_of(person)
    count = count_waiting(person, asked)
    if not count:
        return
    newest = newest_waiting(person, asked, limit=IN_A_DIGEST)
    context = {
        "count": count,
        "is_more": count >= COUNTED_TO,
        "titles": lambda: [title_of(task.request) for task in newest],
        "link": settings.PUBLIC_URL + reverse("approvals"),
    }
    _mail("approval_digest", person, now=now, context=context)
