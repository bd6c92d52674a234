"""Changes to the controller and the purposes, by administrators."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction

from consent.purposes.models import Controller, Purpose, PurposeCategory
from consent.purposes.selectors import controller
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from myaccount.web.services import ChangedMeanwhile

_NOT_A_SETTING: Final = {"id", "version"}
SAYING: Final = ("name", "description", "translations", "is_primary", "third_party")  # what people read and agree to


@transaction.atomic
def change_controller(*, new: Controller, opened_version: int, by: User, origin: Origin, now: datetime) -> list[str]:
    """Save who answers for the data. Receipts issued so far keep what they say. Returns the names of what changed.

    Raises ChangedMeanwhile when the stored row is not the one the form was opened with.
    """
    stored = Controller.objects.select_for_update().filter(pk=1).first() or controller()
    if stored.version != opened_version:
        raise ChangedMeanwhile
    names = [field.name for field in Controller._meta.concrete_fields if field.name not in _NOT_A_SETTING]
    changed = [name for name in names if getattr(stored, name) != getattr(new, name)]
    if changed:
        new.version = stored.version
        new.save()
        record(EventKind.CONTROLLER_CHANGED, user=None, by=by, origin=origin, now=now, data={"changed": changed})
    return changed


@transaction.atomic
def save_purpose(
    *,
    new: Purpose,
    categories: Collection[PurposeCategory],
    opened_version: int,
    by: User,
    origin: Origin,
    now: datetime,
) -> bool:
    """Save a purpose. Another wording, other categories or another third party make a new version: what was agreed to
    before no longer counts, and people are asked anew. Whether it is a new version.

    Raises ChangedMeanwhile when the stored row is not the one the form was opened with.
    """
    stored = Purpose.objects.select_for_update().filter(pk=new.pk).first()
    if stored is not None and stored.version != opened_version:
        raise ChangedMeanwhile
    before = set(stored.categories.values_list("pk", flat=True)) if stored else set()
    changed = [name for name in SAYING if stored is not None and getattr(stored, name) != getattr(new, name)]
    if stored is not None and before != {category.pk for category in categories}:
        changed.append("categories")
    if changed:
        new.version = opened_version + 1
    new.save()
    new.categories.set(categories)
    if changed or stored is None:
        record(
            EventKind.CONTROLLER_CHANGED,
            user=None,
            by=by,
            origin=origin,
            now=now,
            data={"purpose": new.name, "changed": changed, "version": new.version},
        )
    return bool(changed)
