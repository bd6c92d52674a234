"""Changes to the portal's own settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from myaccount.web.selectors import portal_settings

_NOT_A_SETTING: Final = {"id", "version", "features"}


class ChangedMeanwhile(Exception):  # noqa: N818
    """Somebody else saved the settings since the form was opened."""


@transaction.atomic
def change_settings(*, new: PortalSettings, opened_version: int, by: User, origin: Origin, now: datetime) -> list[str]:
    """Save the portal's settings; they hold from the next request on. Returns the names of what changed.

    The event names what changed, never the values. Raises ChangedMeanwhile when the stored row is
    not the one the form was opened with (security 28).
    """
    stored = PortalSettings.objects.select_for_update().filter(pk=1).first() or portal_settings()
    if stored.version != opened_version:
        raise ChangedMeanwhile
    changed = _differences(stored, new)
    if changed:
        new.version = stored.version
        new.save()
        record(EventKind.SETTINGS_CHANGED, user=None, by=by, origin=origin, now=now, data={"changed": changed})
    return changed


def _differences(old: PortalSettings, new: PortalSettings) -> list[str]:
    names = [field.name for field in PortalSettings._meta.concrete_fields if field.name not in _NOT_A_SETTING]
    changed = [name for name in names if _comparable(old, name) != _comparable(new, name)]
    features = {*old.features, *new.features}
    return changed + sorted(f"features.{id_}" for id_ in features if old.features.get(id_) != new.features.get(id_))


def _comparable(row: PortalSettings, name: str) -> Any:
    value = getattr(row, name)
    return bytes(value) if isinstance(value, memoryview) else value
