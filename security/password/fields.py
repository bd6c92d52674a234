"""The field of a new password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from security.password.validators import MIN_LENGTH


class NewPasswordField(forms.CharField):
    """Says how long it has to be; where script runs, also how much is missing while somebody types."""

    min_characters = MIN_LENGTH

    def __init__(self, *, label: Any, required: Any) -> None:
        attrs = {"autocomplete": "new-password", "spellcheck": "false"}
        super().__init__(
            label=label,
            strip=False,
            help_text=format_lazy(
                _("At least {count} characters. Several words make a good one."), count=self.min_characters
            ),
            widget=forms.PasswordInput(attrs=attrs),
            error_messages={"required": required},
        )
