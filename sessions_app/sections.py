"""What the pages show of sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest
from sessions_app import selectors


def _load(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = selectors.active_sessions(request.user, current=request.login_session.uuid, now=timezone.now())
    return {"rows": rows, "has_others": len(rows) > 1}


ACTIVE_SESSIONS = Section(
    id="active-sessions",
    title=_("Active user sessions"),
    explanation=_("Where you are signed in now. Ending a session signs you out there at once."),
    template="sessions/sections/active_sessions.html",
    load=_load,
    feature_id="security.active-sessions",
)
