"""Changes to the shared person that no area owns."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import CASCADE, ManyToOneRel, Model

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.backends import normalize_password
from myaccount.users.models import User
from myaccount.users.names import validate_username
from myaccount.users.rights import may_give_rights
from myaccount.users.selectors import is_name_taken
from myaccount.users.signals import account_disabled, account_erased, account_erasing

ANONYMOUS: Final = "deleted-"  # begins the user names of accounts that were made anonymous


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
    password_hash: str = "",
    language: str = "",
    by: User | None = None,
) -> User:
    """Make an account. Without a password nobody can sign in with one until the person has set it.

    The password has passed the validators; `password_hash` is one that has, hashed by `backends.hashed` while the
    account was still waiting to be made. The address was checked by the caller. Raises NameTaken
    when the user name or the address is another's user name or proven address in any spelling
    (security 29), and ValidationError for a user name that cannot be one.
    """
    validate_username(username)
    if is_name_taken(username) or (email and is_name_taken(email)):
        raise NameTaken
    try:
        with transaction.atomic():
            user = User(
                username=username,
                email=email,
                password=password_hash or make_password(normalize_password(password) if password else None),
                email_verified_at=now if email and is_email_proven else None,
                language=language,
                date_joined=now,
            )
            user.save(force_insert=True)
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

    Its consents are revoked first, and applications are told. Its events stay, under its public id alone.
    """
    erase(user=user, origin=origin, now=now, by=by)
    record(EventKind.ACCOUNT_DELETED, user=user, origin=origin, now=now, by=by)


def lock_to_erase(user: User) -> User | None:
    """Lock an account, after what others lock before it. None if it is gone by now. Inside a transaction."""
    account_erasing.send(User, user=user)
    return User.objects.select_for_update().filter(pk=user.pk).first()


@transaction.atomic
def erase(*, user: User, origin: Origin, now: datetime, by: User | None = None) -> None:
    """Delete the account and everything that belongs to it. `user` keeps its values for those who tell of it."""
    account_erased.send(User, user=user, by=by, origin=origin, now=now)
    User.objects.filter(pk=user.pk).delete()


@transaction.atomic
def make_anonymous(*, user: User, origin: Origin, now: datetime, by: User | None = None) -> None:
    """Delete everything that would go with the account, and empty its row: only the id, and since when, stay.

    What points to it goes on doing so, and nobody signs in to it again. `user` keeps its values.
    """
    account_erased.send(User, user=user, by=by, origin=origin, now=now)
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and relation.on_delete is CASCADE:
            related: type[Model] = relation.related_model
            related._base_manager.filter(**{relation.field.name: user}).delete()
    row = User.objects.get(pk=user.pk)
    nobody = User(
        pk=row.pk,
        uuid=row.uuid,
        date_joined=row.date_joined,
        username=f"{ANONYMOUS}{uuid4().hex[:12]}",
        is_active=False,
    )
    nobody.set_unusable_password()
    nobody.save(force_update=True)


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
    if not may_give_rights(by):
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
