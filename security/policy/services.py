"""Changes to the organisation's rules of signing in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.contrib.auth.models import Group
from django.db import transaction

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from myaccount.web.services import ChangedMeanwhile
from security.policy.models import AuthenticationChain, SignInPolicy
from security.policy.selectors import sign_in_policy

_COMPARED: Final = ("requirement", "grace_days", "allowed_methods", "trust_days")
_STRICTER: Final = {"requirement", "groups"}  # a change of these starts the time to set one up anew


@transaction.atomic
def change_policy(
    *, new: SignInPolicy, groups: Collection[Group], opened_version: int, by: User, origin: Origin, now: datetime
) -> list[str]:
    """Save the policy; it holds from the next sign-in on, in every worker. Returns the names of what changed.

    Raises ChangedMeanwhile when the stored row is not the one the form was opened with.
    """
    stored = SignInPolicy.objects.select_for_update().filter(pk=1).first() or sign_in_policy()
    if stored.version != opened_version:
        raise ChangedMeanwhile
    changed = [name for name in _COMPARED if getattr(stored, name) != getattr(new, name)]
    before = set(stored.groups.values_list("pk", flat=True)) if stored.version else set()
    if before != {group.pk for group in groups}:
        changed.append("groups")
    if not changed:
        return []
    new.required_since = now if _STRICTER & {*changed} else stored.required_since
    new.version = stored.version
    new.save()
    new.groups.set(groups)
    record(EventKind.SIGN_IN_POLICY_CHANGED, user=None, by=by, origin=origin, now=now, data={"changed": changed})
    return changed


def chain_changed(*, chain: AuthenticationChain, what: str, by: User, origin: Origin, now: datetime) -> None:
    """Write down that an authentication chain was added, changed or deleted. Call inside its transaction."""
    data: dict[str, str | list[str]] = {"changed": [f"chain.{what}"], "name": chain.name}
    record(EventKind.SIGN_IN_POLICY_CHANGED, user=None, by=by, origin=origin, now=now, data=data)
