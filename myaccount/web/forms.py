"""What all forms share: our templates, and text fields that refuse invisible characters."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext as _

from myaccount.users.names import has_forbidden_characters

# Joiners are part of emoji and of several scripts; alone they disguise nothing here. Emoji newer than Python's
# Unicode tables count as unassigned there, and a few flags are spelled with invisible tags.
_HARMLESS: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f|[\u200c\u200d\U0001f000-\U0001faff]")


class PortalFormRenderer(TemplatesSetting):
    """Renders forms and fields with the portal's own templates."""

    form_template_name = "forms/form.html"
    formset_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


class PortalForm(forms.Form):
    """The base of every form people see."""

    required_css_class = "is-required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False

    @property
    def has_errors(self) -> bool:
        """Whether it was sent and refused."""
        return self.is_bound and not self.is_valid()


def validate_visible(value: str, *, multiline: bool = False) -> None:
    """Refuse control and formatting characters, such as right-to-left marks, which make one text look like another.

    Raises ValidationError.
    """
    checked = value.replace("\r\n", " ").replace("\n", " ") if multiline else value
    if has_forbidden_characters(_HARMLESS.sub("", checked)):
        raise ValidationError(_("Remove the invisible characters from this text."), code="invisible")
