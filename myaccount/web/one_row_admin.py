"""Settings that are one row, in Django admin: the list leads straight to the form, and nobody adds or deletes one."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from myaccount.web.services import ChangedMeanwhile

Row = TypeVar("Row", bound=Model)


class VersionedForm(forms.ModelForm[Any]):
    """Knows which version of the row it was opened with; the service that saves compares it (security 28)."""

    opened_version = forms.IntegerField(label="", widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["opened_version"] = self.instance.version


class OneRowAdmin(admin.ModelAdmin[Row], Generic[Row]):
    """The page of one row. What it is now comes from `current`, the defaults while nobody has saved one."""

    current: ClassVar[Any]  # a selector without arguments, as a staticmethod

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row | None:
        row: Row = self.current()
        return row if object_id == "1" else None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one row: straight to its form."""
        return self._to_form()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a form that was opened before somebody else saved with the row as it is now."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ChangedMeanwhile:
            text = _("Somebody else changed the settings meanwhile. Nothing was saved: look at them as they are now.")
            messages.error(request, text)
            return self._to_form()

    def response_change(self, request: HttpRequest, obj: Row) -> HttpResponse:
        """Back to the form: there is no list to go to."""
        messages.success(request, _("Saved."))
        return self._to_form()

    def _to_form(self) -> HttpResponse:
        meta = self.model._meta
        return HttpResponseRedirect(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[1]))
