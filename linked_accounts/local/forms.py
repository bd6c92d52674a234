"""Forms of linked accounts."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from myaccount.web.forms import PortalForm


class AddAccountForm(PortalForm):
    """The username and the password of the account to be linked."""

    identifier = forms.CharField(
        label=_("Username"),
        max_length=254,
        help_text=_("Or its proven e-mail address."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
        error_messages={"required": _("Enter the username of the other account.")},
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the password of the other account.")},
    )
