"""Changes to a person's attributes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.crypto import salted_hmac

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.claims.models import Claim
from myaccount.operations.registry import Submission
from myaccount.operations.services import Done, Outcome, submit
from myaccount.users.models import User
from profile.current import ROLE, USER_FIELDS, attributes_of, current_value
from profile.models import Profile

SET_ATTRIBUTE: Final = "profile.set_attribute"
PROVEN = ("email", "mobile")
_SET_AT_FIRST = {"mobile", "locale", "zoneinfo"}


class ChangedMeanwhile(Exception):  # noqa: N818
    """Another tab or device changed the attribute since the form was opened; `current` is what it is now."""

    def __init__(self, current: str) -> None:
        super().__init__("changed meanwhile")
        self.current = current


def fingerprint(value: str) -> str:
    """Stands in a form for the value it was opened with, without showing it."""
    return salted_hmac("profile.value", value, algorithm="sha256").hexdigest()[:32]


@transaction.atomic
def change_attribute(
    *, user: User, claim: Claim, value: str, opened_with: str, origin: Origin, now: datetime, by: User | None = None
) -> Outcome:
    """Have an attribute's value stored, already checked by `values.stored_value`, at once or when people agree.

    Done(False) if it was that already. `opened_with` is the fingerprint of the value the form showed: when the stored
    one differs from it, somebody else changed it and ChangedMeanwhile is raised (security 28).
    """
    current = _locked(user, claim)[1]
    if current == value:
        return Done(result=False)
    if fingerprint(current) != opened_with:
        raise ChangedMeanwhile(current)
    outcome = submit(
        Submission(
            action=SET_ATTRIBUTE,
            payload={"claim": claim.name, "value": value, "was": current},
            subject_name=user.username,
            subject_uuid=user.uuid,
            requester=by or user,
            attributes=attributes_of(user),
            claims=frozenset([claim.name]),
        ),
        origin=origin,
        now=now,
    )
    user.refresh_from_db()
    return outcome


@transaction.atomic
def set_attribute(
    *,
    user: User,
    claim: Claim,
    value: str,
    opened_with: str | None,
    origin: Origin,
    now: datetime,
    by: User | None = None,
) -> bool:
    """Store an attribute's value at once, whatever a workflow holds. False if it was that already.

    `opened_with` as above; None stores it over whatever there is now.
    """
    profile, current = _locked(user, claim)
    if current == value:
        return False
    if opened_with is not None and fingerprint(current) != opened_with:
        raise ChangedMeanwhile(current)
    _write(user, profile, claim.name, value)
    record(EventKind.PROFILE_CHANGED, user=user, origin=origin, now=now, by=by, data={"claims": [claim.name]})
    return True


@transaction.atomic
def create(*, user: User, values: Mapping[str, str]) -> None:
    """Give a new account its profile, of values already checked by `values.stored_value`. The account is the event.

    A mobile number counts as unproven. How one signs in, the address and the picture are not set this way.
    """
    given = {name: value for name, value in values.items() if value}
    own = {name: given.pop(name) for name in USER_FIELDS if name in given}
    if not own.keys() <= _SET_AT_FIRST:
        raise ValueError(f"{sorted(own.keys() - _SET_AT_FIRST)} are not set this way")
    profile = Profile.objects.create(user=user, values=given)
    for name, value in own.items():
        setattr(user, USER_FIELDS[name], value)
    user.display_name = _display_name(profile)
    user.save(update_fields=["display_name", *(USER_FIELDS[name] for name in own)])


@transaction.atomic
def forget_attribute(name: str, *, batch: int = 500) -> int:
    """Remove the values of an attribute that is no longer in the registry, a batch at a time. Returns how many went."""
    profiles = list(Profile.objects.select_for_update().filter(values__has_key=name)[:batch])
    for profile in profiles:
        profile.values.pop(name, None)
        profile.version += 1
    Profile.objects.bulk_update(profiles, ["values", "version"])
    return len(profiles)


def _locked(user: User, claim: Claim) -> tuple[Profile, str]:
    """The profile, which nobody else changes until this transaction is over, and what it holds of the attribute."""
    if claim.name in PROVEN or claim.name in ("username", "picture", ROLE):
        raise ValueError(f"{claim.name} is not changed this way")
    Profile.objects.get_or_create(user=user)
    profile = Profile.objects.select_for_update().get(user=user)
    return profile, current_value(claim.name, user=User.objects.get(pk=user.pk), profile=profile)


def _write(user: User, profile: Profile, name: str, value: str) -> None:
    if name in USER_FIELDS:
        setattr(user, USER_FIELDS[name], value)
        user.save(update_fields=[USER_FIELDS[name]])
    elif value:
        profile.values[name] = value
    else:
        profile.values.pop(name, None)
    profile.version += 1
    profile.save()
    if name in ("given_name", "family_name"):
        user.display_name = _display_name(profile)
        user.save(update_fields=["display_name"])


def _display_name(profile: Profile) -> str:
    parts = [profile.values.get("given_name", ""), profile.values.get("family_name", "")]
    return " ".join(part for part in parts if part)[:200]
