"""The Approvals page's lists: tabs with counts, filters, a page of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import pgettext

from approvals.requests import selectors
from approvals.requests.asked import asked_in
from approvals.requests.badge import remember
from approvals.requests.forms import FilterForm
from approvals.requests.pages import counted, task_rows
from approvals.requests.selectors import Counts, Tab
from myaccount.web.features import FeatureState, state_of
from myaccount.web.requests import PortalRequest


@dataclass(frozen=True)
class TabLink:
    """A list, and how many tasks it holds."""

    label: str
    query: str
    count: str
    is_current: bool


def tasks_page(request: PortalRequest, form: FilterForm) -> dict[str, Any]:
    """What the page shows. Two queries, and one more where an administrator's own attributes are named."""
    user, asked, now = request.user, asked_in(request), timezone.now()
    tab, narrowed = _tab(request.GET.get("state", "")), form.filters
    before = request.GET.get("before", "")
    older_than = int(before) if before.isdecimal() and len(before) < 19 else None
    counts = selectors.count(user, asked)
    remember(request, counts.waiting)
    found = selectors.task_page(user, asked, tab, narrowed, older_than=older_than)
    query = {"state": tab.value, **{name: form.data[name] for name in form.fields if form.data.get(name)}}
    return {
        "tab": tab.value,
        "tabs": tab_links(counts, tab, query),
        "counts": counts,
        "filter_form": form,
        "is_filtered": bool(narrowed),
        "rows": task_rows(found.tasks, now=now),
        "newest": f"?{urlencode(query)}" if older_than is not None else "",
        "older": f"?{urlencode({**query, 'before': found.older_than})}" if found.older_than else "",
        "is_approver": bool(asked or counts.completed or counts.mails),
        "has_requests": state_of("approvals.requests", request.portal_settings) != FeatureState.OFF,
    }


def tabs_beside(request: PortalRequest) -> list[TabLink]:
    """The lists, for a page beside them; none where deciding is switched off. One query."""
    if state_of("approvals.tasks", request.portal_settings) == FeatureState.OFF:
        return []
    counts = selectors.count(request.user, asked_in(request))
    remember(request, counts.waiting)
    return tab_links(counts, None)


def tab_links(counts: Counts, current: Tab | None, query: Mapping[str, str] | None = None) -> list[TabLink]:
    """The lists there are; what one is narrowed down to, the others are, too."""
    labels = {
        Tab.READY: (pgettext("tasks", "Ready"), counts.ready),
        Tab.RESERVED: (pgettext("tasks", "Reserved"), counts.reserved),
        Tab.COMPLETED: (pgettext("tasks", "Completed"), counts.completed),
        Tab.ALL: (pgettext("tasks", "All"), counts.all),
    }
    return [
        TabLink(label, urlencode({**(query or {}), "state": tab.value}), counted(number) or "0", tab == current)
        for tab, (label, number) in labels.items()
    ]


def _tab(value: str) -> Tab:
    """Also as the original writes it, in capitals."""
    wanted = value.lower()
    return Tab(wanted) if wanted in {tab.value for tab in Tab} else Tab.READY
