"""Forms of the profile."""

from __future__ import annotations

from typing import Any
from unicodedata import decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from myaccount.claims.models import Claim
from myaccount.web.forms import PortalForm
from profile.values import form_field, stored_value


class AttributeForm(PortalForm):
    """One attribute, opened in its row. `opened_with` says which value the form was opened with."""

    opened_with = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, claim: Claim, region: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.claim = claim
        self._region = region
        self.fields["value"] = form_field(claim)

    def clean_value(self) -> str:
        """The value as it is stored."""
        return stored_value(self.claim, self.cleaned_data["value"], region=self._region)


class CodeForm(PortalForm):
    """The code that was sent."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "size": 10}
        ),
        error_messages={"required": _("Enter the code.")},
    )

    def clean_code(self) -> str:
        """Six digits of any script, as 0 to 9; spaces and dashes do not matter."""
        digits = "".join(str(decimal(c)) for c in self.cleaned_data["code"] if c.isdecimal())
        if len(digits) != 6:
            raise ValidationError(_("The code has six digits."))
        return digits


class PictureForm(PortalForm):
    """A picture to upload."""

    picture = forms.FileField(
        label=_("Image file"),
        help_text=_("JPEG, PNG, WebP or GIF, at most 5 MB. It is cut to a square."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty."),
            "missing": _("Choose a file."),
            "invalid": _("Choose a file."),
        },
    )
