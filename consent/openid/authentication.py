"""How well a person has proven who they are in this session, and whether that is enough for a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase

from myaccount.users.models import User
from myaccount.web import step_up
from security.factors.kinds import is_multi_factor, method_references
from security.factors.selectors import has_factor

# Authentication context classes: REFEDS' profiles of one and of several factors.
SINGLE_FACTOR: Final = "https://refeds.org/profile/sfa"
MULTI_FACTOR: Final = "https://refeds.org/profile/mfa"
CONTEXTS: Final = (MULTI_FACTOR, SINGLE_FACTOR)


class NeverEnough(Exception):  # noqa: N818
    """The application insists on a proof this person cannot give."""


@dataclass(frozen=True)
class Proof:
    """What was shown in this session, and when last."""

    # Seconds since the epoch; 0 where a provider did not say. From a linked account: when it was shown there.
    at: float
    shown: tuple[str, ...]  # authenticators, in order
    is_multi_factor: bool
    is_of_this_account: bool = True

    def satisfies(self, context: str) -> bool:
        """Whether it is of this class."""
        return context == SINGLE_FACTOR or (context == MULTI_FACTOR and self.is_multi_factor)

    def told(self, accepted: tuple[str, ...]) -> dict[str, Any]:
        """As tokens keep it and ID tokens tell it; by a class the application accepts where there is a choice."""
        best = MULTI_FACTOR if self.is_multi_factor else SINGLE_FACTOR
        context = best if not accepted or best in accepted else next(filter(self.satisfies, accepted), best)
        references = method_references(self.shown)
        extra = ["mfa"] if self.is_multi_factor and "mfa" not in references else []
        at = {"auth_time": int(self.at)} if self.at else {}
        return {**at, "acr": context, "amr": [*references, *extra]}


def proof_in(session: SessionBase) -> Proof:
    """What the session remembers."""
    shown = tuple(step_up.shown_in(session))
    is_own = step_up.level_of(session) > step_up.NOTHING_SHOWN
    return Proof(step_up.confirmed_at(session), shown, is_multi_factor(shown), is_own)


def needs_second_factor(proof: Proof, user: User, *, wanted: tuple[str, ...], is_essential: bool) -> bool:
    """Whether the person has to show a second factor first. At most one query.

    `wanted` are classes in order of preference. An application that only prefers gets what the person has; one that
    insists gets no less. Raises NeverEnough.
    """
    known = [context for context in wanted if context in CONTEXTS]
    if is_essential and wanted:
        if any(proof.satisfies(context) for context in known):
            return False
        if MULTI_FACTOR not in known or not has_factor(user):
            raise NeverEnough
        return True
    return known[:1] == [MULTI_FACTOR] and not proof.is_multi_factor and has_factor(user)


def is_recent(proof: Proof, *, max_age: int | None, now: datetime) -> bool:
    """Whether the proof is as young as the application wants. One of a linked account never is (security 71)."""
    return max_age is None or (proof.is_of_this_account and now.timestamp() - proof.at <= max_age)
