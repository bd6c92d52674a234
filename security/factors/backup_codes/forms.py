"""Forms of backup codes."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from myaccount.web.forms import PortalForm


class MakeCodesForm(PortalForm):
    """Which set the person saw when they asked for new codes; 0 for none."""

    replaces = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class SavedForm(PortalForm):
    """The promise that the codes are somewhere safe."""

    saved = forms.BooleanField(
        label=_("I have saved them"),
        error_messages={"required": _("Save the codes first: they are not shown again. Then tick the box.")},
    )
