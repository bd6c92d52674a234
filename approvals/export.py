"""What an exported file says of approvals.

Described member by member in `myaccount/export/userInfo.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from approvals.requests.models import ApprovalRequest
from approvals.requests.submissions import describe
from myaccount.users.models import User
from myaccount.web.formats import iso


def requests(user: User) -> Iterator[dict[str, Any]]:
    """What the person has asked for and others decide, the newest first. One query, and a few for each in words."""
    own = ApprovalRequest.objects.filter(requester=user).select_related("requester")
    for request in own.order_by("-pk").iterator(chunk_size=200):
        yield {
            "id": str(request.uuid),
            "operation": request.kind,
            "operation_label": request.get_kind_display(),
            "subject": request.subject_name,
            "changes": [
                {"label": change.label, "was": change.was, "wanted": change.wanted}
                for change in describe(request).properties
            ],
            "workflow": request.workflow_name,
            "state": request.state,
            "state_label": request.get_state_display(),
            "reason": request.reason,
            "asked_at": iso(request.created_at),
            "ended_at": iso(request.finished_at),
        }
