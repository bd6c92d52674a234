"""The form that changes a password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from myaccount.users.backends import normalize_password
from myaccount.users.models import User
from myaccount.web.forms import PortalForm
from security.password.fields import NewPasswordField
from security.password.validators import MAX_LENGTH


class NewPasswordForm(PortalForm):
    """A new password, and the new one once more."""

    new_password = NewPasswordField(label=_("New password"), required=_("Enter a new password."))
    confirm_new_password = forms.CharField(
        label=_("Confirm new password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        error_messages={"required": _("Enter the new password once more.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_new_password(self) -> str:
        """Refuse what the policy does not allow, naming every reason."""
        password = normalize_password(self.cleaned_data["new_password"])
        if len(password) <= MAX_LENGTH:
            validate_password(password, self._user)
        else:
            raise ValidationError(_("It is too long: use at most %(count)s characters.") % {"count": MAX_LENGTH})
        return password

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        new, again = values.get("new_password"), values.get("confirm_new_password")
        if new and again and new != normalize_password(again):
            self.add_error("confirm_new_password", _("The two new passwords are not the same."))
        return values


class ChangePasswordForm(NewPasswordForm):
    """Current password, new password, and the new one once more."""

    field_order = ["current_password"]

    current_password = forms.CharField(
        label=_("Current password"),
        max_length=MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your current password.")},
    )
