"""The portal's settings in Django admin: one row, so the list leads straight to its form."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.users.models import User
from myaccount.web.admin_forms import SettingsForm, feature_fieldsets
from myaccount.web.models import PortalSettings
from myaccount.web.requests import origin
from myaccount.web.selectors import portal_settings
from myaccount.web.services import ChangedMeanwhile, change_settings


@admin.register(PortalSettings)
class PortalSettingsAdmin(admin.ModelAdmin[PortalSettings]):
    """Name and dress, how long a sign-in lasts, and what people see and may change."""

    form = SettingsForm
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PortalSettings | None = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> PortalSettings | None:
        """The row, or the defaults while nobody has saved one."""
        return portal_settings() if object_id == "1" else None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one row: straight to its form."""
        return HttpResponseRedirect(reverse("admin:web_portalsettings_change", args=[1]))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a form that was opened before somebody else saved with the settings as they are now."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ChangedMeanwhile:
            text = _("Somebody else changed the settings meanwhile. Nothing was saved: look at them as they are now.")
            messages.error(request, text)
            return HttpResponseRedirect(reverse("admin:web_portalsettings_change", args=[1]))

    def save_model(self, request: HttpRequest, obj: PortalSettings, form: ModelForm[Any], change: Any) -> None:
        """Save, and write the event, in one transaction."""
        change_settings(
            new=obj,
            opened_version=form.cleaned_data["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )
