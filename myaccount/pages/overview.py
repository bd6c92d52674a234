"""The Overview: where one stands, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.sections import PENDING
from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.features import FeatureState, state_of
from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest
from profile.selectors import completion
from security.factors.guards import FEATURE, SECTION
from security.factors.selectors import FEW_BACKUP_CODES, enrolled
from security.history.selectors import recent_events
from sessions_app.models import LoginSession
from sessions_app.selectors import row_of

PASSWORD_IS_OLD_AFTER: Final = timedelta(days=3 * 365)


@dataclass(frozen=True)
class Check:
    """One line of the security check-up; `url` leads to what to do."""

    title: str
    detail: str
    is_done: bool
    url: str
    action: str


def _load_completion(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"completion": completion(request.user)}


def _load_check_up(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    checks = sorted(security_checks(request), key=lambda check: check.is_done)
    return {"checks": checks, "done": sum(check.is_done for check in checks), "total": len(checks)}


def security_checks(request: PortalRequest) -> list[Check]:
    """What makes an account harder to take over, as far as the switched-on sections allow."""
    user, checks = request.user, []
    if state_of("personal-info.profile", request.portal_settings) != FeatureState.OFF:
        checks += [
            Check(
                _("E-mail address"),
                _("We tell you there when something happens to your account"),
                bool(user.email and user.email_verified_at),
                reverse("edit-contact", args=["email"]),
                _("Prove") if user.email else _("Add"),
            ),
            Check(
                _("Mobile number"),
                _("A second way to reach you"),
                bool(user.mobile and user.mobile_verified_at),
                reverse("edit-contact", args=["mobile"]),
                _("Prove") if user.mobile else _("Add"),
            ),
        ]
    if state_of("security.change-password", request.portal_settings) != FeatureState.OFF:
        checks.append(_password_check(user))
    if state_of(FEATURE, request.portal_settings) != FeatureState.OFF:
        checks += _factor_checks(user)
    return checks


def _factor_checks(user: User) -> list[Check]:
    """A second factor; and once there is one, a way in for the day it is lost."""
    have = enrolled(user)
    section = f"{reverse('security')}#{SECTION}"
    checks = [
        Check(
            _("Second factor"),
            _("A stolen password alone does not open your account"),
            bool(have.real),
            section if have.real else reverse("add-factor"),
            _("Manage") if have.real else _("Add"),
        )
    ]
    if have.real:
        checks.append(
            Check(
                _("Backup codes"),
                _("A way in on the day you have nothing else at hand"),
                have.codes_left >= FEW_BACKUP_CODES,
                reverse("make-backup-codes"),
                _("Make new codes") if have.codes_left else _("Make backup codes"),
            )
        )
    return checks


def _password_check(user: User) -> Check:
    since = user.password_changed_at or user.date_joined
    return Check(
        _("Password"),
        (_("Last changed on %(date)s") if user.password_changed_at else _("Not changed since %(date)s"))
        % {"date": formats.day(timezone.localtime(since))},
        timezone.now() - since < PASSWORD_IS_OLD_AFTER,
        reverse("edit-password"),
        _("Change"),
    )


def _load_this_session(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    login_session = cast("LoginSession", request.login_session)
    return {"row": row_of(login_session, of=request.user, current=login_session.uuid, now=timezone.now())}


def _load_activity(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = recent_events(request.user, now=timezone.now(), session_uuid=request.login_session.uuid)
    return {"rows": rows}


# The last is in the first column, the one before it in the second, and so on: waiting tasks add a row on top.
SECTIONS = (
    PENDING,
    Section(
        id="recent-activity",
        title=gettext_lazy("Recent activity"),
        explanation="",
        template="pages/sections/recent_activity.html",
        load=_load_activity,
        feature_id="overview.recent-activity",
    ),
    Section(
        id="check-up",
        title=gettext_lazy("Security check-up"),
        explanation="",
        template="pages/sections/check_up.html",
        load=_load_check_up,
        feature_id="overview.check-up",
    ),
    Section(
        id="this-session",
        title=gettext_lazy("This session"),
        explanation="",
        template="pages/sections/this_session.html",
        load=_load_this_session,
        feature_id="overview.this-session",
    ),
    Section(
        id="profile-completion",
        title=gettext_lazy("Profile"),
        explanation="",
        template="pages/sections/profile_completion.html",
        load=_load_completion,
        feature_id="overview.profile-completion",
    ),
)
