"""The form a new device is given its name with."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from myaccount.web.forms import PortalForm
from security.factors.fields import NameField


class DeviceNameForm(PortalForm):
    """What the person wants to call the device."""

    name = NameField(
        label=_("Device name"),
        help_text=_("So that you know it from your others, such as “Blue key” or “Work laptop”."),
        error_messages={"required": _("Enter a name for the device.")},
    )
