"""Reads of the organisation's rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from myaccount.users.models import User
from security.factors.kinds import ENROLLABLE, FIRST, SECOND, Authenticator
from security.policy.models import AuthenticationChain, Requirement, SignInPolicy


@dataclass(frozen=True)
class Demand:
    """Whether somebody has to have a second factor, and from when on."""

    is_required: bool
    since: datetime | None = None  # none: at once

    def is_due(self, *, now: datetime) -> bool:
        """Whether the time to set one up is over."""
        return self.is_required and (self.since is None or now >= self.since)


def sign_in_policy() -> SignInPolicy:
    """The row as it is now; the defaults where an administrator never saved one. One query."""
    return SignInPolicy.objects.filter(pk=1).first() or SignInPolicy(pk=1)


def demand_on(user: User, policy: SignInPolicy) -> Demand:
    """What the policy asks of this person. At most one query."""
    if policy.requirement == Requirement.OPTIONAL:
        return Demand(is_required=False)
    if user.is_staff:
        return Demand(is_required=True)
    in_general = policy.requirement == Requirement.EVERYONE
    if in_general or (policy.requirement == Requirement.GROUPS and _is_in_one_of(user, policy)):
        begin = max(policy.required_since, user.date_joined)
        return Demand(is_required=True, since=begin + timedelta(days=policy.grace_days))
    return Demand(is_required=False)


def is_asked_at_sign_in(user: User, policy: SignInPolicy) -> bool:
    """Whether the demand is made when signing in to the portal, and not only at the door of Django admin."""
    if policy.requirement == Requirement.EVERYONE:
        return True
    return policy.requirement == Requirement.GROUPS and _is_in_one_of(user, policy)


def steps_for(user: User, *, is_known_browser: bool, application: str = "") -> list[set[Authenticator]] | None:
    """The steps of the first active chain that fits, each the authenticators that satisfy it; None without one.

    One query where there are no chains, four where there are.
    """
    chains = list(
        AuthenticationChain.objects.filter(is_active=True, application=application).prefetch_related("steps", "groups")
    )
    if not chains:
        return None
    own_groups = set(user.groups.values_list("pk", flat=True))
    for chain in chains:
        wanted = {group.pk for group in chain.groups.all()}
        if wanted and not wanted & own_groups:
            continue
        if chain.only_new_browser and is_known_browser:
            continue
        return [_authenticators(step.authenticators) for step in chain.steps.all()]
    return None


def missing_step(
    user: User, methods: Collection[str], *, application: str, is_known_browser: bool
) -> set[Authenticator] | None:
    """The first step of an application's chain that none of the authenticators shown satisfies; None without one.

    As many queries as `steps_for`.
    """
    steps = steps_for(user, is_known_browser=is_known_browser, application=application) or []
    shown = what_counts(methods)
    return next((step for step in steps if not step & shown), None)


def has_chain(client_id: OuterRef) -> Exists:
    """In a query about applications: whether there is an active chain for the one with this client ID."""
    return Exists(AuthenticationChain.objects.filter(is_active=True, application=client_id))


def what_counts(methods: Collection[str]) -> set[Authenticator]:
    """What was shown, and what it stands for.

    A passkey is a security device as well, and counts as both factors. Who comes from a linked account gave this
    one's password when the two were linked, and is not asked for it again (manual, “Linked accounts”).
    """
    shown = {Authenticator(value) for value in methods if value in Authenticator.values}
    if Authenticator.PASSKEY in shown:
        shown.add(Authenticator.DEVICE)
    if Authenticator.LINKED_ACCOUNT in shown:
        shown.add(Authenticator.PASSWORD)
    return shown


def active_chains() -> list[AuthenticationChain]:
    """Every chain in use, for whichever application. Two queries."""
    return list(AuthenticationChain.objects.filter(is_active=True).prefetch_related("steps"))


def later_steps(chain: AuthenticationChain) -> list[set[Authenticator]]:
    """What people have to be able to set up: the steps after the first, without backup codes."""
    return [_authenticators(step.authenticators) & {*ENROLLABLE} for step in list(chain.steps.all())[1:]]


def usable(kinds: Collection[Authenticator], policy: SignInPolicy) -> list[Authenticator]:
    """Those of a person's second factors they are asked for, in the same order.

    What is no longer allowed is still asked of people who have nothing else: better than asking for nothing.
    """
    return [kind for kind in kinds if policy.allows(kind)] or list(kinds)


def _authenticators(values: Collection[str]) -> set[Authenticator]:
    known = {Authenticator(value) for value in values if value in {*FIRST, *SECOND}}
    # Whoever has given the password shows the same device as a second step: what counts is that it is at hand.
    return known | {Authenticator.DEVICE} if Authenticator.PASSKEY in known else known


def _is_in_one_of(user: User, policy: SignInPolicy) -> bool:
    return policy.version > 0 and user.groups.filter(pk__in=policy.groups.values("pk")).exists()
