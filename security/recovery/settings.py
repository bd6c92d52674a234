"""Changes to the administrators' switches of account recovery."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from myaccount.web.services import ChangedMeanwhile
from security.recovery.models import RecoverySettings
from security.recovery.selectors import recovery_settings

_NOT_A_SETTING: Final = {"id", "version"}


@transaction.atomic
def change_settings(
    *, new: RecoverySettings, opened_version: int, by: User, origin: Origin, now: datetime
) -> list[str]:
    """Save the switches; they hold from the next request on, in every worker. Returns the names of what changed.

    Raises ChangedMeanwhile when the stored row is not the one the form was opened with.
    """
    stored = RecoverySettings.objects.select_for_update().filter(pk=1).first() or recovery_settings()
    if stored.version != opened_version:
        raise ChangedMeanwhile
    names = [field.name for field in RecoverySettings._meta.concrete_fields if field.name not in _NOT_A_SETTING]
    changed = [name for name in names if getattr(stored, name) != getattr(new, name)]
    if changed:
        new.version = stored.version
        new.save()
        data = {"changed": changed}
        record(EventKind.RECOVERY_SETTINGS_CHANGED, user=None, by=by, origin=origin, now=now, data=data)
    return changed
