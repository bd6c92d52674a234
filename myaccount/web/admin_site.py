"""Django admin behind the portal's own sign-in: one door, one set of rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.users.models import User
from myaccount.web.errors import permission_denied
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import redirect_to_sign_in

# How the index groups what it lists, by model; what is not named here follows under its app's own name.
_GROUPS: Final = (
    (
        "people",
        gettext_lazy("People"),
        (
            "users.User",
            "auth.Group",
            "claims.Claim",
            "sessions_app.LoginSession",
            "registration.Registration",
            "deletion.AccountDeletion",
        ),
    ),
    (
        "portal",
        gettext_lazy("The portal"),
        (
            "web.PortalSettings",
            "security.SignInPolicy",
            "security.AuthenticationChain",
            "security.RecoverySettings",
            "security.QuestionSet",
            "registration.RegistrationSettings",
            "deletion.DeletionSettings",
        ),
    ),
    (
        "applications",
        gettext_lazy("Applications and consent"),
        (
            "consent.Application",
            "consent.Consent",
            "consent.ConsentReceipt",
            "consent.Controller",
            "consent.Purpose",
            "consent.PurposeCategory",
        ),
    ),
    (
        "approvals",
        gettext_lazy("Approvals"),
        ("approvals.Workflow", "approvals.ApprovalRequest"),
    ),
    (
        "linked",
        gettext_lazy("Linked accounts"),
        ("linked_accounts.LocalLink", "linked_accounts.IdentityProvider", "linked_accounts.FederatedIdentity"),
    ),
    (
        "record",
        gettext_lazy("What happened, and what is on its way"),
        ("activity.Event", "outbox.Message", "schedule.JobRun"),
    ),
)

Guard = Callable[[HttpRequest, User], HttpResponse | None]
_guards: list[Guard] = []


def register_guard(guard: Guard) -> None:
    """Let `guard` send an administrator elsewhere before any page of administration opens."""
    if guard not in _guards:
        _guards.append(guard)


class PortalAdminSite(admin.AdminSite):
    """Signs people in and out through the portal, so that every limit and later every factor holds here too."""

    site_title = gettext_lazy("Administration")
    index_title = gettext_lazy("What you can manage")
    site_url = "/myaccount/"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's)
        """Send strangers to the portal's sign-in and tell everybody else without the right so."""
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_sign_in(request)
            if not self.has_permission(request):
                return permission_denied(request, PermissionDenied(_("This page is for administrators.")))
            first = next(filter(None, (guard(request, request.user) for guard in _guards)), None)
            response: HttpResponse = first or inner(request, *args, **kwargs)
            return response

        return guarded

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is no sign-in page here: the index leads strangers to the portal's."""
        return HttpResponseRedirect(reverse("admin:index"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Under the product's own name."""
        name = cast("PortalRequest", request).portal_settings.product_name
        header = _("%(product_name)s administration") % {"product_name": name}
        return {**super().each_context(request), "site_header": header}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """On the index and in the side bar, grouped as people think of it rather than by where the code is."""
        apps: list[Any] = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {f"{app['app_label']}.{model['object_name']}": model for app in apps for model in app["models"]}
        groups = [
            {
                "name": name,
                "app_label": label,
                "app_url": f"{reverse('admin:index')}#{label}",
                "has_module_perms": True,
                "models": [models.pop(key) for key in keys if key in models],
            }
            for label, name, keys in _GROUPS
        ]
        for app in apps:
            app["models"] = [m for m in app["models"] if f"{app['app_label']}.{m['object_name']}" in models]
        return [group for group in [*groups, *apps] if group["models"]]

    def get_urls(self) -> list[Any]:
        """Without Django's own pages for sign-out and passwords: the portal's are the only ones."""
        own = {"logout", "password_change", "password_change_done"}
        return [
            path("logout/", sign_out_elsewhere, name="logout"),
            path("password_change/", password_elsewhere, name="password_change"),
            *(url for url in super().get_urls() if getattr(url, "name", None) not in own),
        ]


def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """Admin's "Log out" posts here: repeat the POST at the portal's sign-out."""
    return HttpResponseRedirect(reverse("sign-out"), preserve_request=True)


def password_elsewhere(request: HttpRequest) -> HttpResponse:
    """Admin's "Change password" leads to the portal's."""
    return HttpResponseRedirect(reverse("edit-password"))
