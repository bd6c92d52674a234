"""The registry of attributes in Django admin: custom ones are added here and appear at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.claims.models import Claim
from myaccount.claims.services import remove


@admin.register(Claim)
class ClaimAdmin(admin.ModelAdmin[Claim]):
    """Built-in attributes can be adapted and hidden; custom ones added, too, and removed with their values."""

    list_display = (
        "shown_label",
        "name",
        "type",
        "is_required",
        "is_read_only",
        "is_in_profile",
        "is_asked_at_registration",
        "is_custom",
    )
    sortable_by = ()
    search_fields = ("name", "label")
    ordering = ("order", "name")
    actions = None
    formfield_overrides = {
        models.JSONField: {"widget": forms.Textarea(attrs={"rows": 4, "cols": 60, "spellcheck": "false"})}
    }

    @admin.display(description=gettext_lazy("attribute"))
    def shown_label(self, obj: Claim) -> str:
        """The label people see."""
        return str(obj.shown_label)

    @admin.display(description=gettext_lazy("custom"), boolean=True)
    def is_custom(self, obj: Claim) -> bool:
        """Added by an administrator."""
        return not obj.is_built_in

    def get_fieldsets(self, request: HttpRequest, obj: Claim | None = None) -> Any:
        return [
            (None, {"fields": ["name", "type", "choices"]}),
            (_("Words"), {"fields": ["label", "help_text", "translations"]}),
            (_("Rules"), {"fields": ["is_required", "is_read_only", "pattern", "pattern_hint"]}),
            (_("Profile page"), {"fields": ["is_in_profile", "order"]}),
            (_("Self-registration"), {"fields": ["is_asked_at_registration"]}),
            (_("Names elsewhere"), {"fields": ["openid_name", "scim_path"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Claim | None = None) -> tuple[str, ...]:
        """Name and kind are fixed once there may be values: those would no longer fit."""
        if obj is None:
            return ()
        # What the organisation's directory or the person's groups say is not for people to change.
        return ("name", "type", "is_read_only") if obj.name in ("username", "role") else ("name", "type")

    def get_form(self, request: HttpRequest, obj: Claim | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 (Django's)
        """The portal has no word of its own for a custom attribute."""
        form = super().get_form(request, obj, change=change, **kwargs)
        label = form.base_fields.get("label")
        if label is not None and (obj is None or not obj.is_built_in):
            label.required = True
            label.help_text = _("What people read, unless there is a translation below.")
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Claim | None = None) -> bool:
        """Custom attributes only."""
        return bool(super().has_delete_permission(request, obj)) and (obj is None or not obj.is_built_in)

    def delete_model(self, request: HttpRequest, obj: Claim) -> None:
        """The values people had of it go too, in the background."""
        remove(claim=obj)
