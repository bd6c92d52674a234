"""Changes to what administrators decide about deleting accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.deletion.models import DeletionSettings
from myaccount.deletion.selectors import deletion_settings
from myaccount.users.models import User
from myaccount.web.services import ChangedMeanwhile

_NOT_A_SETTING: Final = {"id", "version"}


@transaction.atomic
def change_settings(
    *, new: DeletionSettings, opened_version: int, by: User, origin: Origin, now: datetime
) -> list[str]:
    """Save the settings; they hold for what is asked for from now on. Returns the names of what changed.

    Raises ChangedMeanwhile when the stored row is not the one the form was opened with (security 28).
    """
    stored = DeletionSettings.objects.select_for_update().filter(pk=1).first() or deletion_settings()
    if stored.version != opened_version:
        raise ChangedMeanwhile
    names = [field.name for field in DeletionSettings._meta.concrete_fields if field.name not in _NOT_A_SETTING]
    changed = [name for name in names if getattr(stored, name) != getattr(new, name)]
    if changed:
        new.version = stored.version
        new.save()
        data = {"changed": changed}
        record(EventKind.DELETION_SETTINGS_CHANGED, user=None, by=by, origin=origin, now=now, data=data)
    return changed
