"""Forms of deleting an account."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from myaccount.web.forms import PortalForm


class DeleteAccountForm(PortalForm):
    """One deliberate act more than a click."""

    has_read = forms.BooleanField(
        label=_("I have read what goes and what stays."),
        error_messages={"required": _("Tick the box if you want to delete your account.")},
    )
