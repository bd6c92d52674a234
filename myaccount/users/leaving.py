"""Whose accounts are about to be deleted: nobody waits for them any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from myaccount.users.models import User

Leaving = Callable[[], QuerySet[Any, Any]]
_leaving: list[Leaving] = []


def register_leaving(find: Leaving) -> None:
    """Let `find` say who is leaving: a query of ids."""
    _leaving[:] = [find]


def active_people() -> QuerySet[User]:
    """Those who can sign in and go on: neither switched off nor about to be deleted."""
    people = User.objects.filter(is_active=True)
    for find in _leaving:
        people = people.exclude(pk__in=find())
    return people
