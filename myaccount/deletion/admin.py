"""Deleting accounts in Django admin: what administrators decide, and the accounts in their cooling-off period."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from myaccount.deletion import services
from myaccount.deletion.models import AccountDeletion, DeletionSettings, Ending
from myaccount.deletion.selectors import deletion_settings, is_administrator
from myaccount.deletion.settings import change_settings
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web.one_row_admin import OneRowAdmin, VersionedForm
from myaccount.web.read_only_admin import ReadOnlyAdmin
from myaccount.web.requests import origin


class DeletionSettingsForm(VersionedForm):
    """Each setting with what it does."""

    class Meta:
        model = DeletionSettings
        fields = ("cooling_off_days", "ending", "event_days")
        widgets = {"ending": forms.RadioSelect}
        help_texts = {
            "cooling_off_days": gettext_lazy(
                "1 to 90. Until then the account can be used by nobody, and its person can keep it by signing in. "
                "Deletions under way keep their day."
            ),
            "ending": gettext_lazy(
                "Erased, the account is gone. Made anonymous, an empty account stays, so that what refers to it goes "
                "on doing so. What is personal goes either way."
            ),
            "event_days": gettext_lazy(
                "30 to 7300, of all accounts; empty keeps them for ever. How long receipts are kept is set with the "
                "data controller."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ending"].choices = Ending.choices  # type: ignore[attr-defined]  # without the empty one


@admin.register(DeletionSettings)
class DeletionSettingsAdmin(OneRowAdmin[DeletionSettings]):
    """How people delete their accounts. Whether they can at all is a switch in the portal's settings."""

    form = DeletionSettingsForm
    current = staticmethod(deletion_settings)
    fieldsets = (
        (
            gettext_lazy("When people delete their own accounts"),
            {
                "fields": ["cooling_off_days", "ending", "opened_version"],
                "description": gettext_lazy(
                    "Whether they can is the switch “Delete account” in the portal settings; whether somebody has to "
                    "agree first is for workflows to say."
                ),
            },
        ),
        (gettext_lazy("What is kept of everybody"), {"fields": ["event_days"]}),
    )

    def save_model(self, request: HttpRequest, obj: DeletionSettings, form: ModelForm[Any], change: Any) -> None:
        """Save, and write the event, in one transaction."""
        change_settings(
            new=obj,
            opened_version=form.cleaned_data["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )


class KeepForm(forms.Form):
    """Why accounts are kept that their people wanted deleted."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("The person reads it in a mail.")
    )


@admin.register(AccountDeletion)
class AccountDeletionAdmin(ReadOnlyAdmin):
    """Accounts to be deleted, the next one first."""

    list_display = ("person", "requested_at", "erase_at", "is_held_back")
    list_select_related = ("user",)
    ordering = ("erase_at",)
    search_fields = ("user__username_key",)
    search_help_text = gettext_lazy("Username or proven e-mail address of the person, in full.")
    fields = ("user", "requested_at", "erase_at", "is_held_back")
    actions = ("keep_accounts",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccountDeletion], search_term: str
    ) -> tuple[QuerySet[AccountDeletion], bool]:
        """By person."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(user=find_by_identifier(search_term)), False

    @admin.display(description=gettext_lazy("person"))
    def person(self, deletion: AccountDeletion) -> str:
        """The user name."""
        return deletion.user.username

    @admin.display(description=gettext_lazy("held back: has rights in administration"), boolean=True)
    def is_held_back(self, deletion: AccountDeletion) -> bool:
        """Somebody who was given rights meanwhile is not deleted before these are taken away."""
        return is_administrator(deletion.user)

    @admin.action(description=gettext_lazy("Keep selected accounts"), permissions=["act"])
    def keep_accounts(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Asks for a reason, then cancels their deletion."""
        chosen = self.chosen(request, queryset.select_related("user"))
        form = KeepForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("Keep accounts"),
                "opts": self.opts,
                "rows": chosen,
                "form": form,
                "action_name": "keep_accounts",
            }
            return TemplateResponse(request, "admin/deletion/accountdeletion/keep_accounts.html", context)
        kept = sum(
            services.cancel(
                user=deletion.user,
                origin=origin(request),
                now=timezone.now(),
                by=cast("User", request.user),
                reason=form.cleaned_data["reason"],
            )
            for deletion in chosen
        )
        text = ngettext("%(count)s account is kept.", "%(count)s accounts are kept.", kept) % {"count": kept}
        self.message_user(request, text, messages.SUCCESS if kept else messages.INFO)
        return None
