"""Security questions in Django admin: sets, their questions, and the words of each in every language."""

from __future__ import annotations

from typing import Any, Final, cast

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.users.models import User
from myaccount.web.forms import validate_visible
from myaccount.web.requests import origin
from security.recovery.models import Question, QuestionSet
from security.recovery.questions import data
from security.recovery.questions.selectors import is_answered
from security.recovery.questions.services import question_set_changed

TEXT_MAX_LENGTH: Final = 200
MAX_QUESTIONS: Final = 25  # in one form
_PREFIX: Final = "text_"


def _languages() -> dict[str, str]:
    """Those the shipped questions are in, English first, then those the organisation added to the portal; by name."""
    added = {code: str(name) for code, name in settings.LANGUAGES if code in LANG_INFO}
    return {**data.LANGUAGES, **added}


def _field(language: str, name: str) -> forms.CharField:
    return forms.CharField(
        label=name,
        required=language == "en",
        max_length=TEXT_MAX_LENGTH,
        validators=[validate_visible],
        widget=forms.TextInput(attrs={"size": 90, "lang": language, "dir": "auto"}),
    )


class BaseQuestionForm(forms.ModelForm[Question]):
    """Keeps the texts it has fields for, and leaves those in other languages alone."""

    class Meta:
        model = Question
        fields = ("order", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._names():
            self.initial.setdefault(name, self.instance.texts.get(name.removeprefix(_PREFIX), ""))

    def clean(self) -> dict[str, Any]:
        """Put the texts together; what was emptied goes."""
        values = super().clean() or self.cleaned_data
        typed = {name.removeprefix(_PREFIX): values.get(name, "") for name in self._names() if name in values}
        self.instance.texts = {code: text for code, text in {**self.instance.texts, **typed}.items() if text}
        return values

    def _names(self) -> list[str]:
        return [name for name in self.fields if name.startswith(_PREFIX)]


QuestionForm: type[BaseQuestionForm] = type(
    "QuestionForm", (BaseQuestionForm,), {_PREFIX + code: _field(code, name) for code, name in _languages().items()}
)


class QuestionRowForm(BaseQuestionForm):
    """One question in the list of its set: its English text. The other languages are on its own page."""

    text_en = _field("en", data.LANGUAGES["en"])


class QuestionFormSet(BaseInlineFormSet[Question, QuestionSet, QuestionRowForm]):
    """The questions of a set, checked together."""

    def add_fields(self, form: QuestionRowForm, index: int | None) -> None:
        """Name the inputs for those who do not see the heading of their column."""
        super().add_fields(form, index)
        for name in {*QuestionInline.fields, "DELETE"} & form.fields.keys():
            form.fields[name].widget.attrs["aria-label"] = form.fields[name].label

    def clean(self) -> None:
        """People always find something to choose, and nobody's answer is deleted with its question."""
        super().clean()
        rows = [(row, row.cleaned_data) for row in self.forms if getattr(row, "cleaned_data", None)]
        going = [row.instance.pk for row, values in rows if values.get("DELETE") and row.instance.pk]
        if is_answered(going):
            raise ValidationError(_("People have answered a question you want to delete. Switch it off instead."))
        if not any(values.get("is_active") and not values.get("DELETE") for _row, values in rows):
            raise ValidationError(_("A set needs at least one active question. To hide them all, switch the set off."))


class QuestionInline(admin.TabularInline[Question, QuestionSet]):
    """The questions of a set, in order."""

    model = Question
    form = QuestionRowForm
    formset = QuestionFormSet  # type: ignore[assignment]  # of our form
    fields = ("text_en", "order", "is_active")
    extra = 1
    max_num = MAX_QUESTIONS
    show_change_link = True
    verbose_name_plural = gettext_lazy("Questions, in order. “Change” leads to the other languages.")


class RecordsChanges:
    """An event for whatever was added, changed or deleted; in the transaction of the change."""

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool) -> None:  # noqa: FBT001 (Django's)
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        if not change:
            self._record(request, form.instance, "added")
        elif form.has_changed() or any(formset.has_changed() for formset in formsets):
            self._record(request, form.instance, "changed")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._record(request, obj, "deleted")
        super().delete_model(request, obj)  # type: ignore[misc]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """They are deleted one at a time, so that each leaves its event."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        return {name: action for name, action in actions.items() if name != "delete_selected"}

    def _record(self, request: HttpRequest, obj: QuestionSet | Question, what: str) -> None:
        kind = "question_set" if isinstance(obj, QuestionSet) else "question"
        question_set_changed(
            name=str(obj),
            what=f"{kind}.{what}",
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )


@admin.register(QuestionSet)
class QuestionSetAdmin(RecordsChanges, admin.ModelAdmin[QuestionSet]):
    """Sets of questions; people choose one question of each. Answers are nowhere to be seen."""

    inlines = (QuestionInline,)
    list_display = ("name", "order", "is_active", "number_of_questions")
    sortable_by = ()
    ordering = ("order", "pk")
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionSet]:
        """With the number of questions."""
        return super().get_queryset(request).annotate(how_many=Count("questions"))

    def get_fieldsets(self, request: HttpRequest, obj: QuestionSet | None = None) -> Any:
        description = _(
            "People answer one question of every active set. A set that is switched off is neither offered nor asked. "
            "A question that is switched off is no longer offered, but still asked of those who have chosen it. "
            "Answers are hashed: nobody can see them. The name of a set is shown to administrators only."
        )
        return [(None, {"fields": ["name", "order", "is_active"], "description": description})]

    @admin.display(description=gettext_lazy("questions"))
    def number_of_questions(self, obj: Any) -> int:
        """How many there are, active or not."""
        return int(obj.how_many)

    def has_delete_permission(self, request: HttpRequest, obj: QuestionSet | None = None) -> bool:
        """Not what people have answered: that is switched off."""
        return bool(super().has_delete_permission(request, obj)) and (
            obj is None or not is_answered(obj.questions.all())
        )


@admin.register(Question)
class QuestionAdmin(RecordsChanges, admin.ModelAdmin[Question]):
    """The texts of one question. It is reached from its set, where questions are added, too."""

    form = QuestionForm
    list_display = ("__str__", "in_set", "is_active")
    list_select_related = ("set",)
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER

    def get_fieldsets(self, request: HttpRequest, obj: Question | None = None) -> Any:
        description = _("People read their own language; where there is no text in it, English.")
        texts = [_PREFIX + language for language in _languages()]
        return [
            (None, {"fields": ["order", "is_active"]}),
            (_("The question in every language"), {"fields": texts, "description": description}),
        ]

    @admin.display(description=gettext_lazy("question set"))
    def in_set(self, obj: Question) -> str:
        """The set it belongs to."""
        return obj.set.name

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not on the index: sets are."""
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        """Not what people have answered: that is switched off."""
        return bool(super().has_delete_permission(request, obj)) and (obj is None or not is_answered([obj.pk]))

    def response_post_save_change(self, request: HttpRequest, obj: Question) -> HttpResponseRedirect:
        """Back to the set."""
        return HttpResponseRedirect(reverse("admin:security_questionset_change", args=[obj.set_id]))
