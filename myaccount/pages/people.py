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
from myaccount.operations.registry import Submission
from myaccount.operations.services import Outcome, Waiting, submit
from myaccount.pages import people_operations
from myaccount.users import services as users
from myaccount.users.backends import hashed
from myaccount.users.models import User
from myaccount.users.rights import may_give_rights
from profile.current import attributes_of, current_value
from profile.models import ContactKind, Profile
from profile.services import change_attribute, fingerprint

ATTRIBUTE_PREFIX: Final = "attribute_"
RIGHTS: Final = ("groups", "is_staff", "is_superuser")
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
) -> Outcome:
    """Make an account with its profile, at once or when people agree. Done(the person). Raises OperationImpossible."""
    values = {name: value for name, value in values.items() if value}
    return submit(
        Submission(
            action=people_operations.ADD,
            payload={
                "username": username,
                "email": email,
                "is_email_proven": is_email_proven,
                "password_hash": hashed(password) if password else "",
                "values": values,
            },
            subject_name=username,
            requester=who.by,
            attributes={**values, "username": username, "email": email},
        ),
        origin=who.origin,
        now=who.now,
    )


@transaction.atomic
def delete(*, user: User, who: Who) -> Outcome:
    """Delete a person's account with everything in it, at once or when people agree. Raises OperationImpossible."""
    return submit(
        Submission(
            action=people_operations.DELETE,
            payload={"name": user.display_name},
            subject_name=user.username,
            subject_uuid=user.uuid,
            requester=who.by,
            attributes=attributes_of(user),
        ),
        origin=who.origin,
        now=who.now,
    )


@transaction.atomic
def change(*, user: User, edits: Mapping[str, Any], opened: Mapping[str, str], who: Who) -> list[str]:
    """Make an administrator's edits, and only those: `edits` has the inputs that were changed, by name.

    `opened` has what each input showed when the form was opened. Returns the inputs whose change waits for approval;
    all others are made. Raises users.services.NameTaken, contacts.AddressTaken, profile.services.ChangedMeanwhile,
    OperationImpossible, PermissionError.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if "username" in edits:
        users.rename(user=user, username=edits["username"], by=who.by, origin=who.origin, now=who.now)
    waiting: list[str] = []
    for kind in ContactKind.values:
        waiting += _change_contact(user, ContactKind(kind), edits, who)
    user.refresh_from_db()
    for name, claim in attributes().items():
        if name in edits:
            outcome = change_attribute(
                user=user,
                claim=claim,
                value=edits[name],
                opened_with=fingerprint(opened.get(name, "")),
                by=who.by,
                origin=who.origin,
                now=who.now,
            )
            waiting += [name] if isinstance(outcome, Waiting) else []
    waiting += _change_rights(user, edits, who)
    if "is_active" in edits:
        switch = users.enable if edits["is_active"] else users.disable
        switch(user=user, by=who.by, origin=who.origin, now=who.now)
    return waiting


def _change_contact(user: User, kind: ContactKind, edits: Mapping[str, Any], who: Who) -> list[str]:
    is_proven_now = f"{kind}_is_proven"
    inputs = [name for name in (kind.value, is_proven_now) if edits.get(name) or name == kind.value in edits]
    if not inputs:
        return []
    outcome = contacts.set_by_administrator(
        user=user,
        kind=kind,
        value=edits.get(kind.value, user.email if kind == ContactKind.EMAIL else user.mobile),
        is_proven=bool(edits.get(is_proven_now)),
        by=who.by,
        origin=who.origin,
        now=who.now,
    )
    return inputs if isinstance(outcome, Waiting) else []


def _change_rights(user: User, edits: Mapping[str, Any], who: Who) -> list[str]:
    inputs = [name for name in RIGHTS if name in edits]
    if not inputs:
        return []
    if not may_give_rights(who.by):
        raise PermissionError("only a person with all rights changes rights")
    now = people_operations.rights_of(user, groups=user.groups.all())
    wanted = {**now, **{name: bool(edits[name]) for name in inputs if name != "groups"}}
    if "groups" in edits:
        wanted["groups"] = people_operations.rights_of(user, groups=edits["groups"])["groups"]
    outcome = submit(
        Submission(
            action=people_operations.CHANGE_ROLES,
            payload={"was": now, "wanted": wanted},
            subject_name=user.username,
            subject_uuid=user.uuid,
            requester=who.by,
            attributes=attributes_of(user),
        ),
        origin=who.origin,
        now=who.now,
    )
    return inputs if isinstance(outcome, Waiting) else []
