"""Django admin behind the portal's own sign-in: one door, one set of rules."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from myaccount.web.errors import permission_denied


class PortalAdminConfig(AdminConfig):
    default_site = "myaccount.web.admin_site.PortalAdminSite"


class PortalAdminSite(admin.AdminSite):
    """Signs people in and out through the portal, so that every limit and later every factor holds here too."""

    site_title = _("Administration")
    site_header = _("My Account administration")
    index_title = _("What you can manage")
    site_url = "/myaccount/"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the portal's sign-in; a signed-in person without the right is told so."""
        if request.user.is_authenticated:
            return permission_denied(request, PermissionDenied(_("This page is for administrators.")))
        target = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': target})}")

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
    return HttpResponseRedirect(reverse("security"))
