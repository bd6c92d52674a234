"""The portal's settings in Django admin."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.users.models import User
from myaccount.web.admin_forms import SettingsForm, feature_fieldsets
from myaccount.web.models import PortalSettings
from myaccount.web.one_row_admin import OneRowAdmin
from myaccount.web.requests import origin
from myaccount.web.selectors import portal_settings
from myaccount.web.services import change_settings


@admin.register(PortalSettings)
class PortalSettingsAdmin(OneRowAdmin[PortalSettings]):
    """Name and dress, how long a sign-in lasts, and what people see and may change."""

    form = SettingsForm
    current = staticmethod(portal_settings)
    readonly_fields = ("logo_in_use",)

    def get_fieldsets(self, request: HttpRequest, obj: PortalSettings | None = None) -> Any:
        dress = [
            "product_name",
            "accent_color",
            "use_standard_color",
            *(["logo_in_use"] if obj and obj.logo else []),
            "new_logo",
            "support_url",
            "footer",
            "opened_version",
        ]
        features = feature_fieldsets()
        features[0][1]["description"] = _(
            "For this page and the ones below: “Off” hides a page or section, and its addresses answer “not found”. "
            "“Read-only” shows it, but people can change nothing there. "
            "A section never allows more than its page."
        )
        return [
            (_("Name and dress"), {"fields": dress}),
            (_("Signing in"), {"fields": ["session_idle_minutes", "session_absolute_hours"]}),
            (_("Profile"), {"fields": ["prove_contact_changes"]}),
            *features,
        ]

    @admin.display(description=gettext_lazy("Logo in use"))
    def logo_in_use(self, obj: PortalSettings) -> SafeString:
        """The logo as the portal shows it."""
        return format_html('<img src="{}?v={}" alt="" height="36">', reverse("logo"), obj.version)

    def save_model(self, request: HttpRequest, obj: PortalSettings, form: ModelForm[Any], change: Any) -> None:
        """Save, and write the event, in one transaction."""
        change_settings(
            new=obj,
            opened_version=form.cleaned_data["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )
