"""The rules of signing in, in Django admin. Account recovery has pages of its own, which are found through here."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from myaccount.users.models import User
from myaccount.web.one_row_admin import OneRowAdmin, VersionedForm
from myaccount.web.requests import origin
from security.factors.kinds import ENROLLABLE, FIRST, SECOND, Authenticator
from security.policy.models import AuthenticationChain, ChainStep, Requirement, SignInPolicy
from security.policy.selectors import active_chains, later_steps, sign_in_policy
from security.policy.services import chain_changed, change_policy
from security.recovery import admin as recovery_admin
from security.recovery.questions import admin as questions_admin

__all__ = ["questions_admin", "recovery_admin"]

_METHODS = [(kind.value, kind.label) for kind in SECOND]


class PolicyForm(VersionedForm):
    """Who has to have a second factor, which ones, and how long a browser can be trusted."""

    groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Groups"),
        queryset=Group.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Whose members have to have one, when “the groups chosen below” is chosen above."),
    )
    allowed_methods = forms.MultipleChoiceField(
        label=gettext_lazy("Allowed methods"),
        choices=_METHODS,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "What people may set up. Whoever has only one that is no longer allowed is still asked for it: "
            "better than asking for nothing. Security devices withstand forged sites; SMS is the weakest."
        ),
    )

    class Meta:
        model = SignInPolicy
        fields = ("requirement", "groups", "grace_days", "allowed_methods", "trust_days")
        widgets = {"requirement": forms.RadioSelect}
        help_texts = {
            "grace_days": gettext_lazy(
                "0 to 365, counted from when this was asked for or the person joined, whichever is later. Until then "
                "they can put it off at sign-in. Administrators cannot: Django admin stays closed to them until they "
                "have one."
            ),
            "trust_days": gettext_lazy("0 to 90. 0 means that no browser can be trusted."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requirement"].choices = Requirement.choices  # type: ignore[attr-defined]  # without the empty one

    def clean_allowed_methods(self) -> list[str]:
        """Something has to be left that can be set up, and not SMS alone (security 63)."""
        chosen: list[str] = self.cleaned_data["allowed_methods"]
        if not {*chosen} & {Authenticator.DEVICE, Authenticator.TOTP}:
            raise ValidationError(_("Allow security devices or authenticator apps: SMS alone is too weak."))
        return chosen

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("requirement") == Requirement.GROUPS and not values.get("groups"):
            self.add_error("groups", _("Choose at least one group."))
        chosen = {*values.get("allowed_methods", ())}
        blocked = [chain.name for chain in active_chains() if any(not step & chosen for step in later_steps(chain))]
        if chosen and blocked:
            text = _("Nobody could follow these chains without it: %(names)s. Change them first.")
            self.add_error("allowed_methods", text % {"names": ", ".join(blocked)})
        return values


@admin.register(SignInPolicy)
class SignInPolicyAdmin(OneRowAdmin[SignInPolicy]):
    """Who has to have a second factor, and which."""

    form = PolicyForm
    current = staticmethod(sign_in_policy)
    fieldsets = (
        (gettext_lazy("Second factors"), {"fields": ["requirement", "groups", "grace_days", "allowed_methods"]}),
        (gettext_lazy("Trusted browsers"), {"fields": ["trust_days", "opened_version"]}),
    )

    def save_model(self, request: HttpRequest, obj: SignInPolicy, form: ModelForm[Any], change: Any) -> None:
        """Save, and write the event, in one transaction."""
        change_policy(
            new=obj,
            groups=form.cleaned_data["groups"],
            opened_version=form.cleaned_data["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Nothing is left to do: `change_policy` has set the groups."""


class StepForm(forms.ModelForm[ChainStep]):
    """One step: which authenticators satisfy it."""

    authenticators = forms.MultipleChoiceField(
        label=gettext_lazy("Any of these"),
        choices=[(kind.value, kind.label) for kind in (*FIRST, *SECOND) if kind != Authenticator.LINKED_ACCOUNT],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ChainStep
        fields = ("order", "authenticators")


class StepFormSet(BaseInlineFormSet[ChainStep, AuthenticationChain, StepForm]):
    """The steps of a chain, checked together."""

    def add_fields(self, form: StepForm, index: int | None) -> None:
        """Name the inputs for those who do not see the heading of their column."""
        super().add_fields(form, index)
        for name in {"order", "DELETE"} & form.fields.keys():
            form.fields[name].widget.attrs["aria-label"] = form.fields[name].label

    def clean(self) -> None:
        """The first step begins a sign-in; every later one is something a person can set up."""
        super().clean()
        rows = [row.cleaned_data for row in self.forms if getattr(row, "cleaned_data", None)]
        rows = [row for row in rows if not row.get("DELETE") and row.get("authenticators")]
        steps = [{*row["authenticators"]} for row in sorted(rows, key=lambda row: row["order"])]
        if not steps:
            raise ValidationError(_("A chain needs at least one step."))
        if not steps[0] <= {*FIRST}:
            raise ValidationError(_("The first step begins the sign-in: it can only be the password or a passkey."))
        for step in steps[1:]:
            if not step <= {*SECOND}:
                raise ValidationError(_("The password and passkeys belong to the first step."))
            if not step & {*ENROLLABLE}:
                raise ValidationError(_("Backup codes alone cannot be a step: people could not set up what they lack."))
            if not step & {*sign_in_policy().enrollable}:
                raise ValidationError(_("The sign-in policy allows nothing that satisfies one of these steps."))


class StepInline(admin.TabularInline[ChainStep, AuthenticationChain]):
    """The steps, in order."""

    model = ChainStep
    form = StepForm
    formset = StepFormSet  # type: ignore[assignment]  # of our form
    extra = 2
    verbose_name_plural = pgettext_lazy("authentication chain", "Steps, in order: each has to be satisfied")


class ChainForm(forms.ModelForm[AuthenticationChain]):
    """A chain and its conditions."""

    groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only for members of"),
        queryset=Group.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: for everybody."),
    )

    class Meta:
        model = AuthenticationChain
        fields = ("name", "application", "order", "is_active", "groups", "only_new_browser")


@admin.register(AuthenticationChain)
class AuthenticationChainAdmin(admin.ModelAdmin[AuthenticationChain]):
    """Ordered steps of signing in, for whom and where they hold."""

    form = ChainForm
    inlines = (StepInline,)
    list_display = ("name", "application", "order", "is_active", "only_new_browser")
    ordering = ("order", "pk")
    show_facets = admin.ShowFacets.NEVER

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        self._record(request, form.instance, "changed" if change else "added")

    def delete_model(self, request: HttpRequest, obj: AuthenticationChain) -> None:
        self._record(request, obj, "deleted")
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Chains are deleted one at a time, so that each leaves its event."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def _record(self, request: HttpRequest, chain: AuthenticationChain, what: str) -> None:
        chain_changed(chain=chain, what=what, by=cast("User", request.user), origin=origin(request), now=timezone.now())
