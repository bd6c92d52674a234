"""The forms administrators make and try workflows with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import BaseInlineFormSet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from approvals.workflows.models import Comparison, Step, Workflow
from approvals.workflows.selectors import NEVER_HELD
from approvals.workflows.services import StepPlan
from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from myaccount.users.names import canonical_key
from myaccount.web import formats
from myaccount.web.forms import validate_visible
from myaccount.web.one_row_admin import VersionedForm

MAX_PEOPLE: Final = 50
_GROUP_FIELDS: Final = ("groups", "escalate_to_groups")


class PeopleField(forms.CharField):
    """People by name, one a line: a list to choose from would be as long as the organisation is large."""

    widget = AdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"})

    def clean(self, value: Any) -> list[User]:
        """The people. Raises ValidationError with the names that nobody has."""
        text = str(super().clean(value))
        names = [name.strip() for name in re.split(r"[\n,;]", text) if name.strip()]
        if len(names) > MAX_PEOPLE:
            raise ValidationError(
                _("Name at most %(count)s people; make a group for more.") % {"count": MAX_PEOPLE}, code="too_many"
            )
        by_key = {canonical_key(name): name for name in names}
        found = User.objects.filter(Q(username_key__in=by_key) | Q(email_key__in=by_key)).order_by("username_key")
        people = list(found)
        unknown = by_key.keys() - {key for user in people for key in (user.username_key, user.email_key)}
        if unknown:
            listed = formats.listed(name for key, name in by_key.items() if key in unknown)
            raise ValidationError(_("Nobody signs in with this: %(names)s") % {"names": listed}, code="unknown")
        return people


def by_name(users: Iterable[User]) -> str:
    """People as the field shows them."""
    return "\n".join(sorted(user.username for user in users))


class WorkflowForm(VersionedForm):
    """What a workflow holds, and on which condition."""

    operations = forms.MultipleChoiceField(
        label=gettext_lazy("Operations"),
        choices=OperationKind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one operation.")},
    )
    claims = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Attributes"),
        queryset=Claim.objects.exclude(name__in=NEVER_HELD),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "For “Update claims”: changes of these wait. None chosen: of every one. The username, roles, the "
            "picture and the language are not among them."
        ),
    )

    class Meta:
        model = Workflow
        fields = (
            "name",
            "description",
            "is_active",
            "claims",
            "condition_claim",
            "condition_comparison",
            "condition_value",
        )
        help_texts = {
            "name": gettext_lazy("Where several would hold the same operation, the first by name does."),
            "is_active": gettext_lazy("Switched off it holds nothing more; what waits goes on waiting."),
            "condition_value": gettext_lazy(
                "As it is stored, capital or small: DE for a country, de for a language, 2026-12-31 for a day, true or "
                "false, +4930123456 for a number."
            ),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["operations"] = list(self.instance.operations.values_list("kind", flat=True))

    def clean_name(self) -> str:
        """Refuse invisible characters: the name decides which workflow comes first."""
        name: str = self.cleaned_data["name"]
        validate_visible(name)
        return name

    def clean_description(self) -> str:
        """Refuse invisible characters."""
        description: str = self.cleaned_data["description"]
        validate_visible(description)
        return description

    def clean(self) -> dict[str, Any]:
        """Attributes belong to an operation; a condition is whole or none."""
        values = super().clean() or self.cleaned_data
        if values.get("claims") and OperationKind.UPDATE_CLAIMS not in values.get("operations", ()):
            self.add_error("claims", _("Attributes are for “Update claims”, which is not chosen above."))
        self._check_condition(values)
        return values

    def _check_condition(self, values: dict[str, Any]) -> None:
        comparison, value = values.get("condition_comparison", ""), values.get("condition_value", "")
        if "condition_claim" not in values:
            return
        if values["condition_claim"] is None:
            if comparison or value:
                self.add_error("condition_claim", _("Choose an attribute, or leave the whole condition empty."))
            return
        if not comparison:
            self.add_error("condition_comparison", _("Choose how the attribute is compared."))
        elif comparison == Comparison.IS_EMPTY and value:
            self.add_error("condition_value", _("Nothing is compared with a value here: leave it empty."))
        elif comparison != Comparison.IS_EMPTY and not value:
            self.add_error("condition_value", _("Give the value that the attribute is compared with."))


class StepForm(forms.ModelForm[Step]):
    """Who is asked at one step, and who else after a while."""

    position = forms.IntegerField(
        label=gettext_lazy("Position"),
        min_value=1,
        max_value=99,
        required=False,
        help_text=gettext_lazy("The steps are put in this order and numbered anew. Empty: after the others."),
    )
    people = PeopleField(
        label=gettext_lazy("People"),
        required=False,
        help_text=gettext_lazy("Usernames or proven e-mail addresses, one a line."),
    )
    escalation_people = PeopleField(
        label=gettext_lazy("People asked then"),
        required=False,
        help_text=gettext_lazy("Usernames or proven e-mail addresses, one a line."),
    )

    class Meta:
        model = Step
        fields = ("needed", "groups", "escalate_after_hours", "escalate_to_groups")
        widgets = dict.fromkeys(_GROUP_FIELDS, forms.CheckboxSelectMultiple)
        labels = {
            "groups": gettext_lazy("Groups"),
            "escalate_to_groups": gettext_lazy("Groups asked then"),
            "escalate_after_hours": gettext_lazy("After so many hours"),
        }
        help_texts = {
            "needed": gettext_lazy("1 to 20. One “no” ends the request, whatever the others say."),
            "groups": gettext_lazy("Whoever is in one of them when it is their turn."),
            "escalate_after_hours": gettext_lazy("Counted from when the step is asked. Empty: nobody else is asked."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["position"] = self.instance.order
            self.initial["people"] = by_name(self.instance.users.all())
            self.initial["escalation_people"] = by_name(self.instance.escalate_to_users.all())

    def clean(self) -> dict[str, Any]:
        """Somebody is asked, enough of them, and whoever is asked later is asked at some time."""
        values = super().clean() or self.cleaned_data
        if values.get("DELETE"):
            return values
        self._check_approvers(values)
        later = values.get("escalation_people") or values.get("escalate_to_groups")
        if {"escalation_people", "escalate_to_groups", "escalate_after_hours"} <= values.keys():
            hours = values["escalate_after_hours"]
            if later and not hours:
                self.add_error("escalate_after_hours", _("Say after how many hours they are asked."))
            if hours and not later:
                self.add_error("escalation_people", _("Name whom to ask then, people or groups."))
        return values

    def _check_approvers(self, values: dict[str, Any]) -> None:
        if "people" not in values or "groups" not in values:
            return
        if not values["people"] and not values["groups"]:
            self.add_error("people", _("Name who is asked, people or groups."))
            return
        active = sum(user.is_active for user in values["people"])
        if not values["groups"] and values.get("needed", 0) > active:
            text = ngettext(
                "Only %(count)s person can be asked, so no more can have to agree.",
                "Only %(count)s people can be asked, so no more can have to agree.",
                active,
            )
            self.add_error("needed", text % {"count": active})

    @property
    def plan(self) -> StepPlan:
        """The step as it is wanted."""
        values = self.cleaned_data
        return StepPlan(
            users=frozenset(values["people"]),
            groups=frozenset(values["groups"]),
            needed=values["needed"],
            escalate_after_hours=values["escalate_after_hours"],
            escalate_to_users=frozenset(values["escalation_people"]),
            escalate_to_groups=frozenset(values["escalate_to_groups"]),
        )


class StepFormSet(BaseInlineFormSet[Step, Workflow, StepForm]):
    """The steps of a workflow, put in order."""

    @cached_property
    def _groups(self) -> list[tuple[int, str]]:
        """The groups there are, read once for all steps."""
        return [(group.pk, group.name) for group in Group.objects.order_by("name")]

    def add_fields(self, form: StepForm, index: int | None) -> None:
        """With the groups to choose from."""
        super().add_fields(form, index)
        for name in _GROUP_FIELDS:
            field: Any = form.fields[name]
            field.choices = self._groups

    def clean(self) -> None:
        """An active workflow asks somebody."""
        super().clean()
        if not any(self.errors) and self.instance.is_active and not self.plans():
            raise ValidationError(_("An active workflow needs at least one step with somebody to ask."))

    def plans(self) -> list[StepPlan]:
        """The steps as they are wanted, in order; those without a position come last."""
        filled = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        kept = [form for form in filled if form.instance.pk or form.has_changed()]
        return [form.plan for form in sorted(kept, key=lambda form: form.cleaned_data.get("position") or 100)]


class DryRunForm(forms.Form):
    """What somebody might ask for. With an input for each attribute that a condition looks at."""

    operation = forms.ChoiceField(label=gettext_lazy("Operation"), choices=OperationKind.choices)
    claim = forms.ModelChoiceField(
        label=gettext_lazy("Attribute"),
        queryset=Claim.objects.exclude(name__in=NEVER_HELD),
        required=False,
        help_text=gettext_lazy("For “Update claims”: which one would change."),
    )
    person = forms.CharField(
        label=gettext_lazy("Whom it is about"),
        required=False,
        max_length=254,
        widget=AdminTextInputWidget,
        help_text=gettext_lazy("Username or proven e-mail address. Empty for somebody who has no account yet."),
    )
    requester = forms.CharField(
        label=gettext_lazy("Who asks"),
        required=False,
        max_length=254,
        widget=AdminTextInputWidget,
        help_text=gettext_lazy("Empty: the person it is about."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        looked_at = Workflow.objects.filter(is_active=True).exclude(condition_claim=None).values("condition_claim")
        self.conditions = {f"value_{claim.name}": claim for claim in Claim.objects.filter(pk__in=looked_at)}
        for name, claim in self.conditions.items():
            self.fields[name] = forms.CharField(
                label=str(claim.shown_label),
                required=False,
                max_length=200,
                widget=AdminTextInputWidget,
                help_text=_("A condition looks at it. As it is stored; empty: what the person has."),
            )

    def clean_person(self) -> User | None:
        """The person, if one is named."""
        return _person(self.cleaned_data["person"])

    def clean_requester(self) -> User | None:
        """Who asks, if somebody is named."""
        return _person(self.cleaned_data["requester"])

    def clean(self) -> dict[str, Any]:
        """An attribute of which to try a change."""
        values = super().clean() or self.cleaned_data
        if values.get("operation") == OperationKind.UPDATE_CLAIMS and not values.get("claim"):
            self.add_error("claim", _("Choose the attribute that would change."))
        return values

    def values(self) -> dict[str, str]:
        """The values typed for conditions, by the attribute's name."""
        return {
            claim.name: self.cleaned_data[name] for name, claim in self.conditions.items() if self.cleaned_data[name]
        }


def _person(name: str) -> User | None:
    if not name:
        return None
    key = canonical_key(name)
    found = User.objects.filter(Q(username_key=key) | Q(email_key=key)).first()
    if found is None:
        raise ValidationError(_("Nobody signs in with this: %(names)s") % {"names": name}, code="unknown")
    return found
