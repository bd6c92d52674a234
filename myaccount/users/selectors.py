"""Reads about people."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from myaccount.users.models import User
from myaccount.users.names import canonical_key, has_forbidden_characters


def find_by_identifier(identifier: str) -> User | None:
    """The person a user name or proven e-mail address belongs to, in any spelling. A user name wins over an address."""
    key = canonical_key(identifier)
    if not key or has_forbidden_characters(key):  # no name has them, and no database takes a NUL
        return None
    found = list(User.objects.filter(Q(username_key=key) | Q(email_key=key))[:2])
    return next((user for user in found if user.username_key == key), found[0] if found else None)


def find_by_uuid(uuid: UUID | None, *, is_locked: bool = False) -> User | None:
    """The person with this id; locked, nobody else changes them until this transaction is over."""
    people = User.objects.select_for_update() if is_locked else User.objects.all()
    return people.filter(uuid=uuid).first() if uuid else None


def is_name_taken(name: str, *, other_than: User | None = None) -> bool:
    """Whether somebody else signs in with this user name or e-mail address, in any spelling."""
    key = canonical_key(name)
    taken = User.objects.filter(Q(username_key=key) | Q(email_key=key))
    return (taken.exclude(pk=other_than.pk) if other_than else taken).exists()
