"""Forms of account recovery."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

import profile.selectors as profiles
from myaccount.users.models import User
from myaccount.web.forms import PortalForm
from security.factors.fields import CodeField
from security.recovery.models import IDENTIFIER_MAX_LENGTH


class IdentifierForm(PortalForm):
    """Whose account it is."""

    identifier = forms.CharField(
        label=_("Username or e-mail address"),
        max_length=IDENTIFIER_MAX_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
        error_messages={"required": _("Enter your username or e-mail address.")},
    )


class AddressForm(PortalForm):
    """An e-mail address."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=IDENTIFIER_MAX_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
        error_messages={"required": _("Enter an e-mail address."), "invalid": _("This is not an e-mail address.")},
    )


class EmailRecoveryForm(PortalForm):
    """The e-mail address of the profile, as the way back in."""

    value = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("This will also update the e-mail address in your profile."),
        max_length=IDENTIFIER_MAX_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
        error_messages={"required": _("Enter an e-mail address."), "invalid": _("This is not an e-mail address.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, initial={"value": user.email}, **kwargs)


class SmsRecoveryForm(PortalForm):
    """The mobile number of the profile, as the way back in."""

    value = forms.CharField(
        label=_("Mobile number"),
        help_text=_("This will also update the mobile number in your profile."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel", "autofocus": True}),
        error_messages={"required": _("Enter your mobile number.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, initial={"value": profiles.shown_mobile(user)}, **kwargs)
        self._user = user

    def clean_value(self) -> str:
        """The number as it is stored."""
        return profiles.stored_mobile(self._user, self.cleaned_data["value"])


class SentCodeForm(PortalForm):
    """The code that was sent."""

    code = CodeField(has_focus=True)
