"""The stages of signing in, in order, and what is asked in each. Areas that lie above add theirs at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from django.utils import timezone

from myaccount.users.models import User
from myaccount.web.redirects import application_of
from security.factors.kinds import ENROLLABLE, FIRST, SECOND, Authenticator
from security.factors.selectors import Enrolled, enrolled
from security.models import PasswordDemand
from security.pending import ENROLMENT as ENROLMENT_STAGE
from security.pending import PendingSignIn
from security.policy.models import SignInPolicy
from security.policy.selectors import (
    Demand,
    demand_on,
    is_asked_at_sign_in,
    missing_step,
    sign_in_policy,
    steps_for,
    usable,
    what_counts,
)


@dataclass(frozen=True)
class Asked:
    """What is asked next: one of these authenticators. `is_enrolment` when the person has to set one up first."""

    authenticators: tuple[Authenticator, ...]
    is_enrolment: bool = False
    can_postpone_until: datetime | None = None


class Situation:
    """One unfinished sign-in with what the decisions about it need, each read once, when it is needed."""

    def __init__(self, pending: PendingSignIn, user: User) -> None:
        self.pending = pending
        self.user = user

    @cached_property
    def policy(self) -> SignInPolicy:
        return sign_in_policy()

    @cached_property
    def enrolled(self) -> Enrolled:
        return enrolled(self.user)

    @cached_property
    def kinds(self) -> list[Authenticator]:
        """What the person can show, the one asked for first in front."""
        return usable(self.enrolled.kinds, self.policy)

    @cached_property
    def demand(self) -> Demand:
        return demand_on(self.user, self.policy)

    @cached_property
    def asked(self) -> Asked | None:
        """The second factor to show or to set up; None when enough was shown.

        What an application asks of those who sign in for it comes on top of what the portal asks of everybody.
        """
        return self._asked_by_portal() or self._asked_by_application()

    def _asked_by_application(self) -> Asked | None:
        application = application_of(self.pending.next)
        if not application:
            return None
        step = missing_step(
            self.user,
            self.pending.methods,
            application=application,
            is_known_browser=self.pending.is_known_browser,
        )
        return self._for_step(step) if step else None

    def _asked_by_portal(self) -> Asked | None:
        if self.pending.is_trusted_browser and self.policy.trust_days:
            return None
        shown = what_counts(self.pending.methods)
        steps = steps_for(self.user, is_known_browser=self.pending.is_known_browser)
        if steps is not None and len(steps) > 1:
            for step in steps:
                if not step & shown:
                    return self._for_step(step)
            return None
        if steps and not steps[0] & shown:
            return self._for_step(steps[0])
        return self._without_chain(shown)

    def _for_step(self, step: set[Authenticator]) -> Asked:
        """A step of a chain. Who lacks what satisfies it has to show what they have before they add it (53)."""
        have = [kind for kind in self.kinds if kind in step]
        if Authenticator.PASSWORD in step and self.user.has_usable_password():
            have.append(Authenticator.PASSWORD)
        if have:
            return Asked(tuple(have))
        if not self._has_shown_second() and self.kinds:
            return Asked(tuple(self.kinds))
        return Asked(tuple(kind for kind in ENROLLABLE if kind in step), is_enrolment=True)

    def _without_chain(self, shown: set[Authenticator]) -> Asked | None:
        """Who has a second factor shows it; who has to have one sets it up, or puts that off while there is time."""
        if shown & {*SECOND}:
            return None
        if self.kinds:
            return Asked(tuple(self.kinds))
        if not is_asked_at_sign_in(self.user, self.policy):
            return None
        until = self.demand.since if not self.demand.is_due(now=timezone.now()) else None
        if until is not None and self.pending.has_postponed:
            return None
        return Asked(tuple(self.policy.enrollable), is_enrolment=True, can_postpone_until=until)

    def _has_shown_second(self) -> bool:
        return bool(what_counts(self.pending.methods) & {*SECOND})


@dataclass(frozen=True)
class Stage:
    """One thing a person has to do before they are signed in, at a page of its own."""

    name: str
    url_name: str
    is_done: Callable[[Situation], bool]


def _has_shown_a_first_factor(situation: Situation) -> bool:
    return any(method in FIRST for method in situation.pending.methods)


def _has_shown_a_second_factor(situation: Situation) -> bool:
    return situation.asked is None or situation.asked.is_enrolment


def _has_what_is_required(situation: Situation) -> bool:
    return situation.asked is None


def _has_no_demand(situation: Situation) -> bool:
    return not PasswordDemand.objects.filter(user=situation.user).exists()


FIRST_FACTOR: Final = Stage("first factor", "sign-in", _has_shown_a_first_factor)
SECOND_FACTOR: Final = Stage("second factor", "second-step", _has_shown_a_second_factor)
ENROLMENT: Final = Stage(ENROLMENT_STAGE, "enrol-at-sign-in", _has_what_is_required)

NEW_PASSWORD: Final = Stage("new password", "new-password-at-sign-in", _has_no_demand)

STAGES: tuple[Stage, ...] = (FIRST_FACTOR, SECOND_FACTOR, ENROLMENT, NEW_PASSWORD)
_registered: list[Stage] = []


def register_stage(stage: Stage) -> None:
    """Let an area that lies above ask something of people before they are signed in, after everything else.

    What makes the stage necessary has the person's row locked while it comes about: signing in then waits, and looks.
    """
    if stage not in _registered:
        _registered.append(stage)


def next_stage(situation: Situation) -> Stage | None:
    """The first stage not done yet; None when the person may be signed in."""
    return next((stage for stage in (*STAGES, *_registered) if not stage.is_done(situation)), None)


def last_stage(situation: Situation) -> Stage | None:
    """The first of the registered stages not done yet; looked at once more while the person's row is locked."""
    return next((stage for stage in _registered if not stage.is_done(situation)), None)
