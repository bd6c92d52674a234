"""Forms of authenticator apps."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from myaccount.web.forms import PortalForm
from security.factors.fields import CodeField, NameField


class RegenerateTotpForm(PortalForm):
    """The first code of a new secret."""

    code = CodeField(label=_("Code that the app shows"))


class AddTotpForm(RegenerateTotpForm):
    """A new app: what it is called, and its first code."""

    name = NameField(
        label=_("Name of the app"), help_text=_("So that you know it from your others, such as “My phone”.")
    )
    field_order = ["name", "code"]
