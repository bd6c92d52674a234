"""Keeping answers to security questions, and comparing what somebody answers with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.limits import services as limits
from myaccount.limits.services import Rule
from myaccount.outbox import services as outbox
from myaccount.users.models import User
from myaccount.web import formats
from security.recovery.models import Answer, Question
from security.recovery.questions import rules
from security.recovery.questions.selectors import version_of
from sessions_app import selectors as sessions_selectors

# Five wrong ones a day close this way into the account, and nothing else of it (security 51).
_A_DAY: Final = timedelta(hours=24)
WRONG_ANSWERS: Final = Rule(free_attempts=5, first_pause=_A_DAY, longest_pause=_A_DAY, forgotten_after=_A_DAY)


class AnswersRefused(Exception):  # noqa: N818
    """Some answers cannot be kept; `reasons` says why, by the id of their set."""

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__("answers refused")
        self.reasons = reasons


class ChangedMeanwhile(Exception):  # noqa: N818
    """The answers are no longer the ones the form was opened with."""


@transaction.atomic
def save_answers(
    *,
    user: User,
    answers: Mapping[int, tuple[int, str]],
    origin: Origin,
    now: datetime,
    opened_with: Mapping[int, str] | None = None,
) -> bool:
    """Keep answers, hashed, each in the place of the earlier one of its set. False if they are kept already.

    `answers`: the id of a set to the id of one of its questions and the answer as it was typed.
    `opened_with`: the versions of the answers the person saw, where a form tells.
    Raises AnswersRefused or ChangedMeanwhile.
    """
    User.objects.select_for_update().get(pk=user.pk)  # one change of a person's answers at a time
    stored = {answer.set_id: answer for answer in Answer.objects.filter(user=user)}
    folded = {set_pk: (question_pk, rules.fold(typed)) for set_pk, (question_pk, typed) in answers.items()}
    new = {set_pk: given for set_pk, given in folded.items() if not _is_kept(stored.get(set_pk), *given)}
    if not new:
        return False
    for set_pk in new:
        if opened_with is not None and opened_with.get(set_pk, "") != version_of(stored.get(set_pk)):
            raise ChangedMeanwhile
    others = [answer.digest for set_pk, answer in stored.items() if set_pk not in new]
    reasons = _reasons_against(user, new, others, stored)
    if reasons:
        raise AnswersRefused(reasons)
    for set_pk, (question_pk, answer) in new.items():
        Answer.objects.update_or_create(
            user=user,
            set_id=set_pk,
            defaults={"question_id": question_pk, "digest": make_password(answer), "changed_at": now},
        )
    _tell(user, "saved", origin=origin, now=now)
    return True


@transaction.atomic
def remove_answers(*, user: User, origin: Origin, now: datetime) -> bool:
    """Forget all answers of a person, so that questions no longer open their account. False if there are none."""
    User.objects.select_for_update().get(pk=user.pk)
    deleted, _rows = Answer.objects.filter(user=user).delete()
    if not deleted:
        return False
    _tell(user, "removed", origin=origin, now=now)
    return True


def check_answers(*, user: User | None, key: str, answers: Mapping[int, str], now: datetime) -> bool:
    """Whether all of these are right: ids of questions to what was typed. None at all is wrong.

    Counted as wrong before it is looked at; a right one gives its try back and no more, so that who knows one answer
    gains no guesses at another. As many hashes are made for people nobody knows as for others (security 36, 51).
    `key` stands for the account, as in `asked_questions`.
    Raises limits.TooManyAttempts. Call outside transactions.
    """
    budget = f"questions:{key}"
    limits.reserve({budget: WRONG_ANSWERS}, now=now)
    mine = Answer.objects.filter(user_id=user.pk if user else 0, question__in=list(answers), set__is_active=True)
    digests = dict(mine.values_list("question_id", "digest"))
    results = [_is_right(rules.fold(typed), digests.get(question_pk)) for question_pk, typed in answers.items()]
    if not results or not all(results):
        return False
    limits.give_back(budget)
    return True


@transaction.atomic
def question_set_changed(*, name: str, what: str, by: User, origin: Origin, now: datetime) -> None:
    """Write down that an administrator added, changed or deleted a set or one of its questions."""
    data: dict[str, str | list[str]] = {"changed": [what], "name": name}
    record(EventKind.RECOVERY_SETTINGS_CHANGED, user=None, by=by, origin=origin, now=now, data=data)


def _is_right(folded: str, digest: str | None) -> bool:
    """One hash, whether there is anything to compare with or not."""
    if digest is None:
        make_password(folded)
        return False
    return check_password(folded, digest)


def _is_kept(stored: Answer | None, question_pk: int, folded: str) -> bool:
    return stored is not None and stored.question_id == question_pk and check_password(folded, stored.digest)


def _reasons_against(
    user: User, new: Mapping[int, tuple[int, str]], others: list[str], stored: Mapping[int, Answer]
) -> dict[int, str]:
    """Why answers cannot be kept, by set. Each has to differ from the others, typed now or kept (security 50)."""
    questions = Question.objects.select_related("set").in_bulk(question_pk for question_pk, _answer in new.values())
    reasons: dict[int, str] = {}
    earlier: set[str] = set()
    for set_pk, (question_pk, answer) in new.items():
        question = questions.get(question_pk)
        own = stored.get(set_pk)
        is_theirs = own is not None and own.question_id == question_pk
        is_offered = question is not None and question.set_id == set_pk and question.set.is_active
        if question is None or not is_offered or not (question.is_active or is_theirs):
            reasons[set_pk] = _("This question is no longer offered. Choose another.")
            continue
        try:
            rules.check(answer, user=user, question=question)
        except ValidationError as error:
            reasons[set_pk] = error.messages[0]
            continue
        if answer in earlier or any(check_password(answer, digest) for digest in others):
            reasons[set_pk] = _("You have given this answer to another question. Give each an answer of its own.")
        earlier.add(answer)
    return reasons


def _tell(user: User, change: str, *, origin: Origin, now: datetime) -> None:
    record(EventKind.RECOVERY_QUESTIONS_CHANGED, user=user, origin=origin, now=now, data={"change": change})
    address = outbox.address_of(user)
    if not address:
        return
    context = {
        "browser": partial(sessions_selectors.describe_user_agent, origin.user_agent),
        "ip": origin.ip,
        "at": partial(formats.moment, now),
    }
    outbox.send_email("recovery_changed", to=address, user=user, now=now, context=context)
