"""Security questions as a way back in: which are asked, and what the answers lead to (security 49, 51)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from security.recovery.models import Question, Recovery, RecoverySettings
from security.recovery.questions import services as questions
from security.recovery.questions.selectors import asked_questions
from security.recovery.services import RecoveryOver, WrongProof
from security.recovery.steps import Way


def questions_of(recovery: Recovery, settings: RecoverySettings) -> list[Question]:
    """The questions this recovery has to answer; for nobody, questions that nobody can answer."""
    return asked_questions(user=recovery.user, key=recovery.identifier_key, how_many=settings.min_answers)


def take_answers(
    *, recovery: Recovery, answers: Mapping[int, str], asked: Sequence[Question], origin: Origin, now: datetime
) -> None:
    """Check the answers given now. Whether one of several was right is told when all have been given.

    Raises WrongProof, RecoveryOver or limits.TooManyAttempts. Call outside transactions.
    """
    is_right = questions.check_answers(user=recovery.user, key=recovery.identifier_key, answers=answers, now=now)
    with transaction.atomic():
        locked = Recovery.objects.select_for_update().filter(pk=recovery.pk, ended_at=None).first()
        if locked is None:
            raise RecoveryOver
        results = [*locked.answered, *([pk, is_right] for pk in answers)]
        is_complete = {pk for pk, _right in results} >= {question.pk for question in asked}
        is_proof = is_complete and bool(results) and all(right for _pk, right in results)
        locked.answered = [] if is_complete else results
        locked.shown = [*locked.shown, Way.QUESTIONS.value] if is_proof else locked.shown
        locked.save(update_fields=["answered", "shown"])
        if is_complete and not is_proof:
            record(EventKind.RECOVERY_FAILED, user=recovery.user, origin=origin, now=now)
    recovery.answered, recovery.shown = locked.answered, locked.shown
    if is_complete and not is_proof:
        raise WrongProof
