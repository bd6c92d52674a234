"""The data controller, and what attributes are used for, in Django admin."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.purposes.models import Controller, Purpose, PurposeCategory
from consent.purposes.selectors import controller
from consent.purposes.services import change_controller, save_purpose
from myaccount.users.models import User
from myaccount.web.admin_forms import web_address
from myaccount.web.one_row_admin import OneRowAdmin, VersionedForm
from myaccount.web.requests import origin
from myaccount.web.services import ChangedMeanwhile


class ControllerForm(VersionedForm):
    """Who answers for the data, as receipts will name them."""

    url = web_address(gettext_lazy("Web address"))
    policy_url = web_address(gettext_lazy("Privacy policy"))

    class Meta:
        model = Controller
        fields = (
            "name", "contact", "email", "phone", "street", "locality", "region", "postal_code", "country", "url",
            "policy_url", "is_on_behalf", "jurisdiction", "receipt_years",
        )  # fmt: skip

    def clean_country(self) -> str:
        """Two letters, as receipts have it."""
        country: str = self.cleaned_data["country"].upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError(_("Give two letters, like DE."))
        return country


@admin.register(Controller)
class ControllerAdmin(OneRowAdmin[Controller]):
    """Who answers for the data."""

    form = ControllerForm
    current = staticmethod(controller)
    fieldsets = (
        (
            None,
            {
                "fields": ["name", "contact", "email", "phone", "url", "policy_url", "is_on_behalf", "opened_version"],
                "description": gettext_lazy(
                    "Who answers for the data: named on consent pages, and in each receipt as it is when issued. "
                    "A change here changes no receipt there is."
                ),
            },
        ),
        (gettext_lazy("Address"), {"fields": ["street", "postal_code", "locality", "region", "country"]}),
        (gettext_lazy("Receipts"), {"fields": ["jurisdiction", "receipt_years"]}),
    )

    def save_model(self, request: HttpRequest, obj: Controller, form: ModelForm[Any], change: Any) -> None:
        """Save, and write the event, in one transaction."""
        change_controller(
            new=obj,
            opened_version=form.cleaned_data["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )


class PurposeForm(VersionedForm):
    """What people read before they agree."""

    class Meta:
        model = Purpose
        fields = ("name", "description", "translations", "categories", "is_primary", "third_party")
        widgets = {"categories": forms.CheckboxSelectMultiple}


@admin.register(Purpose)
class PurposeAdmin(admin.ModelAdmin[Purpose]):
    """Purposes, each with the version its words have now."""

    form = PurposeForm
    list_display = ("name", "description", "third_party", "version")
    readonly_fields = ("version",)
    fieldsets = (
        (
            None,
            {
                "fields": ["name", "description", "translations", "categories", "is_primary", "third_party", "version",
                           "opened_version"],
                "description": gettext_lazy(
                    "Any change of this is a new version of the purpose. What people agreed to under the words before "
                    "is then no longer shared: at their next sign-in they are asked anew about mandatory attributes; "
                    "optional ones they switch on again themselves."
                ),
            },
        ),
    )  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Purpose | None = None) -> bool:
        """Decisions name purposes, and receipts go on naming them."""
        return False

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Answer a form that was opened before somebody else saved with the purpose as it is now."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except ChangedMeanwhile:
            return _as_it_is_now(request, "admin:consent_purpose_change", object_id)

    def save_model(self, request: HttpRequest, obj: Purpose, form: ModelForm[Any], change: Any) -> None:
        """Save, and write the event, in one transaction; say when it is a new version."""
        is_new_version = save_purpose(
            new=obj,
            categories=form.cleaned_data["categories"],
            opened_version=form.cleaned_data["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )
        if is_new_version:
            text = _("This is version %(version)s of the purpose. People are asked about it anew.")
            self.message_user(request, text % {"version": obj.version}, messages.WARNING)


@admin.register(PurposeCategory)
class PurposeCategoryAdmin(admin.ModelAdmin[PurposeCategory]):
    """Kinds of purposes, as receipts name them."""

    list_display = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: PurposeCategory | None = None) -> bool:
        """Every purpose has one."""
        return False


def _as_it_is_now(request: HttpRequest, url_name: str, key: object) -> HttpResponse:
    text = _("Somebody else changed this meanwhile. Nothing was saved: look at it as it is now.")
    messages.error(request, text)
    return HttpResponseRedirect(reverse(url_name, args=[key]))
