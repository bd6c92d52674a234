"""Workflows in Django admin: made, drawn, tried."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.workflows import services
from approvals.workflows.drawing import drawing_of
from approvals.workflows.dry_run import dry_run
from approvals.workflows.forms import DryRunForm, StepForm, StepFormSet, WorkflowForm
from approvals.workflows.models import Step, Workflow
from approvals.workflows.selectors import problems
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from myaccount.web.requests import origin
from myaccount.web.services import ChangedMeanwhile
from profile.current import attributes_of

_FLOW = "admin/approvals/workflow/flow.html"
_WITH_STEPS = (
    "operations", "claims", "steps__users", "steps__groups", "steps__escalate_to_users", "steps__escalate_to_groups",
)  # fmt: skip


class StepInline(admin.StackedInline[Step, Workflow]):
    """The steps, one after the other."""

    model = Step
    form = StepForm
    formset = StepFormSet  # type: ignore[assignment]  # of our form
    extra = 1
    verbose_name_plural = pgettext_lazy("workflow", "Steps, in order: each is asked when the one before has agreed")
    fieldsets = (
        (None, {"fields": ["position", "people", "groups", "needed"]}),
        (
            gettext_lazy("If nobody answers"),
            {"fields": ["escalate_after_hours", "escalation_people", "escalate_to_groups"], "classes": ["collapse"]},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        names = ("users", "groups", "escalate_to_users", "escalate_to_groups")
        return super().get_queryset(request).prefetch_related(*names)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Our form's widgets as they are: no button beside them that makes a group."""
        return db_field.formfield(**kwargs)


@admin.register(Workflow)
class WorkflowAdmin(admin.ModelAdmin[Workflow]):
    """Which operations wait, and for whom."""

    form = WorkflowForm
    inlines = (StepInline,)
    list_display = ("name", "is_active", "flow")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name",)
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    readonly_fields = ("drawing",)

    # What is shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        return super().get_queryset(request).select_related("condition_claim").prefetch_related(*_WITH_STEPS)

    def get_fieldsets(self, request: HttpRequest, obj: Workflow | None = None) -> Any:
        drawing = [(_("How it goes"), {"fields": ["drawing"]})] if obj else []
        if obj is not None and not self.has_change_permission(request, obj):
            return [*drawing, (None, {"fields": ["name", "description", "is_active"]})]
        about = _("Changes here hold for what is asked for from now on. Requests that wait keep what they were asked.")
        return [
            *drawing,
            (
                None,
                {"fields": ["name", "description", "is_active", "opened_version"], "description": about if obj else ""},
            ),
            (_("What it holds"), {"fields": ["operations", "claims"]}),
            (
                _("Only if"),
                {
                    "fields": ["condition_claim", "condition_comparison", "condition_value"],
                    "description": _("A condition on an attribute of the person it is about. Empty: always."),
                },
            ),
        ]

    def get_inline_instances(self, request: HttpRequest, obj: Workflow | None = None) -> list[Any]:
        """Whoever may only look sees the steps in the drawing."""
        may = self.has_change_permission(request, obj) or (obj is None and self.has_add_permission(request))
        return super().get_inline_instances(request, obj) if may else []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Selects without the buttons beside them: attributes are made elsewhere."""
        if db_field.name in ("claims", "condition_claim"):
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("steps"))
    def flow(self, obj: Workflow) -> SafeString:
        """The drawing, briefly."""
        return render_to_string(_FLOW, {"boxes": drawing_of(obj, is_brief=True)})

    @admin.display(description=gettext_lazy("Steps"))
    def drawing(self, obj: Workflow) -> SafeString:
        """The drawing, as it was saved."""
        return render_to_string(_FLOW, {"boxes": drawing_of(obj), "is_tall": True})

    # What is saved

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a form that was opened before somebody else saved with the workflow as it is now (security 28)."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ChangedMeanwhile:
            text = _("Somebody else changed this workflow meanwhile. Nothing was saved: look at it as it is now.")
            messages.error(request, text)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Workflow, form: ModelForm[Any], change: Any) -> None:
        """Nothing yet: `save_related` saves the workflow with its steps, at once."""

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: Any) -> None:
        """Save all of it, and write the event, in one transaction; say where nobody could agree."""
        values = form.cleaned_data
        (steps,) = formsets
        request.workflow_changed = services.save_workflow(  # type: ignore[attr-defined]
            new=form.instance,
            operations=[OperationKind(kind) for kind in values["operations"]],
            claims=values["claims"],
            steps=steps.plans(),
            opened_version=values["opened_version"],
            by=cast("User", request.user),
            origin=origin(request),
            now=timezone.now(),
        )
        for text in problems(form.instance):
            messages.warning(request, text)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: Any = False) -> Any:  # noqa: FBT002 (Django's)
        """What changed, for admin's own record."""
        changed: list[str] = request.workflow_changed  # type: ignore[attr-defined]
        if add:
            return [{"added": {}}]
        return [{"changed": {"fields": [name.replace("_", " ") for name in changed]}}] if changed else []

    # Removing

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One at a time: each is asked about."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What it means for what waits, instead of every row that goes."""
        text = _("It holds nothing any more. Requests that wait keep what they were asked, and go on waiting.")
        return [*(str(obj) for obj in objs), text], {str(self.opts.verbose_name): len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Workflow) -> None:
        """With its event."""
        services.delete_workflow(
            workflow=obj, by=cast("User", request.user), origin=origin(request), now=timezone.now()
        )

    # Trying

    def get_urls(self) -> list[Any]:
        """One page more."""
        dry_run_view = self.admin_site.admin_view(self.dry_run_view)
        return [path("dry-run/", dry_run_view, name="approvals_workflow_dry_run"), *super().get_urls()]

    def dry_run_view(self, request: HttpRequest) -> HttpResponse:
        """Who would be asked, if somebody asked for something now. Writes nothing."""
        if not self.has_view_permission(request) or not request.user.has_perm("users.view_user"):
            raise PermissionDenied(_("This page is for administrators who may see workflows and people."))
        form = DryRunForm(request.GET or None)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Dry run"),
            "opts": self.opts,
            "form": form,
            "result": _tried(form) if form.is_valid() else None,
            "list_url": reverse("admin:approvals_workflow_changelist"),
        }
        return TemplateResponse(request, "admin/approvals/workflow/dry_run.html", context)


def _tried(form: DryRunForm) -> Any:
    values = form.cleaned_data
    person: User | None = values["person"]
    claim = values["claim"]
    return dry_run(
        OperationKind(values["operation"]),
        claims={claim.name} if claim else set(),
        attributes={**(attributes_of(person) if person else {}), **form.values()},
        requester=values["requester"] or person,
        subject=person,
    )
