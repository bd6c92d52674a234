"""What the forms of several factors ask for: a code of six digits, and a name."""

from __future__ import annotations

from typing import Any
from unicodedata import decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from myaccount.web.forms import validate_visible
from security.factors.models import NAME_MAX_LENGTH

_BETWEEN = " -\u00a0\u2009\u202f\u2010\u2011\u2013"  # people and apps set spaces and dashes into codes


def six_digits(text: str) -> str:
    """The six digits of a code, of any script, as 0 to 9; empty if it is none. Spaces and dashes do not matter."""
    bare = [character for character in text.strip() if character not in _BETWEEN]
    if len(bare) != 6 or not all(character.isdecimal() for character in bare):
        return ""
    return "".join(str(decimal(character)) for character in bare)


class CodeField(forms.CharField):
    """A code of six digits, as an app shows it or a message brings it."""

    def __init__(self, *, has_focus: bool = False, **kwargs: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "size": 10}
        if has_focus:
            attrs["autofocus"] = True
        given = {
            "label": _("Code"),
            "max_length": 20,
            "widget": forms.TextInput(attrs=attrs),
            "error_messages": {"required": _("Enter the code.")},
        }
        super().__init__(**{**given, **kwargs})

    def clean(self, value: Any) -> str:
        """Six digits as 0 to 9."""
        digits = six_digits(super().clean(value))
        if not digits:
            raise ValidationError(_("The code has six digits."))
        return digits


class NameField(forms.CharField):
    """What the person calls a factor, to tell it from their others."""

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "label": _("Name"),
            "max_length": NAME_MAX_LENGTH,
            "widget": forms.TextInput(attrs={"autocomplete": "off"}),
            "error_messages": {"required": _("Enter a name.")},
        }
        super().__init__(**{**given, **kwargs})

    def clean(self, value: Any) -> str:
        """The name without spaces around it, and without characters nobody sees."""
        name: str = super().clean(value)
        validate_visible(name)
        return name
