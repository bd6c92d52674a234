"""Reads of the portal's own settings."""

from __future__ import annotations

from typing import Final

from myaccount.web.kept_queries import KeptRows
from myaccount.web.models import PortalSettings

_KEPT: Final = KeptRows(lambda: PortalSettings.objects.filter(pk=1))


def portal_settings() -> PortalSettings:
    """The row as it is now; the defaults where an administrator never saved one. One query."""
    return PortalSettings.objects.filter(pk=1).first() or PortalSettings(pk=1)


def shared_portal_settings() -> PortalSettings:
    """The same for reading only: the object is shared between requests. One query, but a quick one."""
    return next(iter(_KEPT.fetch()), None) or PortalSettings(pk=1)
