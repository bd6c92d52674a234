"""Keeps steps going: asks others where nobody answers or too few are left, and gives back what is claimed in vain.

What is to be done is found for many at once; it is done for one request after the other, each in a transaction of its
own that holds the lock on the request's row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Coalesce
from django_tasks import task as job

from approvals.requests import steps
from approvals.requests.models import ApprovalRequest, ApprovalTask, Candidate, RequestState, RequestStep, TaskState
from approvals.requests.selectors import is_candidate
from approvals.requests.tasks import tell
from myaccount.schedule.batches import until_done
from myaccount.users.leaving import active_people
from myaccount.users.models import User
from myaccount.users.same_person import pairs

MANY: Final = 50  # people in a group of whom somebody can always agree: a step needs twenty at most

_OPEN: Final = Q(done_at=None, escalated_at=None) & ~Q(opened_at=None)


def escalate_overdue(*, now: datetime, batch: int = 50) -> int:
    """Ask others, too, where a step has been open for too long. Returns how many steps were looked at."""
    overdue = RequestStep.objects.filter(escalate_at__lte=now).order_by("escalate_at")
    found = list(overdue.values_list("pk", "request")[:batch])
    for step_pk, request_pk in found:
        _escalate(step_pk, request_pk, now=now, is_due=lambda step, _request: _is_overdue(step, now))
    return len(found)


def _is_overdue(step: RequestStep, now: datetime) -> bool:
    return step.escalate_at is not None and step.escalate_at <= now


def escalate_deserted(*, now: datetime, after: int = 0, batch: int = 200) -> int:
    """Ask others where too few of those who are asked are left, whatever hours the workflow says.

    Looks at steps after this id. Returns the last it found, 0 when there are no more. Two queries, and one for each
    number of people that steps need, as far as nothing is to be done.
    """
    crowded = _crowded_groups()
    open_steps = RequestStep.objects.filter(_OPEN, pk__gt=after).exclude(
        Exists(Candidate.objects.filter(step=OuterRef("pk"), group__in=crowded, is_asked=True))
    )
    found: list[tuple[int, int]] = []
    for needed in open_steps.order_by("needed").values_list("needed", flat=True).distinct():
        deserted = open_steps.filter(needed=needed).exclude(Exists(_last_of(needed))).order_by("pk")
        found += deserted.values_list("pk", "request")[:batch]
    looked_at = sorted(found)[:batch]
    for step_pk, request_pk in looked_at:
        _escalate(step_pk, request_pk, now=now, is_due=_is_deserted)
    return looked_at[-1][0] if len(looked_at) == batch else 0


def _crowded_groups() -> list[int]:
    asked = Candidate.objects.filter(is_asked=True, group__isnull=False).order_by().values("group")
    members: QuerySet[Any, Any] = User.groups.through.objects.filter(group__in=asked, user__in=active_people())
    counted = members.order_by().values("group").annotate(people=Count("user")).filter(people__gte=MANY)
    return list(counted.values_list("group", flat=True))


def _last_of(needed: int) -> QuerySet[Candidate, Any]:
    """For a step of an outer query, the last of so many people who may decide. Where more than one has to, who has a
    younger account counts with that alone: `_is_deserted` looks more closely."""
    requester, subject = "request__requester", "request__subject_uuid"
    asked = Candidate.objects.filter(step=OuterRef("pk"), is_asked=True).order_by()
    people = asked.annotate(person=Coalesce("user", "group__user")).exclude(
        person=Coalesce(OuterRef(requester), Value(0))
    )
    subject_or_none = Coalesce(OuterRef(OuterRef(subject)), Value(UUID(int=0), output_field=UUIDField()))
    people = people.filter(Exists(active_people().filter(pk=OuterRef("person")).exclude(uuid=subject_or_none)))
    people = people.exclude(_linked(OuterRef("person"), OuterRef(OuterRef(requester)), OuterRef(OuterRef(subject))))
    if needed == 1:
        return people
    people = people.exclude(Exists(pairs().filter(second=OuterRef("person"))))
    return people.values("person").distinct()[needed - 1 : needed]


def _linked(person: Any, requester: Any, subject: Any) -> Exists:
    """Whether the person has linked the account with that of the requester, or of whom it is about."""
    one = Q(first=person) & (Q(second=requester) | Q(second__uuid=subject))
    other = Q(second=person) & (Q(first=requester) | Q(first__uuid=subject))
    return Exists(pairs().filter(one | other))


def _is_deserted(step: RequestStep, request: ApprovalRequest) -> bool:
    return step.escalated_at is None and not steps.are_enough(step, request)


@transaction.atomic
def _escalate(
    step_pk: int, request_pk: int, *, now: datetime, is_due: Callable[[RequestStep, ApprovalRequest], bool]
) -> None:
    request = _locked(request_pk)
    step = RequestStep.objects.filter(pk=step_pk, done_at=None).first()
    if request is not None and step is not None and is_due(step, request):
        steps.escalate(step, request, now=now)
        tell.enqueue(step.pk)


def release_abandoned(*, of: int | None = None, batch: int = 200) -> int:
    """Give back what was claimed by people who may no longer decide, or by this one, if that is so of them.

    Switched off, gone or about to be, or no longer in the group. Returns how many tasks it found.
    """
    found = _abandoned()
    found = found.filter(claimed_by=of) if of is not None else found
    requests = list(found.order_by("pk").values_list("request", flat=True)[:batch])
    for request_pk in dict.fromkeys(requests):
        _release(request_pk)
    return len(requests)


@job()
def release_claims(user_pk: int) -> None:
    """A job: give back what somebody had claimed who may no longer decide.

    Not in the transaction that says so: that holds a lock on the person's row, which deciding waits for.
    """
    until_done(lambda: release_abandoned(of=user_pk))


@transaction.atomic
def _release(request_pk: int) -> None:
    request = _locked(request_pk)
    if request is None:
        return
    for task in request.tasks.filter(state=TaskState.RESERVED).select_related("step", "claimed_by"):
        task.step.request = request
        if task.claimed_by is None or not is_candidate(task.claimed_by, task.step):
            ApprovalTask.objects.filter(pk=task.pk).update(state=TaskState.READY, claimed_by=None)
            steps.offer(task.step)


def _abandoned() -> QuerySet[ApprovalTask]:
    """What is claimed and not by a candidate: `_release` asks that again, of each, under the lock."""
    own_groups = User.groups.through.objects.filter(user=OuterRef(OuterRef("claimed_by"))).values("group")
    asked = Candidate.objects.filter(step=OuterRef("step"), is_asked=True)
    asked = asked.filter(Q(user=OuterRef("claimed_by")) | Q(group__in=own_groups))
    people = active_people().filter(pk=OuterRef("claimed_by"))
    linked = _linked(OuterRef("claimed_by"), OuterRef("request__requester"), OuterRef("request__subject_uuid"))
    may_decide = Q(Exists(people)) & Q(Exists(asked)) & ~Q(linked)
    return ApprovalTask.objects.filter(state=TaskState.RESERVED).exclude(may_decide)


def _locked(request_pk: int) -> ApprovalRequest | None:
    waiting = ApprovalRequest.objects.select_for_update().filter(pk=request_pk, state=RequestState.WAITING)
    return waiting.first()
