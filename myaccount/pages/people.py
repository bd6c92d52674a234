"""What administrators do to people, put together from every area that keeps something of a person.

On top because no area below may know all the others. Each edit goes through the service of the area
that owns it, so that an administrator's change has the same rules, event and mail as the person's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

import profile.contacts as contacts
from myaccount.activity.services import Origin
from myaccount.claims.models import Claim
from myaccount.users import services as users
from myaccount.users.models import User
from profile.models import ContactKind, Profile
from profile.services import create as create_profile
from profile.services import current_value, fingerprint, set_attribute

ATTRIBUTE_PREFIX: Final = "attribute_"
# Attributes that have an input of their own, are the person's alone, or follow from their groups.
_ELSEWHERE: Final = ("username", "email", "mobile", "picture", "role")


@dataclass(frozen=True)
class Who:
    """The administrator, and where from and when they do it."""

    by: User
    origin: Origin
    now: datetime


def attributes() -> dict[str, Claim]:
    """The attributes an administrator can edit, hidden and read-only ones too, by the name of the input. One query."""
    return {ATTRIBUTE_PREFIX + claim.name: claim for claim in Claim.objects.exclude(name__in=_ELSEWHERE)}


def snapshot(user: User, claims: Mapping[str, Claim]) -> dict[str, str]:
    """Everything the form shows, each as a text, by the name of its input. Three queries."""
    stored = User.objects.get(pk=user.pk)
    profile = Profile.objects.filter(user=user).first()
    return {
        "username": stored.username,
        "email": stored.email,
        "mobile": stored.mobile,
        "is_active": _flag(stored.is_active),
        "is_staff": _flag(stored.is_staff),
        "is_superuser": _flag(stored.is_superuser),
        "groups": ",".join(str(pk) for pk in sorted(stored.groups.values_list("pk", flat=True))),
        **{name: current_value(claim.name, user=stored, profile=profile) for name, claim in claims.items()},
    }


def _flag(value: object) -> str:
    return "true" if value else ""


@transaction.atomic
def create(
    *, username: str, email: str, is_email_proven: bool, password: str, values: Mapping[str, str], who: Who
) -> User:
    """Make an account with its profile. Raises users.services.NameTaken or ValidationError."""
    user = users.create_person(
        username=username,
        email=email,
        is_email_proven=is_email_proven,
        password=password,
        by=who.by,
        origin=who.origin,
        now=who.now,
    )
    create_profile(user=user, values=values)
    return user


@transaction.atomic
def change(*, user: User, edits: Mapping[str, Any], opened: Mapping[str, str], who: Who) -> None:
    """Make an administrator's edits, and only those: `edits` has the inputs that were changed, by name.

    `opened` has what each input showed when the form was opened. Raises users.services.NameTaken,
    contacts.AddressTaken, profile.services.ChangedMeanwhile, PermissionError.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if "username" in edits:
        users.rename(user=user, username=edits["username"], by=who.by, origin=who.origin, now=who.now)
    for kind in ContactKind.values:
        _change_contact(user, ContactKind(kind), edits, who)
    user.refresh_from_db()
    for name, claim in attributes().items():
        if name in edits:
            set_attribute(
                user=user,
                claim=claim,
                value=edits[name],
                opened_with=fingerprint(opened.get(name, "")),
                by=who.by,
                origin=who.origin,
                now=who.now,
            )
    _change_rights(user, edits, who)
    if "is_active" in edits:
        switch = users.enable if edits["is_active"] else users.disable
        switch(user=user, by=who.by, origin=who.origin, now=who.now)


def _change_contact(user: User, kind: ContactKind, edits: Mapping[str, Any], who: Who) -> None:
    is_proven = bool(edits.get(f"{kind}_is_proven"))
    if kind.value in edits or is_proven:
        contacts.set_by_administrator(
            user=user,
            kind=kind,
            value=edits.get(kind.value, user.email if kind == ContactKind.EMAIL else user.mobile),
            is_proven=is_proven,
            by=who.by,
            origin=who.origin,
            now=who.now,
        )


def _change_rights(user: User, edits: Mapping[str, Any], who: Who) -> None:
    if not edits.keys() & {"groups", "is_staff", "is_superuser"}:
        return
    users.set_rights(
        user=user,
        groups=list(edits.get("groups", user.groups.all())),
        is_staff=edits.get("is_staff", user.is_staff),
        is_superuser=edits.get("is_superuser", user.is_superuser),
        by=who.by,
        origin=who.origin,
        now=who.now,
    )
