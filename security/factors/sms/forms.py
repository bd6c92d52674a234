"""Forms of the SMS number."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

import profile.selectors as profiles
from myaccount.users.models import User
from myaccount.web.forms import PortalForm
from security.factors.fields import CodeField


class SmsNumberForm(PortalForm):
    """The mobile number codes are sent to; the same as in the profile."""

    mobile = forms.CharField(
        label=_("Mobile number"),
        help_text=_("This will also update the mobile number in your profile."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel", "autofocus": True}),
        error_messages={"required": _("Enter your mobile number.")},
    )

    def __init__(self, *args: Any, user: User, can_change: bool, **kwargs: Any) -> None:
        super().__init__(*args, initial={"mobile": profiles.shown_mobile(user)}, **kwargs)
        self._user = user
        if not can_change:
            self.fields["mobile"].disabled = True
            self.fields["mobile"].help_text = _("Your organisation sets it.")

    def clean_mobile(self) -> str:
        """The number as it is stored."""
        return profiles.stored_mobile(self._user, self.cleaned_data["mobile"])


class SmsCodeForm(PortalForm):
    """The code that was sent to the number."""

    code = CodeField(has_focus=True)
