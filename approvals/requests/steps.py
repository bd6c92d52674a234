"""Opens the steps of a request one after the other, and asks others where it takes too long.

Called inside a transaction that holds the lock on the request's row.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from approvals.requests.models import ApprovalRequest, ApprovalTask, Candidate, Priority, RequestStep, TaskState
from approvals.requests.selectors import candidates_of
from approvals.requests.tasks import tell
from approvals.workflows.models import Step, Workflow
from approvals.workflows.selectors import asked_in_the_end
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, record
from myaccount.users.same_person import once_each


def copy(workflow: Workflow, request: ApprovalRequest) -> None:
    """Keep the workflow's steps with the request, as they are now."""
    people = ("users", "groups", "escalate_to_users", "escalate_to_groups")
    for number, step in enumerate(workflow.steps.prefetch_related(*people).order_by("order"), 1):
        kept = RequestStep.objects.create(
            request=request, order=number, needed=step.needed, escalate_after_hours=step.escalate_after_hours
        )
        Candidate.objects.bulk_create(_candidates(step, kept))


def _candidates(step: Step, kept: RequestStep) -> list[Candidate]:
    return [
        *(Candidate(step=kept, user=user) for user in step.users.all()),
        *(Candidate(step=kept, group=group) for group in step.groups.all()),
        *(Candidate(step=kept, user=user, is_escalation=True) for user in step.escalate_to_users.all()),
        *(Candidate(step=kept, group=group, is_escalation=True) for group in step.escalate_to_groups.all()),
    ]


def open_next(request: ApprovalRequest, *, now: datetime) -> bool:
    """Ask at the first step that nobody was asked at yet. False if there is none left: everybody has agreed.

    Where fewer people could agree than have to, the others are asked at once.
    """
    step = request.steps.filter(opened_at=None).first()
    if step is None:
        return False
    hours = step.escalate_after_hours
    step.opened_at, step.tell_after = now, 0
    step.escalate_at = now + timedelta(hours=hours) if hours else None
    step.save()
    step.candidates.filter(is_escalation=False).update(is_asked=True)
    ApprovalTask.objects.bulk_create(
        ApprovalTask(request=request, step=step, is_offered=number == 0) for number in range(step.needed)
    )
    if not are_enough(step, request):
        escalate(step, request, now=now)
    tell.enqueue(step.pk)
    return True


def escalate(step: RequestStep, request: ApprovalRequest, *, now: datetime) -> None:
    """Ask the others, too, and let go of what was claimed and not decided.

    Where even they are too few, everybody with all rights is asked.
    """
    step.escalated_at, step.escalate_at, step.tell_after = now, None, 0
    step.save()
    step.candidates.filter(is_escalation=True).update(is_asked=True)
    if not are_enough(step, request):
        Candidate.objects.bulk_create(
            Candidate(step=step, user=user, is_escalation=True, is_asked=True) for user in asked_in_the_end()
        )
    step.tasks.filter(state=TaskState.RESERVED).update(state=TaskState.READY, claimed_by=None)
    offer(step)
    request.priority = Priority.HIGH
    request.save(update_fields=["priority"])
    data = {"operation": request.kind}
    record(EventKind.APPROVAL_ESCALATED, user=request.requester, origin=SYSTEM, now=now, data=data)


def offer(step: RequestStep) -> None:
    """Let the candidates see the first task of the step that is ready, and no other."""
    step.tasks.filter(is_offered=True).update(is_offered=False)
    first = step.tasks.filter(state=TaskState.READY).order_by("pk").values_list("pk", flat=True)[:1]
    ApprovalTask.objects.filter(pk__in=list(first)).update(is_offered=True)


def close(step: RequestStep, *, now: datetime) -> None:
    """Nobody is asked at this step any more."""
    step.done_at, step.escalate_at, step.tell_after = now, None, None
    step.save()
    step.candidates.filter(is_asked=True).update(is_asked=False)
    open_tasks = step.tasks.filter(state__in=[TaskState.READY, TaskState.RESERVED])
    open_tasks.update(state=TaskState.CANCELLED, is_offered=False)


def are_enough(step: RequestStep, request: ApprovalRequest) -> bool:
    """Whether as many people could agree as have to; with two accounts of one person, once."""
    people = once_each(candidates_of(step, request=request))
    return len(people.values_list("pk")[: step.needed]) == step.needed
