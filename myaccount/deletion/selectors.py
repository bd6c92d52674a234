"""Reads about deleting accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from consent.consents.authorized import names_of_authorized
from consent.purposes.selectors import controller
from myaccount.deletion.models import AccountDeletion, DeletionSettings, Ending
from myaccount.users.models import User
from myaccount.web import formats


@dataclass(frozen=True)
class Outlook:
    """What deleting an account would mean, as the page tells it before anything is asked for."""

    days: int
    day: str
    is_made_anonymous: bool
    applications: list[str]
    receipt_years: int
    event_days: int | None
    is_administrator: bool


def deletion_settings() -> DeletionSettings:
    """The row as it is now; the defaults where an administrator never saved one. One query."""
    return DeletionSettings.objects.filter(pk=1).first() or DeletionSettings(pk=1)


def under_way(user: User) -> AccountDeletion | None:
    """The deletion of this account, if it is in its cooling-off period. One query."""
    return AccountDeletion.objects.filter(user=user).first()


def leaving() -> QuerySet[AccountDeletion, Any]:
    """The ids of those whose accounts are in their cooling-off period."""
    return AccountDeletion.objects.values("user")


def is_administrator(user: User) -> bool:
    """Whether the account has rights in administration: then it is not deleted before another has taken them away."""
    return user.is_staff or user.is_superuser


def outlook(user: User, *, now: datetime) -> Outlook:
    """What the page of deleting an account says. Three queries."""
    settings = deletion_settings()
    return Outlook(
        days=settings.cooling_off_days,
        day=day_of(now + timedelta(days=settings.cooling_off_days)),
        is_made_anonymous=settings.ending == Ending.MAKE_ANONYMOUS,
        applications=names_of_authorized(user, now=now),
        receipt_years=controller().receipt_years,
        event_days=settings.event_days,
        is_administrator=is_administrator(user),
    )


def day_of(moment: datetime) -> str:
    """The day of a deletion as the person reads it, in their time zone and language."""
    return formats.day(timezone.localtime(moment))
