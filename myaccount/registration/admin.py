"""Self-registration in Django admin: the settings, and the registrations there were."""

from __future__ import annotations

import re
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.registration.models import Registration, RegistrationSettings
from myaccount.registration.selectors import registration_settings, shown_attributes
from myaccount.registration.settings import change_settings
from myaccount.users.models import User
from myaccount.users.names import canonical_key
from myaccount.web.admin_forms import web_address
from myaccount.web.one_row_admin import OneRowAdmin, VersionedForm
from myaccount.web.read_only_admin import ReadOnlyAdmin
from myaccount.web.requests import origin
from profile.selectors import shown_attribute

_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


class RegistrationSettingsForm(VersionedForm):
    """Each setting with what it does and what it risks."""

    policy_url = web_address(gettext_lazy("Privacy policy or terms"))

    class Meta:
        model = RegistrationSettings
        fields = (
            "is_allowed", "domains", "is_email_the_username", "asks_captcha", "code_minutes", "groups", "text",
            "policy_url",
        )  # fmt: skip
        widgets = {
            "domains": forms.Textarea(attrs={"rows": 3, "cols": 40, "spellcheck": "false"}),
            "groups": forms.CheckboxSelectMultiple,
            "text": forms.Textarea(attrs={"rows": 4, "cols": 60}),
        }
        help_texts = {
            "is_allowed": gettext_lazy(
                "Anybody who reaches the portal can then ask for an account. Where a workflow holds “Self-register "
                "user”, nobody gets one before it is approved."
            ),
            "domains": gettext_lazy(
                "One a line, like example.org. Empty: of every domain. Subdomains count only if they are listed."
            ),
            "is_email_the_username": gettext_lazy("Nobody chooses a username: people sign in with their address."),
            "asks_captcha": gettext_lazy(
                "A sum the browser works out by itself, so that programs cannot register by the thousand, nor try out "
                "which usernames there are. It needs JavaScript. Without it, only the limits hold."
            ),
            "code_minutes": gettext_lazy(
                "5 to 1440. The longer, the longer a message that falls into wrong hands is of use."
            ),
            "groups": gettext_lazy(
                "Everybody who registers gets these. Only administrators with all rights choose them."
            ),
            "text": gettext_lazy("Who may register, and what for. Shown as it is, in every language."),
        }

    def clean_domains(self) -> str:
        """One a line, in the form in which they are compared."""
        domains = canonical_key(self.cleaned_data["domains"].replace(",", " ")).replace("@", "").split()
        for domain in domains:
            if not _DOMAIN.fullmatch(domain):
                raise ValidationError(_("This is not a domain: %(domain)s") % {"domain": domain})
        return "\n".join(dict.fromkeys(domains))


@admin.register(RegistrationSettings)
class RegistrationSettingsAdmin(OneRowAdmin[RegistrationSettings]):
    """Whether people may register themselves, and how."""

    form = RegistrationSettingsForm
    current = staticmethod(registration_settings)
    fieldsets = (
        (
            gettext_lazy("Who may register"),
            {
                "fields": ["is_allowed", "domains", "groups", "opened_version"],
                "description": gettext_lazy(
                    "Off until you turn it on. What people are asked for is marked in the registry of attributes."
                ),
            },
        ),
        (
            gettext_lazy("How it goes"),
            {"fields": ["is_email_the_username", "asks_captcha", "code_minutes", "text", "policy_url"]},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: RegistrationSettings | None = None) -> tuple[str, ...]:
        """Whoever could choose the roles of new people could give themselves any."""
        return () if request.user.is_superuser else ("groups",)

    def save_model(self, request: HttpRequest, obj: RegistrationSettings, form: ModelForm[Any], change: Any) -> None:
        """Save, and write the event, in one transaction."""
        change_settings(
            new=obj,
            groups=form.cleaned_data.get("groups"),
            opened_version=form.cleaned_data["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """The roles are saved with the rest."""


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    """Who asked for an account, the newest first. Neither hash nor code is shown (security 88)."""

    list_display = ("username", "email", "state", "started_at", "proven_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("username_key", "email_key")
    search_help_text = gettext_lazy("Username or e-mail address, in full.")
    ordering = ("-started_at",)
    fields = (
        "username", "email", "attributes", "state", "reason", "request_uuid", "language", "started_at", "proven_at",
        "ended_at", "ip", "user_agent", "uuid",
    )  # fmt: skip
    readonly_fields = ("attributes",)

    @admin.display(description=gettext_lazy("attributes"))
    def attributes(self, obj: Registration) -> SafeString:
        """What they said of themselves, while it waits."""
        rows = ((claim.shown_label, shown_attribute(claim, value)) for claim, value in shown_attributes(obj.values))
        return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str
    ) -> tuple[QuerySet[Registration], bool]:
        """By the whole name, in any spelling."""
        key = canonical_key(search_term)
        if not key:
            return queryset, False
        return queryset.filter(username_key=key) | queryset.filter(email_key=key), False
