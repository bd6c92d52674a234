"""What the pages show of tasks and requests, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.requests.models import ApprovalRequest, ApprovalTask, Priority, RequestState, RequestStep, TaskState
from approvals.requests.selectors import COUNTED_TO
from approvals.requests.submissions import describe, fingerprint, summaries, title_of
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Property
from myaccount.users.models import User
from myaccount.web import formats

_TONES: Final[dict[str, str]] = {
    TaskState.READY: "accent", TaskState.RESERVED: "warn", TaskState.APPROVED: "good", TaskState.REJECTED: "bad",
    RequestState.WAITING: "accent", RequestState.AGREED: "accent", RequestState.FAILED: "bad",
}  # fmt: skip
ICONS: Final[dict[str, str]] = {
    OperationKind.ADD_USER: "user-plus", OperationKind.SELF_REGISTER_USER: "user-plus",
    OperationKind.DELETE_USER: "user-minus", OperationKind.UPDATE_CLAIMS: "pencil-square",
    OperationKind.CHANGE_ROLES: "user-group",
}  # fmt: skip
_STEP: Final = (
    "order", "needed", "opened_at", "done_at", "escalated_at", "tasks__pk", "tasks__state", "tasks__reason",
    "tasks__decided_at", "tasks__decided_by", "tasks__decided_by__username", "tasks__decided_by__display_name",
    "tasks__claimed_by", "tasks__claimed_by__username", "tasks__claimed_by__display_name",
)  # fmt: skip


@dataclass(frozen=True)
class State:
    """A state in a badge."""

    label: str
    tone: str


@dataclass(frozen=True)
class TaskRow:
    """One task of a list."""

    number: int
    title: str
    summary: str
    step: str
    icon: str
    requester: str
    created: str
    ago: str
    state: State
    is_urgent: bool
    is_open: bool


@dataclass(frozen=True)
class RequestRow:
    """One of the person's own requests."""

    uuid: Any
    title: str
    summary: str
    icon: str
    created: str
    state: State
    reason: str
    finished: str


@dataclass(frozen=True)
class StepRow:
    """A step and what has happened at it."""

    title: str
    detail: str
    is_done: bool
    is_rejected: bool
    is_open: bool
    lines: tuple[str, ...]


@dataclass(frozen=True)
class RequestDetail:
    """A request as everybody who may see it reads it."""

    title: str
    subject: str
    kind: str
    icon: str
    requester: str
    created: str
    finished: str
    state: State
    reason: str
    priority: str
    workflow: str
    description: str
    properties: tuple[Property, ...]
    has_changed: bool
    why_impossible: str
    seen: str
    steps: tuple[StepRow, ...]
    is_waiting: bool


@dataclass(frozen=True)
class TaskDetail:
    """A task, its request, and what the person who looks can do about it."""

    number: int
    request: RequestDetail
    state: State
    notice: str
    more_needed: int
    can_claim: bool
    can_release: bool
    can_decide: bool

    @property
    def can_approve(self) -> bool:
        """What can no longer be done can only be rejected."""
        return self.can_decide and not self.request.why_impossible


def counted(number: int) -> str:
    """A count as people read it: 7, or 99+; empty for none."""
    return f"{COUNTED_TO - 1}+" if number >= COUNTED_TO else str(number or "")


def task_rows(tasks: Iterable[ApprovalTask], *, now: datetime) -> list[TaskRow]:
    """Tasks in words. At most one query for each kind of thing that would be changed."""
    found = list(tasks)
    texts = summaries([task.request for task in found])
    return [_task_row(task, summary, now=now) for task, summary in zip(found, texts, strict=True)]


def _task_row(task: ApprovalTask, summary: str, *, now: datetime) -> TaskRow:
    request = task.request
    return TaskRow(
        number=task.pk,
        title=title_of(request),
        summary=summary,
        step=_step_of(task),
        icon=ICONS[request.kind],
        requester=_requester(request),
        created=formats.moment(request.created_at),
        ago=formats.ago(request.created_at, now=now),
        state=_state(TaskState(task.state)),
        is_urgent=request.priority == Priority.HIGH,
        is_open=task.state in (TaskState.READY, TaskState.RESERVED),
    )


def _step_of(task: ApprovalTask) -> str:
    """Which of several steps it is; empty for the only one."""
    steps: int = task.steps  # type: ignore[attr-defined] # counted by the list's query
    return _("step %(number)s of %(count)s") % {"number": task.step.order, "count": steps} if steps > 1 else ""


def request_rows(requests: Iterable[ApprovalRequest]) -> list[RequestRow]:
    """One's own requests in words. At most one query for each kind of thing that would be changed."""
    found = list(requests)
    return [_request_row(request, summary) for request, summary in zip(found, summaries(found), strict=True)]


def _request_row(request: ApprovalRequest, summary: str) -> RequestRow:
    return RequestRow(
        uuid=request.uuid,
        title=title_of(request),
        summary=summary,
        icon=ICONS[request.kind],
        created=formats.moment(request.created_at),
        state=_state(RequestState(request.state)),
        reason=request.reason,
        finished=formats.moment(request.finished_at) if request.finished_at else "",
    )


