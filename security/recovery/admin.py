"""The switches of account recovery in Django admin."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from myaccount.users.models import User
from myaccount.web.one_row_admin import OneRowAdmin, VersionedForm
from myaccount.web.requests import origin
from security.recovery.models import CaptchaUse, RecoverySettings
from security.recovery.selectors import recovery_settings
from security.recovery.settings import change_settings


class RecoverySettingsForm(VersionedForm):
    """Each switch with what it does and what it risks."""

    class Meta:
        model = RecoverySettings
        fields = (
            "question_recovery", "email_recovery", "sms_recovery", "username_recovery", "captcha", "min_answers",
            "ask_together", "email_before_questions", "link_minutes", "notify_on_success", "waiting_hours",
        )  # fmt: skip
        widgets = {"captcha": forms.RadioSelect}
        help_texts = {
            "question_recovery": gettext_lazy(
                "People answer questions they have chosen. Answers can often be guessed or found: "
                "leave it off unless people have no address and no number."
            ),
            "email_recovery": gettext_lazy(
                "A code and a link go to the person's proven addresses. Whoever reads their mail gets in, "
                "unless they have a second factor: that is asked for in any case."
            ),
            "sms_recovery": gettext_lazy(
                "A code goes to the person's proven mobile number. Numbers can be taken over, and each code costs a "
                "message."
            ),
            "username_recovery": gettext_lazy(
                "Tells the username to the address it belongs to. Whoever reads that mail learns it, and nothing more."
            ),
            "captcha": gettext_lazy(
                "A sum the browser works out by itself, so that programs cannot ask for thousands of accounts. "
                "It needs JavaScript; nobody outside is asked. Without it, only the limits hold."
            ),
            "min_answers": gettext_lazy("How many questions have to be answered right. The more, the harder to guess."),
            "ask_together": gettext_lazy(
                "All on one page. Otherwise one after the other, which tells less to somebody who is guessing."
            ),
            "email_before_questions": gettext_lazy(
                "Questions alone then open no account. Without this, whoever knows the answers gets in."
            ),
            "link_minutes": gettext_lazy(
                "5 to 1440. The longer, the longer a message that falls into wrong hands is of use. "
                "Codes by text message always work for 10 minutes."
            ),
            "notify_on_success": gettext_lazy(
                "A mail to every proven address, with what to do if it was not them. Leave it on: it is how people "
                "notice that somebody else got in."
            ),
            "waiting_hours": gettext_lazy(
                "1 to 720. Who has lost every second factor waits this long; all their addresses are told, "
                "and each message has a link to stop it."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["captcha"].choices = CaptchaUse.choices  # type: ignore[attr-defined]  # without the empty one


@admin.register(RecoverySettings)
class RecoverySettingsAdmin(OneRowAdmin[RecoverySettings]):
    """How people may get back into their accounts."""

    form = RecoverySettingsForm
    current = staticmethod(recovery_settings)
    fieldsets = (
        (
            gettext_lazy("Ways back in"),
            {
                "fields": [
                    "question_recovery",
                    "email_recovery",
                    "sms_recovery",
                    "username_recovery",
                    "opened_version",
                ],
                "description": gettext_lazy(
                    "Off until you turn them on. What is on is offered to everybody on the sign-in page, and works for "
                    "those who have set it up."
                ),
            },
        ),
        (gettext_lazy("Security questions"), {"fields": ["email_before_questions", "min_answers", "ask_together"]}),
        (
            gettext_lazy("How it goes"),
            {"fields": ["captcha", "link_minutes", "notify_on_success", "waiting_hours"]},
        ),
    )

    def save_model(self, request: HttpRequest, obj: RecoverySettings, form: ModelForm[Any], change: Any) -> None:
        """Save, and write the event, in one transaction."""
        change_settings(
            new=obj,
            opened_version=form.cleaned_data["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )
