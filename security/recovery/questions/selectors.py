"""Reads of security questions: which there are, which a person answered, and which somebody is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf.locale import LANG_INFO
from django.db.models import Exists, OuterRef, Q
from django.utils import translation
from django.utils.crypto import salted_hmac

from myaccount.users.models import User
from security.recovery.models import Answer, Question, QuestionSet

FALLBACK: Final = "en"


@dataclass(frozen=True)
class ShownQuestion:
    """A question in the language it was found in."""

    text: str
    language: str


@dataclass(frozen=True)
class ChosenQuestion:
    """A question a person has answered, as the Security page lists it. The answer is shown to nobody."""

    set_pk: int
    text: str
    language: str
    changed_at: datetime


@dataclass(frozen=True)
class Offer:
    """A set, and what a person may choose from it."""

    set_pk: int
    questions: tuple[Question, ...]
    chosen: int | None  # the question they have answered
    version: str  # of that answer; empty while there is none


def shown(question: Question, language: str) -> ShownQuestion:
    """The question's text in this language, one close to it, or English."""
    texts = {code.lower(): text for code, text in question.texts.items() if text}
    wanted = language.lower().replace("_", "-")
    close: list[str] = LANG_INFO.get(wanted, {}).get("fallback", [])
    found = next((code for code in (wanted, *close, wanted.split("-")[0]) if code in texts), FALLBACK)
    return ShownQuestion(texts.get(found, ""), found)


def text_for(question: Question, language: str) -> str:
    """The same, without saying which language it is."""
    return shown(question, language).text


def language_of(user: User | None) -> str:
    """The language a person is asked in: their own, whoever's browser it is; the page's, where nobody is known.

    Before an account is proven, give None: its language would tell it from others (security 51).
    """
    return (user.language if user else "") or translation.get_language() or FALLBACK


def chosen_questions(user: User) -> list[ChosenQuestion]:
    """What a person has answered, in their own language; not what belongs to a set that is switched off."""
    language = language_of(user)
    found = []
    for answer in _answers(user):
        text = shown(answer.question, language)
        found.append(ChosenQuestion(answer.set_id, text.text, text.language, answer.changed_at))
    return found


def offers(user: User) -> list[Offer]:
    """Every set a person may choose from: active questions, and the one they have, even where it was switched off."""
    answers = {answer.set_id: answer for answer in _answers(user)}
    chosen = [answer.question_id for answer in answers.values()]
    by_set: dict[int, list[Question]] = defaultdict(list)
    for question in Question.objects.filter(Q(is_active=True) | Q(pk__in=chosen), set__is_active=True):
        by_set[question.set_id].append(question)
    sets = QuestionSet.objects.filter(pk__in=by_set).values_list("pk", flat=True)
    found = []
    for set_pk in sets:
        answer = answers.get(set_pk)
        chosen_pk = answer.question_id if answer else None
        found.append(Offer(set_pk, tuple(by_set[set_pk]), chosen_pk, version_of(answer)))
    return found


def version_of(answer: Answer | None) -> str:
    """Tells whether an answer is still the one a form was opened with."""
    return f"{answer.question_id} {answer.changed_at.timestamp()}" if answer else ""


def is_answered(questions: Iterable[Question | int]) -> bool:
    """Whether people have answered one of these: then it is switched off rather than deleted."""
    return Answer.objects.filter(question__in=questions).exists()


def asked_questions(*, user: User | None, key: str, how_many: int) -> list[Question]:
    """The questions somebody has to answer to recover an account; always the same ones for the same `key`.

    `key` stands for whom was asked for and is as stable for nobody as for a person. Unknown people, and people who
    have not answered enough, are asked questions nobody can answer (security 51). Empty where there are fewer sets
    than questions to answer.
    """
    fakes = {question.set_id: question for question in stable_fake_questions(key)}
    own = {answer.set_id: answer.question for answer in _answers(user)}
    source = own if len(own) >= how_many else fakes
    if how_many < 1 or len(source) < how_many:
        return []
    picked = sorted(source, key=lambda set_pk: _draw(key, f"set {set_pk}"))[:how_many]
    return [question for set_pk, question in source.items() if set_pk in picked]


def stable_fake_questions(key: str) -> list[Question]:
    """One question of every set for somebody who answered none; always the same ones for the same `key`.

    Drawn from those that are active or that somebody has answered: what is no longer offered but still asked
    must not tell who is real. Another question added later changes few of the draws (security 51).
    """
    is_answered = Exists(Answer.objects.filter(question=OuterRef("pk")))
    candidates = Question.objects.filter(Q(is_active=True) | is_answered, set__is_active=True)
    drawn: dict[int, Question] = {}
    by_draw: Callable[[Question], str] = lambda question: _draw(key, f"question {question.pk}")  # noqa: E731
    for question in sorted(candidates.order_by("set__order", "set_id"), key=by_draw):
        drawn.setdefault(question.set_id, question)
    sets = QuestionSet.objects.filter(pk__in=drawn).values_list("pk", flat=True)
    return [drawn[set_pk] for set_pk in sets]


def _answers(user: User | None) -> list[Answer]:
    """A person's answers to questions of active sets, in the order of the sets. The query is made for nobody, too."""
    mine = Answer.objects.filter(user_id=user.pk if user else 0, set__is_active=True)
    return list(mine.select_related("question").order_by("set__order", "set_id"))


def _draw(key: str, what: str) -> str:
    return salted_hmac("security.recovery.questions", f"{key}|{what}", algorithm="sha256").hexdigest()