def task_detail(task: ApprovalTask, user: User, *, other_accounts: tuple[int, ...]) -> TaskDetail:
    """A task for somebody who may see it. One query, and what its description reads."""
    own = (user.pk, *other_accounts)
    rows = _steps_of(task.request)
    detail = _request_detail(task.request, rows, with_names=True)
    state = TaskState(task.state)
    is_own = state == TaskState.RESERVED and task.claimed_by_id == user.pk
    has_another = any(
        row["order"] == task.step.order
        and row["tasks__pk"] != task.pk
        and (
            row["tasks__decided_by"] in own
            or (row["tasks__claimed_by"] in own and row["tasks__state"] == TaskState.RESERVED)
        )
        for row in rows
    )
    is_open = detail.is_waiting and task.step.done_at is None
    can_act = is_open and not has_another and (state == TaskState.READY or is_own)
    notice = "" if can_act else _notice(task, user, is_open=is_open, has_another=has_another)
    return TaskDetail(
        number=task.pk,
        request=detail,
        state=_state(state),
        notice=notice,
        more_needed=_agreements_left(rows) - 1,
        can_claim=can_act and state == TaskState.READY,
        can_release=can_act and is_own,
        can_decide=can_act,
    )


def request_detail(request: ApprovalRequest) -> RequestDetail:
    """One's own request. Who is asked stays between the organisation and them: no names. One query, and the same."""
    return _request_detail(request, _steps_of(request), with_names=False)


def _notice(task: ApprovalTask, user: User, *, is_open: bool, has_another: bool) -> str:
    if task.decided_by_id == user.pk:
        return ""
    if not is_open:
        return _("This was already decided.")
    if has_another:
        return _("You have a task of this step already: somebody else has to decide this one.")
    claimer = task.claimed_by
    return _("%(name)s has claimed this task.") % {"name": claimer.name if claimer else _("Somebody else")}


def _request_detail(request: ApprovalRequest, rows: list[dict[str, Any]], *, with_names: bool) -> RequestDetail:
    description = describe(request)
    is_open = request.state in (RequestState.WAITING, RequestState.AGREED)
    properties = description.properties
    return RequestDetail(
        title=title_of(request),
        subject=request.subject_name,
        kind=str(OperationKind(request.kind).label),
        icon=ICONS[request.kind],
        requester=_requester(request),
        created=formats.moment(request.created_at),
        finished=formats.moment(request.finished_at) if request.finished_at else "",
        state=_state(RequestState(request.state)),
        reason=request.reason,
        priority=str(Priority(request.priority).label),
        workflow=request.workflow_name,
        description=request.description,
        properties=properties,
        has_changed=is_open and any(one.has_changed_meanwhile for one in properties),
        why_impossible=description.why_impossible,
        seen=fingerprint(description),
        steps=tuple(_step_rows(rows, request=request, with_names=with_names)),
        is_waiting=request.state == RequestState.WAITING,
    )


def _steps_of(request: ApprovalRequest) -> list[dict[str, Any]]:
    """A row for each task, and one for each step that has none yet."""
    return list(RequestStep.objects.filter(request=request).order_by("order", "tasks__pk").values(*_STEP))


def _step_rows(rows: list[dict[str, Any]], *, request: ApprovalRequest, with_names: bool) -> Iterable[StepRow]:
    steps = [list(group) for _order, group in groupby(rows, key=lambda row: row["order"])]
    for number, tasks in enumerate(steps, 1):
        step = tasks[0]
        is_open = step["opened_at"] is not None and step["done_at"] is None
        lines = [line for task in tasks if (line := _line(task, with_names=with_names))]
        if step["escalated_at"]:
            lines.append(_("Others were asked, too: %(at)s") % {"at": formats.moment(step["escalated_at"])})
        yield StepRow(
            title=_("Step %(number)s of %(count)s") % {"number": number, "count": len(steps)},
            detail=_progress(step, tasks, is_open=is_open, is_over=bool(request.finished_at)),
            is_done=_agreed(tasks) >= step["needed"],
            is_rejected=any(task["tasks__state"] == TaskState.REJECTED for task in tasks),
            is_open=is_open,
            lines=tuple(lines),
        )


def _agreements_left(rows: list[dict[str, Any]]) -> int:
    """How many people still have to agree, at all steps together."""
    needed: dict[int, int] = {row["order"]: row["needed"] for row in rows}
    return sum(needed.values()) - _agreed(rows)


def _agreed(tasks: list[dict[str, Any]]) -> int:
    return sum(task["tasks__state"] == TaskState.APPROVED for task in tasks)


def _progress(step: dict[str, Any], tasks: list[dict[str, Any]], *, is_open: bool, is_over: bool) -> str:
    left = step["needed"] - _agreed(tasks)
    if left <= 0:
        return _("Agreed")
    if is_open:
        return ngettext("%(count)s more person has to agree", "%(count)s more people have to agree", left) % {
            "count": left
        }
    if is_over:
        return _("Not reached") if step["opened_at"] is None else _("Not agreed")
    needed = step["needed"]
    return ngettext("%(count)s person will be asked to agree", "%(count)s people will have to agree", needed) % {
        "count": needed
    }


def _line(task: dict[str, Any], *, with_names: bool) -> str:
    state, values = task["tasks__state"], {}
    if state == TaskState.RESERVED:
        return _("Claimed by %(name)s") % {"name": _name(task, "tasks__claimed_by")} if with_names else ""
    if state not in (TaskState.APPROVED, TaskState.REJECTED):
        return ""
    values = {"at": formats.moment(task["tasks__decided_at"]), "name": _name(task, "tasks__decided_by")}
    if state == TaskState.APPROVED:
        return (_("Approved by %(name)s, %(at)s") if with_names else _("Approved, %(at)s")) % values
    return (_("Rejected by %(name)s, %(at)s") if with_names else _("Rejected, %(at)s")) % values


def _name(task: dict[str, Any], who: str) -> str:
    return task[f"{who}__display_name"] or task[f"{who}__username"] or _("somebody whose account is gone")


def _requester(request: ApprovalRequest) -> str:
    return request.requester_name or _("Self-registration")


def _state(state: TaskState | RequestState) -> State:
    return State(str(state.label), _TONES.get(state.value, "neutral"))
