"""Changes to the shared person that no area owns."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.backends import normalize_password
from myaccount.users.models import User
from myaccount.users.names import validate_username
from myaccount.users.selectors import is_name_taken
from myaccount.users.signals import account_disabled


class NameTaken(Exception):  # noqa: N818
    """Somebody else signs in with this user name or proven e-mail address, in some spelling."""


@transaction.atomic
def set_language(*, user: User, language: str) -> None:
    """Remember the language a person wants to read, one of settings.LANGUAGES."""
    user.language = language
    user.save(update_fields=["language"])


@transaction.atomic
def create_person(
    *,
    username: str,
    origin: Origin,
    now: datetime,
    email: str = "",
    is_email_proven: bool = False,
    password: str = "",
    by: User | None = None,
) -> User:
    """Make an account. Without a password nobody can sign in with one until the person has set it.

    The password has passed the validators; the address was checked by the caller. Raises NameTaken
    when the user name or the address is another's user name or proven address in any spelling
    (security 29), and ValidationError for a user name that cannot be one.
    """
    validate_username(username)
    if is_name_taken(username) or (email and is_name_taken(email)):
        raise NameTaken
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                username,
                email,
                normalize_password(password) if password else None,
                email_verified_at=now if email and is_email_proven else None,
                date_joined=now,
            )
    except IntegrityError as error:
        raise NameTaken from error
    record(EventKind.ACCOUNT_CREATED, user=user, origin=origin, now=now, by=by)
    return user


@transaction.atomic
def rename(*, user: User, username: str, origin: Origin, now: datetime, by: User | None = None) -> bool:
    """Give a person another user name. False if it is the one they have. Raises NameTaken or ValidationError."""
    if username == user.username:
        return False
    validate_username(username)
    if is_name_taken(username, other_than=user):
        raise NameTaken
    try:
        with transaction.atomic():
            user.username = username
            user.save(update_fields=["username"])
    except IntegrityError as error:
        raise NameTaken from error
    record(EventKind.PROFILE_CHANGED, user=user, origin=origin, now=now, by=by, data={"claims": ["username"]})
    return True


@transaction.atomic
def disable(*, user: User, origin: Origin, now: datetime, by: User | None = None) -> bool:
    """Switch an account off: nobody signs in to it, and whoever is signed in is out at once (security 18).

    False if it was off already; then nothing is written.
    """
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return False
    user.is_active = False
    record(EventKind.ACCOUNT_DISABLED, user=user, origin=origin, now=now, by=by)
    account_disabled.send(User, user=user, by=by, origin=origin, now=now)
    return True


@transaction.atomic
def enable(*, user: User, origin: Origin, now: datetime, by: User | None = None) -> bool:
    """Switch an account on again; its person has to sign in anew. False if it was on already."""
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        return False
    user.is_active = True
    record(EventKind.ACCOUNT_ENABLED, user=user, origin=origin, now=now, by=by)
    return True


@transaction.atomic
def delete(*, user: User, origin: Origin, now: datetime, by: User | None = None) -> None:
    """Delete an account with everything that belongs to it; its sessions are over at once (security 18).

    Its events stay, under its public id.
    """
    record(EventKind.ACCOUNT_DELETED, user=user, origin=origin, now=now, by=by)
    user.delete()


@transaction.atomic
def set_rights(
    *,
    user: User,
    groups: Collection[Group],
    is_staff: bool,
    is_superuser: bool,
    origin: Origin,
    now: datetime,
    by: User,
) -> bool:
    """Give a person these roles and rights and no others. False if they had exactly these.

    Only somebody with all rights may: whoever could give rights could give themselves all of them.
    Raises PermissionError.
    """
    if not by.is_superuser:
        raise PermissionError("only a person with all rights changes rights")
    locked = User.objects.select_for_update().get(pk=user.pk)
    before = (set(locked.groups.values_list("pk", flat=True)), locked.is_staff, locked.is_superuser)
    if before == ({group.pk for group in groups}, is_staff, is_superuser):
        return False
    locked.groups.set(groups)
    user.is_staff, user.is_superuser = is_staff, is_superuser
    user.save(update_fields=["is_staff", "is_superuser"])
    roles = sorted(group.name for group in groups)
    data: dict[str, list[str] | bool] = {"roles": roles, "is_staff": is_staff, "is_superuser": is_superuser}
    record(EventKind.RIGHTS_CHANGED, user=user, origin=origin, now=now, by=by, data=data)
    return True
