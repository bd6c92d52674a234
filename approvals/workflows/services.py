"""Changes to workflows. Requests that wait keep the steps they were made with; see `approvals/requests/`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from approvals.workflows.models import Step, Workflow, WorkflowOperation
from approvals.workflows.selectors import steps_of
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from myaccount.web.services import ChangedMeanwhile

_FIELDS: Final = (
    "name", "description", "is_active", "condition_claim_id", "condition_comparison", "condition_value",
)  # fmt: skip


@dataclass(frozen=True)
class StepPlan:
    """One step as an administrator wants it; its number is its place among the others."""

    users: frozenset[User]
    groups: frozenset[Group]
    needed: int
    escalate_after_hours: int | None
    escalate_to_users: frozenset[User]
    escalate_to_groups: frozenset[Group]


@transaction.atomic
def save_workflow(
    *,
    new: Workflow,
    operations: Collection[OperationKind],
    claims: Collection[Claim],
    steps: Sequence[StepPlan],
    opened_version: int,
    by: User,
    origin: Origin,
    now: datetime,
) -> list[str]:
    """Save a workflow with all that belongs to it. Returns the names of what changed; nothing is written for none.

    Raises ChangedMeanwhile when the stored one is not the one the form was opened with, or another has its name by now.
    """
    stored = Workflow.objects.select_for_update().filter(pk=new.pk).first()
    if opened_version != (stored.version if stored else 0) or (new.pk and stored is None):
        raise ChangedMeanwhile
    changed = _changed(stored, new, operations, claims, steps) if stored else ["added"]
    if not changed:
        return []
    new.version = opened_version
    try:
        with transaction.atomic():
            new.save()
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    new.claims.set(claims)
    new.operations.all().delete()
    WorkflowOperation.objects.bulk_create(WorkflowOperation(workflow=new, kind=kind) for kind in operations)
    if stored is None or "steps" in changed:
        _write_steps(new, steps)
    _record(new, changed, by=by, origin=origin, now=now)
    return changed


@transaction.atomic
def delete_workflow(*, workflow: Workflow, by: User, origin: Origin, now: datetime) -> None:
    """Delete a workflow: it holds nothing any more. What waits goes on waiting for whom it was given to."""
    _record(workflow, ["deleted"], by=by, origin=origin, now=now)
    workflow.delete()


def _changed(
    stored: Workflow,
    new: Workflow,
    operations: Collection[OperationKind],
    claims: Collection[Claim],
    steps: Sequence[StepPlan],
) -> list[str]:
    changed = [name.removesuffix("_id") for name in _FIELDS if getattr(stored, name) != getattr(new, name)]
    if {*stored.operations.values_list("kind", flat=True)} != {*operations}:
        changed.append("operations")
    if {*stored.claims.all()} != {*claims}:
        changed.append("claims")
    if [_plan_of(step) for step in steps_of(stored)] != [*steps]:
        changed.append("steps")
    return changed


def _plan_of(step: Step) -> StepPlan:
    return StepPlan(
        users=frozenset(step.users.all()),
        groups=frozenset(step.groups.all()),
        needed=step.needed,
        escalate_after_hours=step.escalate_after_hours,
        escalate_to_users=frozenset(step.escalate_to_users.all()),
        escalate_to_groups=frozenset(step.escalate_to_groups.all()),
    )


def _write_steps(workflow: Workflow, steps: Sequence[StepPlan]) -> None:
    workflow.steps.all().delete()
    for order, plan in enumerate(steps, start=1):
        step = Step.objects.create(
            workflow=workflow, order=order, needed=plan.needed, escalate_after_hours=plan.escalate_after_hours
        )
        step.users.set(plan.users)
        step.groups.set(plan.groups)
        step.escalate_to_users.set(plan.escalate_to_users)
        step.escalate_to_groups.set(plan.escalate_to_groups)


def _record(workflow: Workflow, changed: list[str], *, by: User, origin: Origin, now: datetime) -> None:
    record(
        EventKind.WORKFLOW_CHANGED,
        user=None,
        by=by,
        origin=origin,
        now=now,
        data={"workflow": workflow.name, "changed": changed},
    )
