"""The whole history, filtered and paged."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from myaccount.activity.kinds import EventGroup
from myaccount.web.features import part_of
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in
from security.history import selectors


@require_GET
@signed_in
@part_of("security.history")
def history(request: PortalRequest) -> HttpResponse:
    """All of the person's events, newest first."""
    kind = request.GET.get("kind", "")
    group = EventGroup(kind) if kind in EventGroup.values else None
    before = request.GET.get("before", "")
    older_than = int(before) if before.isdecimal() and len(before) < 19 else None
    page = selectors.event_page(
        request.user, now=timezone.now(), group=group, older_than=older_than, session_uuid=request.login_session.uuid
    )
    context = {"events": page, "groups": EventGroup.choices, "group": group or "", "is_first_page": older_than is None}
    return render(request, "security/history.html", context)
