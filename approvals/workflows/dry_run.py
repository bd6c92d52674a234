"""Who would be asked now, if somebody asked for something. Nothing is written and nobody is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.contrib.auth.models import Group
from django.db.models import QuerySet

from approvals.workflows.models import Step, Workflow
from approvals.workflows.selectors import approvers, asked_in_the_end, steps_of, workflow_holding
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from myaccount.users.same_person import linked_to, once_each

MAX_NAMED: Final = 20
MAX_COUNTED: Final = 1000


@dataclass(frozen=True)
class Asked:
    """People who would be asked: the first of them by name, and how many there are."""

    names: tuple[str, ...]
    count: int
    is_more: bool  # than were counted

    @property
    def unnamed(self) -> int:
        """How many are not named here."""
        return self.count - len(self.names)


class IfTooFew(StrEnum):
    """What happens at a step where fewer people could agree at first than have to."""

    OTHERS = "others"
    ADMINISTRATORS = "administrators"
    NOTHING = "nothing"  # more: it waits until there are enough people


@dataclass(frozen=True)
class AskedStep:
    """One step. `leaves_out`: somebody could decide about others' requests, but not about this one."""

    number: int
    needed: int
    asked: Asked
    leaves_out: bool
    escalate_after_hours: int | None
    escalation: Asked | None
    if_too_few: IfTooFew | None  # None: they are enough


@dataclass(frozen=True)
class DryRun:
    """What would happen: `workflow` is None when it would be done at once."""

    workflow: Workflow | None
    steps: tuple[AskedStep, ...]


def dry_run(
    kind: OperationKind,
    *,
    claims: Collection[str],
    attributes: Mapping[str, str],
    requester: User | None,
    subject: User | None,
) -> DryRun:
    """Which workflow would hold it and whom it would ask, step by step. Nine queries, and at most seven a step."""
    workflow = workflow_holding(kind, claims=claims, attributes=attributes)
    if workflow is None:
        return DryRun(None, ())
    concerned = [user.pk for user in (requester, subject) if user is not None]
    left_out = {*concerned, *linked_to(concerned).values_list("second", flat=True)} if concerned else set()
    return DryRun(workflow, tuple(_step(step, left_out) for step in steps_of(workflow)))


def _step(step: Step, left_out: Collection[int]) -> AskedStep:
    first = approvers(step.users.all(), step.groups.all())
    later = approvers(step.escalate_to_users.all(), step.escalate_to_groups.all())
    later = later.exclude(pk__in=first.order_by().values("pk"))
    return AskedStep(
        number=step.order,
        needed=step.needed,
        asked=_asked(first, left_out),
        leaves_out=bool(left_out) and first.filter(pk__in=left_out).exists(),
        escalate_after_hours=step.escalate_after_hours,
        escalation=_asked(later, left_out) if step.escalate_after_hours else None,
        if_too_few=_if_too_few(step, left_out),
    )


def _if_too_few(step: Step, left_out: Collection[int]) -> IfTooFew | None:
    """What opening the step and escalating it would come to, as things are now."""
    users, groups = [*step.users.all()], [*step.groups.all()]
    if _are_enough(step, users, groups, left_out):
        return None
    users, groups = [*users, *step.escalate_to_users.all()], [*groups, *step.escalate_to_groups.all()]
    if _are_enough(step, users, groups, left_out):
        return IfTooFew.OTHERS
    if _are_enough(step, [*users, *asked_in_the_end()], groups, left_out):
        return IfTooFew.ADMINISTRATORS
    return IfTooFew.NOTHING


def _are_enough(step: Step, users: Iterable[User], groups: Iterable[Group], left_out: Collection[int]) -> bool:
    people = once_each(approvers(users, groups).exclude(pk__in=left_out))
    return len(people.values_list("pk")[: step.needed]) == step.needed


def _asked(found: QuerySet[User], left_out: Collection[int]) -> Asked:
    people = list(found.exclude(pk__in=left_out)[: MAX_COUNTED + 1])
    names = tuple(_name(user) for user in people[:MAX_NAMED])
    return Asked(names, min(len(people), MAX_COUNTED), is_more=len(people) > MAX_COUNTED)


def _name(user: User) -> str:
    return f"{user.display_name} ({user.username})" if user.display_name else user.username
