"""Forms that factors share."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from myaccount.web.forms import PortalForm, validate_visible
from security.factors.models import NAME_MAX_LENGTH


class NameForm(PortalForm):
    """What the person calls one of their factors."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_MAX_LENGTH,
        help_text=_("So that you know it from your others, such as “Work phone”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": _("Enter a name.")},
        validators=[validate_visible],
    )
