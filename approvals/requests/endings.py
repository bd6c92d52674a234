"""How a request ends: what it still asked for goes, its secrets go, and whoever asked for it is told.

Called inside a transaction that holds the lock on the request's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from approvals.requests import steps, telling
from approvals.requests.models import REASON_MAX_LENGTH, ApprovalRequest, RequestState
from approvals.requests.submissions import submission_of, without_secrets
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.operations import services as operations
from myaccount.operations.registry import Execution, is_known
from myaccount.users.models import User

_EVENTS: Final[Mapping[RequestState, EventKind]] = {
    RequestState.APPROVED: EventKind.OPERATION_APPROVED,
    RequestState.REJECTED: EventKind.OPERATION_REJECTED,
    RequestState.FAILED: EventKind.OPERATION_FAILED,
    RequestState.WITHDRAWN: EventKind.OPERATION_WITHDRAWN,
    RequestState.CANCELLED: EventKind.OPERATION_WITHDRAWN,
}


def finish(
    request: ApprovalRequest,
    state: RequestState,
    *,
    reason: str,
    origin: Origin,
    now: datetime,
    requester: User | None,
    by: User | None = None,
) -> None:
    """End it. `requester`: who asked for it, also where the account has just gone."""
    if state != RequestState.APPROVED:
        _give_up(request, reason=reason, origin=origin, now=now)
    for step in request.steps.exclude(opened_at=None).filter(done_at=None):
        steps.close(step, now=now)
    request.state, request.reason, request.finished_at = state, reason[:REASON_MAX_LENGTH], now
    request.next_attempt_at = None
    request.payload, request.attributes = without_secrets(request.payload), {}
    request.save(update_fields=["state", "reason", "finished_at", "next_attempt_at", "payload", "attributes"])
    data = {"operation": request.kind}
    if request.reason:
        data["reason_given"] = request.reason
    record(_EVENTS[state], user=requester, origin=origin, now=now, by=by, data=data)
    telling.outcome(request, now=now)


def _give_up(request: ApprovalRequest, *, reason: str, origin: Origin, now: datetime) -> None:
    submission = submission_of(request)
    if is_known(submission):
        operations.give_up(submission, Execution(by=request.requester, now=now, origin=origin), reason=reason)
