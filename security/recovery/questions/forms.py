"""Forms of security questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from myaccount.web.forms import PortalForm
from security.recovery.models import Question
from security.recovery.questions.rules import MAX_LENGTH
from security.recovery.questions.selectors import Offer, ShownQuestion, shown


class QuestionSelect(forms.Select):
    """Says of each question which language it is in, where that is not the page's."""

    languages: Mapping[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        language = self.languages.get(str(value))
        if language and language != get_language():
            option["attrs"]["lang"] = language
        return option


class AnswerField(forms.CharField):
    """An answer. It is typed in sight, so that people see what they will have to type again."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        super().__init__(
            max_length=MAX_LENGTH,
            widget=forms.TextInput(attrs=attributes),
            error_messages={"required": _("Enter your answer.")},
            **kwargs,
        )


class ChooseQuestionsForm(PortalForm):
    """For each set, one of its questions and the answer to it."""

    def __init__(self, *args: Any, offers: Sequence[Offer], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sets = [offer.set_pk for offer in offers]
        is_one = len(offers) == 1
        for number, offer in enumerate(offers, start=1):
            words = {"number": number}
            self._add(
                offer,
                _("Question") if is_one else _("Question %(number)s") % words,
                _("Answer") if is_one else _("Answer to question %(number)s") % words,
                language,
            )
        if offers:
            self.fields[f"question_{offers[0].set_pk}"].widget.attrs["autofocus"] = True

    def answers(self) -> dict[int, tuple[int, str]]:
        """The question chosen from each set, and what was typed."""
        values = self.cleaned_data
        return {pk: (int(values[f"question_{pk}"]), values[f"answer_{pk}"]) for pk in self._sets}

    def opened_with(self) -> dict[int, str]:
        """The versions of the answers that were kept when the form was opened."""
        return {pk: self.cleaned_data[f"opened_{pk}"] for pk in self._sets}

    def refuse(self, reasons: Mapping[int, str]) -> None:
        """Show at each answer why it cannot be kept."""
        for set_pk, reason in reasons.items():
            self.add_error(f"answer_{set_pk}", reason)

    def _add(self, offer: Offer, question_label: str, answer_label: str, language: str) -> None:
        found = {str(question.pk): shown(question, language) for question in offer.questions}
        select = QuestionSelect()
        select.languages = {value: question.language for value, question in found.items()}
        self.fields[f"question_{offer.set_pk}"] = forms.ChoiceField(
            label=question_label,
            choices=[("", _("Choose a question")), *((value, question.text) for value, question in found.items())],
            initial=str(offer.chosen or ""),
            widget=select,
            error_messages={
                "required": _("Choose a question."),
                "invalid_choice": _("This question is no longer offered. Choose another."),
            },
        )
        self.fields[f"answer_{offer.set_pk}"] = AnswerField(label=answer_label)
        self.fields[f"opened_{offer.set_pk}"] = forms.CharField(
            required=False, max_length=50, initial=offer.version, widget=forms.HiddenInput
        )


class AnswerForm(PortalForm):
    """The questions somebody has to answer who recovers an account, each with room for the answer."""

    def __init__(self, *args: Any, questions: Sequence[Question], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._questions = [question.pk for question in questions]
        for question in questions:
            self.fields[f"answer_{question.pk}"] = AnswerField(label=_marked(shown(question, language)))

    def answers(self) -> dict[int, str]:
        """What was typed, by the id of the question: what `services.check_answers` takes."""
        return {pk: self.cleaned_data[f"answer_{pk}"] for pk in self._questions}


def _marked(question: ShownQuestion) -> str:
    """The question as a label that says which language it is in, where that is not the page's."""
    if question.language == get_language():
        return question.text
    return format_html('<span lang="{}">{}</span>', question.language, question.text)
