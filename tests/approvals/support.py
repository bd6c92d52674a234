"""A small change that really happens, workflows that hold it, and people who decide about it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.requests.models import ApprovalRequest, ApprovalTask
from approvals.workflows.models import Step, Workflow, WorkflowOperation
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, Origin, record
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import (
    Action,
    Description,
    Execution,
    OperationImpossible,
    Property,
    Submission,
    register,
)
from myaccount.operations.services import Done, Waiting, submit
from myaccount.users.models import User
from profile.models import Profile

CRASH = "APPROVALS_TEST_CRASH"  # set: the process dies in the middle of the effect


def _carry_out(submission: Submission, execution: Execution) -> str:
    """Give the subject another department, with an event."""
    profile = Profile.objects.select_for_update().filter(user__uuid=str(submission.subject_uuid)).first()
    if profile is None:
        raise OperationImpossible("There is no such person any more.")
    if submission.payload["value"] == "explosion":
        raise RuntimeError("nobody foresaw this")
    profile.values["department"] = submission.payload["value"]
    profile.save()
    record(
        EventKind.PROFILE_CHANGED, user=profile.user, by=execution.by, origin=execution.origin, now=execution.now,
        data={"claims": ["department"]},
    )  # fmt: skip
    if os.environ.get(CRASH):
        os._exit(9)
    return "done"


def _describe(submission: Submission) -> Description:
    profile = Profile.objects.filter(user__uuid=str(submission.subject_uuid)).first()
    now = profile.values.get("department", "") if profile else ""
    changed = Property("Department", wanted=submission.payload["value"], was=submission.payload["was"], is_now=now)
    return Description((changed,), "" if profile else "There is no such person any more.")


given_up: list[tuple[str, str]] = []


def _give_up(submission: Submission, execution: Execution, reason: str) -> None:
    given_up.append((submission.subject_name, reason))


RENAME = Action("tests.rename", OperationKind.UPDATE_CLAIMS, _carry_out, _describe, _give_up)
register(RENAME)


def make_workflow(
    *steps: Iterable[User | Group],
    needed: int = 1,
    hours: int | None = None,
    escalate_to: Iterable[User | Group] = (),
    kind: OperationKind = OperationKind.UPDATE_CLAIMS,
    name: str = "Changes of departments",
) -> Workflow:
    """A workflow with a step for each list of people and groups."""
    workflow = Workflow.objects.create(name=name, description="Departments have budgets.")
    WorkflowOperation.objects.create(workflow=workflow, kind=kind)
    for order, people in enumerate(steps, 1):
        step = Step.objects.create(workflow=workflow, order=order, needed=needed, escalate_after_hours=hours)
        step.users.set([one for one in people if isinstance(one, User)])
        step.groups.set([one for one in people if isinstance(one, Group)])
        step.escalate_to_users.set([one for one in escalate_to if isinstance(one, User)])
        step.escalate_to_groups.set([one for one in escalate_to if isinstance(one, Group)])
    return workflow


def ask(
    requester: User | None,
    value: str = "Tea",
    *,
    subject: User | None = None,
    origin: Origin = SYSTEM,
    now: datetime | None = None,
    **payload: str,
) -> ApprovalRequest:
    """Ask for another department; it has to wait."""
    asked = submit_change(requester, value, subject=subject, origin=origin, now=now, **payload)
    assert isinstance(asked, Waiting)
    return request_of(asked.request_uuid)


def submit_change(
    requester: User | None,
    value: str = "Tea",
    *,
    subject: User | None = None,
    origin: Origin = SYSTEM,
    now: datetime | None = None,
    **payload: str,
) -> Done | Waiting:
    """Ask for another department."""
    about = subject or requester
    assert about is not None
    profile = Profile.objects.get(user=about)
    submission = Submission(
        action=RENAME.name,
        payload={"value": value, "was": profile.values.get("department", ""), **payload},
        subject_name=about.username,
        subject_uuid=about.uuid,
        requester=requester,
        claims=frozenset({"department"}),
    )
    return submit(submission, origin=origin, now=now or timezone.now())


def request_of(uuid: UUID) -> ApprovalRequest:
    """The request as it is now."""
    return ApprovalRequest.objects.get(uuid=uuid)


def task_of(request: ApprovalRequest, *, step: int = 1) -> ApprovalTask:
    """The task of a step that candidates see."""
    return request.tasks.get(step__order=step, is_offered=True)


def department_of(user: User) -> str:
    """What the person's profile says."""
    return str(Profile.objects.get(user=user).values.get("department", ""))
