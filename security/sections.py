"""What the pages show of security."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from myaccount.web import formats
from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest
from security.factors.sections import MULTI_FACTOR
from security.history.selectors import recent_events
from security.password.forms import ChangePasswordForm
from security.recovery.sections import ACCOUNT_RECOVERY

__all__ = ["ACCOUNT_RECOVERY", "CHANGE_PASSWORD", "HISTORY", "MULTI_FACTOR"]


def _load_password(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    form = state.get("form")
    if form is None and request.GET.get("edit") == "password":
        form = ChangePasswordForm(user=request.user)
    changed_at = request.user.password_changed_at
    return {
        "form": form,
        "username": request.user.username,
        "has_password": request.user.has_usable_password(),
        "changed_on": formats.day(timezone.localtime(changed_at)) if changed_at else "",
    }


def _load_history(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = recent_events(request.user, now=timezone.now(), session_uuid=request.login_session.uuid)
    return {"rows": rows}


CHANGE_PASSWORD = Section(
    id="change-password",
    title=_("Change password"),
    explanation=_("A long password that you use nowhere else. Changing it ends your other sessions."),
    template="security/sections/change_password.html",
    load=_load_password,
    feature_id="security.change-password",
)

HISTORY = Section(
    id="security-history",
    title=_("Security history"),
    explanation=_("What happened to your account. If something here was not you, change your password."),
    template="security/sections/history.html",
    load=_load_history,
    feature_id="security.history",
)
