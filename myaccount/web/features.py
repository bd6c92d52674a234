"""Pages and sections an administrator can switch off or make read-only, enforced for their URLs too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.web.models import PortalSettings
from myaccount.web.requests import PortalRequest

P = ParamSpec("P")


class FeatureState(StrEnum):
    """What people can do with a page or section."""

    ON = "on"
    READ_ONLY = "read-only"
    OFF = "off"


@dataclass(frozen=True)
class Feature:
    """A page or a section; a section's id begins with its page's."""

    id: str
    label: str | Promise
    changes_something: bool = True

    @property
    def page_id(self) -> str:
        return self.id.split(".")[0]


FEATURES: Final = (
    Feature("overview", gettext_lazy("Overview"), changes_something=False),
    Feature("overview.profile-completion", gettext_lazy("Profile completion"), changes_something=False),
    Feature("overview.check-up", gettext_lazy("Security check-up"), changes_something=False),
    Feature("overview.this-session", gettext_lazy("This session"), changes_something=False),
    Feature("overview.recent-activity", gettext_lazy("Recent activity"), changes_something=False),
    Feature("personal-info", gettext_lazy("Personal info")),
    Feature("personal-info.profile", gettext_lazy("Profile")),
    Feature("personal-info.picture", gettext_lazy("Profile picture")),
    Feature("personal-info.linked-accounts", gettext_lazy("Linked accounts")),
    Feature("personal-info.export", gettext_lazy("Export profile"), changes_something=False),
    Feature("personal-info.delete-account", gettext_lazy("Delete account")),
    Feature("security", gettext_lazy("Security")),
    Feature("security.change-password", gettext_lazy("Change password")),
    Feature("security.recovery", gettext_lazy("Account recovery")),
    Feature("security.multi-factor", gettext_lazy("Multi-factor authentication")),
    Feature("security.active-sessions", gettext_lazy("Active user sessions")),
    Feature("security.manage-consent", gettext_lazy("Manage consent")),
    Feature("security.history", gettext_lazy("Security history"), changes_something=False),
    Feature("applications", gettext_lazy("Applications")),
    Feature("applications.open", gettext_lazy("Applications you can open")),
    Feature("applications.authorized", gettext_lazy("Authorized applications")),
    Feature("approvals", gettext_lazy("Approvals")),
    Feature("approvals.tasks", gettext_lazy("Approval tasks")),
    Feature("approvals.requests", gettext_lazy("My requests")),
)
BY_ID: Final = {feature.id: feature for feature in FEATURES}


def state_of(feature_id: str, portal_settings: PortalSettings) -> FeatureState:
    """A feature's state; a section is never freer than its page. Unknown stored states count as off."""
    order = [FeatureState.OFF, FeatureState.READ_ONLY, FeatureState.ON]
    ids = {feature_id, BY_ID[feature_id].page_id}
    states = [portal_settings.features.get(i, FeatureState.ON) for i in ids]
    return min((s if s in order else FeatureState.OFF for s in states), key=lambda s: order.index(FeatureState(s)))


def part_of(
    feature_id: str,
) -> Callable[
    [Callable[Concatenate[PortalRequest, P], HttpResponseBase]],
    Callable[Concatenate[PortalRequest, P], HttpResponseBase],
]:
    """Declare which feature a view belongs to: 404 while it is off, 403 for a POST that would change something while
    it is read-only."""
    if feature_id not in BY_ID:
        raise ValueError(f"no feature is called {feature_id}")

    def decorate(
        view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[PortalRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            state = state_of(feature_id, request.portal_settings)
            if state == FeatureState.OFF:
                raise Http404
            is_change = request.method == "POST" and BY_ID[feature_id].changes_something
            if state == FeatureState.READ_ONLY and is_change:
                raise PermissionDenied(_("Your organisation lets you see this, but not change it."))
            return view(request, *args, **kwargs)

        guarded.feature_id = feature_id  # type: ignore[attr-defined]
        return guarded

    return decorate


def choices_for(feature: Feature) -> list[tuple[str, Any]]:
    """What an administrator can choose for a feature."""
    choices = [(FeatureState.ON.value, gettext_lazy("On")), (FeatureState.OFF.value, gettext_lazy("Off"))]
    if feature.changes_something:
        choices.insert(1, (FeatureState.READ_ONLY.value, gettext_lazy("Read-only")))
    return choices
