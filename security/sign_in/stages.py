"""The stages of signing in, in order. What joins later (second factor, obligations, consent) is added to STAGES."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from myaccount.users.models import User
from security.sign_in.pending import PendingSignIn


@dataclass(frozen=True)
class Stage:
    """One thing a person has to do before they are signed in, at a page of its own."""

    name: str
    url_name: str
    is_done: Callable[[PendingSignIn, User], bool]


def _has_shown_a_first_factor(pending: PendingSignIn, user: User) -> bool:  # noqa: ARG001 (every stage is asked so)
    return bool(pending.methods)


FIRST_FACTOR = Stage("first factor", "sign-in", _has_shown_a_first_factor)

STAGES: tuple[Stage, ...] = (FIRST_FACTOR,)


def next_stage(pending: PendingSignIn, user: User) -> Stage | None:
    """The first stage not done yet; None when the person may be signed in."""
    return next((stage for stage in STAGES if not stage.is_done(pending, user)), None)
