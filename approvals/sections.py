"""What other pages show of approvals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.requests.asked import asked_in
from approvals.requests.badge import remember
from approvals.requests.pages import counted, task_rows
from approvals.requests.selectors import COUNTED_TO, newest_waiting
from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest

SHOWN: Final = 3


def _load_waiting(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """One query, which counts for the side panel, too; none, and no section, for people nobody asks."""
    tasks = newest_waiting(request.user, asked_in(request), limit=COUNTED_TO)
    remember(request, len(tasks))
    if not tasks:
        return None
    return {"rows": task_rows(tasks[:SHOWN], now=timezone.now()), "count": counted(len(tasks))}


PENDING = Section(
    id="pending-approvals",
    title=_("Pending approvals"),
    explanation="",
    template="approvals/sections/pending.html",
    load=_load_waiting,
    feature_id="approvals.tasks",
)
