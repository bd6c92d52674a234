"""Claiming, releasing and deciding. One at a time for each request: every one of these locks the request's row.

Who may decide is looked up under that lock (security 86), so of any number of decisions at once one wins, and what
it means is written with it or not at all (security 87).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from approvals.requests import endings, steps
from approvals.requests.execution import carry_out
from approvals.requests.models import ApprovalRequest, ApprovalTask, RequestState, TaskState
from approvals.requests.selectors import is_candidate
from approvals.requests.submissions import describe, fingerprint
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from myaccount.users.same_person import linked_to


class NotACandidate(Exception):  # noqa: N818
    """The person may not decide about this: never, or no longer."""


class CannotDecide(Exception):  # noqa: N818
    """It is too late, or somebody else was first. The text says which, in the language in use."""


class ChangedMeanwhile(Exception):  # noqa: N818
    """What would be done is no longer what the approver was shown."""


@transaction.atomic
def claim(*, task_pk: int, by: User, origin: Origin, now: datetime) -> None:
    """Reserve a task: the other candidates no longer see it. Claiming one's own again changes nothing."""
    task = _locked(task_pk, by)
    if task.state == TaskState.RESERVED and task.claimed_by_id == by.pk:
        return
    _must_be_free(task, by)
    task.state, task.claimed_by, task.is_offered = TaskState.RESERVED, by, False
    task.save()
    steps.offer(task.step)
    _record(EventKind.APPROVAL_CLAIMED, task, by, origin=origin, now=now)


@transaction.atomic
def release(*, task_pk: int, by: User, origin: Origin, now: datetime) -> None:
    """Give a claimed task back, so that every candidate sees it again. Its claimer only."""
    task = _locked(task_pk, by)
    if task.state != TaskState.RESERVED or task.claimed_by_id != by.pk:
        raise CannotDecide(_("You have not claimed this task."))
    task.state, task.claimed_by = TaskState.READY, None
    task.save()
    steps.offer(task.step)
    _record(EventKind.APPROVAL_RELEASED, task, by, origin=origin, now=now)


def approve(*, task_pk: int, by: User, seen: str, origin: Origin, now: datetime) -> ApprovalRequest:
    """Agree. When the last step has what it needs, what was asked for is carried out, after this has been stored.

    `seen` is the fingerprint of what the approver was shown. Raises ChangedMeanwhile where it is no longer so.
    Returns the request as it is then: its state tells what has become of it.
    """
    with transaction.atomic():
        request = _agree(task_pk, by, seen=seen, origin=origin, now=now)
    if request.state == RequestState.AGREED:
        carry_out(request.pk, now=now)
        request.refresh_from_db(fields=["state", "reason"])
    return request


def _agree(task_pk: int, by: User, *, seen: str, origin: Origin, now: datetime) -> ApprovalRequest:
    task = _locked(task_pk, by)
    _must_be_free(task, by)
    request = task.request
    description = describe(request)
    if description.why_impossible:
        raise CannotDecide(description.why_impossible)
    if seen != fingerprint(description):
        raise ChangedMeanwhile
    _decide(task, TaskState.APPROVED, by, now=now)
    _record(EventKind.APPROVAL_GIVEN, task, by, origin=origin, now=now)
    if task.step.tasks.filter(state=TaskState.APPROVED).count() < task.step.needed:
        steps.offer(task.step)
        return request
    steps.close(task.step, now=now)
    if not steps.open_next(request, now=now):
        request.state, request.next_attempt_at = RequestState.AGREED, now
        request.save(update_fields=["state", "next_attempt_at"])
    return request


@transaction.atomic
def reject(*, task_pk: int, by: User, reason: str, origin: Origin, now: datetime) -> None:
    """Refuse, with the reason: that ends the request, whatever others have said. Its requester is told."""
    task = _locked(task_pk, by)
    _must_be_free(task, by)
    task.reason = reason
    _decide(task, TaskState.REJECTED, by, now=now)
    _record(EventKind.APPROVAL_REFUSED, task, by, origin=origin, now=now)
    request = task.request
    endings.finish(
        request, RequestState.REJECTED, reason=reason, origin=origin, now=now, requester=request.requester, by=by
    )


def _locked(task_pk: int, by: User) -> ApprovalTask:
    """The task as it is once nobody else decides about its request. Raises NotACandidate and CannotDecide."""
    request = ApprovalRequest.objects.select_for_update(of=("self",)).filter(tasks=task_pk).first()
    if request is None:
        raise NotACandidate
    task = ApprovalTask.objects.select_related("step").get(pk=task_pk)
    task.request = task.step.request = request
    if request.state != RequestState.WAITING or task.step.done_at is not None:
        raise CannotDecide(_("This was already decided."))
    if not is_candidate(by, task.step):
        raise NotACandidate
    return task


def _must_be_free(task: ApprovalTask, by: User) -> None:
    """A claimed task is its claimer's; an unclaimed one anybody's who has no other of the same step.

    Nor has another under another account of theirs.
    """
    if task.state == TaskState.RESERVED and task.claimed_by_id != by.pk:
        raise CannotDecide(_("Somebody else has claimed this task."))
    if task.state not in (TaskState.READY, TaskState.RESERVED):
        raise CannotDecide(_("This was already decided."))
    is_theirs = _is_of(by, "decided_by") | (_is_of(by, "claimed_by") & Q(state=TaskState.RESERVED))
    if task.step.tasks.exclude(pk=task.pk).filter(is_theirs).exists():
        raise CannotDecide(_("You have a task of this step already: somebody else has to decide this one."))


def _is_of(person: User, field: str) -> Q:
    return Q(**{field: person}) | Q(**{f"{field}__in": linked_to([person.pk])})


def _decide(task: ApprovalTask, state: TaskState, by: User, *, now: datetime) -> None:
    task.state, task.decided_by, task.decided_at, task.is_offered = state, by, now, False
    task.save()


def _record(kind: EventKind, task: ApprovalTask, by: User, *, origin: Origin, now: datetime) -> None:
    data: dict[str, str | int] = {"operation": task.request.kind, "task": task.pk}
    if task.reason:
        data["reason_given"] = task.reason
    record(kind, user=by, origin=origin, now=now, data=data)
