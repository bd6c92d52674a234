"""Reads of the portal's own settings."""

from __future__ import annotations

from myaccount.web.models import PortalSettings


def portal_settings() -> PortalSettings:
    """The row as it is now; the defaults where an administrator never saved one. One query."""
    return PortalSettings.objects.filter(pk=1).first() or PortalSettings(pk=1)
