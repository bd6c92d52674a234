"""What a recovery has to show before it may set a password, and what comes next (security 40, 41, 49)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from security.factors.kinds import Authenticator
from security.factors.selectors import enrolled
from security.policy.selectors import sign_in_policy, usable
from security.recovery.models import Recovery, RecoverySettings, WaitingRecovery
from security.recovery.waiting import USABLE_FOR


class Way(StrEnum):
    """How somebody proves that an account is theirs without its password."""

    EMAIL = "email"
    SMS = "sms"
    QUESTIONS = "questions"


class Step(StrEnum):
    """What a recovery is waiting for."""

    WAY = "way"
    QUESTIONS = "questions"
    SECOND_FACTOR = "second-factor"
    PASSWORD = "password"  # noqa: S105 (a step)


@dataclass(frozen=True)
class Next:
    """The next step, and what may be shown in it."""

    step: Step
    ways: tuple[Way, ...] = ()
    kinds: tuple[Authenticator, ...] = ()


def offered_ways(settings: RecoverySettings) -> tuple[Way, ...]:
    """What administrators have turned on. The same for every account: which of them somebody has is told to nobody."""
    switches = ((Way.EMAIL, settings.email_recovery), (Way.SMS, settings.sms_recovery))
    ways = [way for way, is_on in switches if is_on]
    return (*ways, Way.QUESTIONS) if settings.question_recovery else tuple(ways)


def next_step(recovery: Recovery, settings: RecoverySettings, *, now: datetime) -> Next:
    """What is missing. Decided anew at every step, from what this recovery has shown and nothing else."""
    shown, ways = {*recovery.shown}, offered_ways(settings)
    if _wants_questions(recovery, shown, ways, settings):
        return Next(Step.QUESTIONS)
    was_sent_by_administrator = recovery.is_by_administrator and Way.EMAIL.value in shown
    if not was_sent_by_administrator and not any(way.value in shown for way in ways):
        return Next(Step.WAY, ways)
    user = recovery.user
    if user is None:
        return Next(Step.WAY, ways)
    if any(what.startswith("factor:") for what in shown):
        return Next(Step.PASSWORD)
    own = enrolled(user).kinds
    if not own or is_wait_over(recovery, now=now):
        return Next(Step.PASSWORD)
    # The channel a code came by is no second proof beside itself.
    used = Authenticator.SMS if Way.SMS.value in shown else None
    return Next(Step.SECOND_FACTOR, kinds=tuple(kind for kind in usable(own, sign_in_policy()) if kind != used))


def is_wait_over(recovery: Recovery, *, now: datetime) -> bool:
    """Whether the person has waited long enough after losing every second factor."""
    over = WaitingRecovery.objects.filter(user=recovery.user_id, ready_at__lte=now, ready_at__gt=now - USABLE_FOR)
    return over.exists()


def _wants_questions(recovery: Recovery, shown: set[str], ways: tuple[Way, ...], settings: RecoverySettings) -> bool:
    """Whether questions come now: after the proof by e-mail, unless administrators have lifted that (security 49)."""
    if Way.QUESTIONS not in ways or Way.QUESTIONS.value in shown or not recovery.is_for_questions:
        return False
    return not settings.email_before_questions or Way.EMAIL.value in shown
