"""Changes to the administrators' settings of self-registration."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.contrib.auth.models import Group
from django.db import transaction

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.registration.models import RegistrationSettings
from myaccount.registration.selectors import registration_settings
from myaccount.users.models import User
from myaccount.web.services import ChangedMeanwhile

_NOT_A_SETTING: Final = {"id", "version"}


@transaction.atomic
def change_settings(
    *,
    new: RegistrationSettings,
    groups: Collection[Group] | None,
    opened_version: int,
    by: User,
    origin: Origin,
    now: datetime,
) -> list[str]:
    """Save the settings; they hold from the next request on. Returns the names of what changed.

    `groups`: None leaves them. Only somebody with all rights gives roles away: raises PermissionError. Raises
    ChangedMeanwhile when the stored row is not the one the form was opened with.
    """
    stored = RegistrationSettings.objects.select_for_update().filter(pk=1).first() or registration_settings()
    if stored.version != opened_version:
        raise ChangedMeanwhile
    names = [field.name for field in RegistrationSettings._meta.concrete_fields if field.name not in _NOT_A_SETTING]
    changed = [name for name in names if getattr(stored, name) != getattr(new, name)]
    before = set(stored.groups.values_list("pk", flat=True)) if stored.version else set()
    if groups is not None and before != {group.pk for group in groups}:
        if not by.is_superuser:
            raise PermissionError("only a person with all rights gives roles")
        changed.append("groups")
    if changed:
        new.version = stored.version
        new.save()
        if "groups" in changed:
            new.groups.set(groups or ())
        data = {"changed": changed}
        record(EventKind.REGISTRATION_SETTINGS_CHANGED, user=None, by=by, origin=origin, now=now, data=data)
    return changed
