"""Workflows for tests, and filling in the form of one the way a browser does."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from approvals.workflows.models import Step, Workflow, WorkflowOperation
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User

LIST = reverse("admin:approvals_workflow_changelist")
ADD = reverse("admin:approvals_workflow_add")
DRY_RUN = reverse("admin:approvals_workflow_dry_run")


def make_workflow(
    name: str = "Four eyes",
    *kinds: OperationKind,
    steps: tuple[dict[str, Any], ...] = ({},),
    **fields: Any,
) -> Workflow:
    """A workflow; each step names `users` and `groups`, and whatever else it has."""
    workflow = Workflow(name=name, **fields)
    workflow.save()
    for kind in kinds or (OperationKind.DELETE_USER,):
        WorkflowOperation.objects.create(workflow=workflow, kind=kind)
    for order, step in enumerate(steps, start=1):
        many = {key: step[key] for key in ("users", "groups", "escalate_to_users", "escalate_to_groups") if key in step}
        row = Step.objects.create(
            workflow=workflow, order=order, **{key: value for key, value in step.items() if key not in many}
        )
        for key, values in many.items():
            getattr(row, key).set(values)
    return workflow


def form_of(workflow: Workflow) -> str:
    return reverse("admin:approvals_workflow_change", args=[workflow.pk])


def step(*people: User | str, groups: tuple[Group, ...] = (), needed: int = 1, **more: Any) -> dict[str, Any]:
    """What is typed for a step."""
    return {
        "people": "\n".join(str(person) for person in people),
        "groups": [group.pk for group in groups],
        "needed": needed,
        **more,
    }


def typed(*steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What is posted for a new workflow with these steps."""
    data: dict[str, Any] = {
        "name": "Four eyes",
        "is_active": "on",
        "operations": [OperationKind.DELETE_USER.value],
        "opened_version": 0,
        "steps-TOTAL_FORMS": len(steps),
        "steps-INITIAL_FORMS": 0,
        **{f"steps-{number}-{key}": value for number, one in enumerate(steps) for key, value in one.items()},
        **fields,
    }
    return {name: value for name, value in data.items() if value is not None}


def filled_in(client: Client, workflow: Workflow, **changes: Any) -> dict[str, Any]:
    """What a browser would send from the form of a workflow after these changes."""
    response = client.get(form_of(workflow))
    form = response.context["adminform"].form
    (inline,) = response.context["inline_admin_formsets"]
    sheets = [form, inline.formset.management_form, *inline.formset.forms]
    values = {sheet[name].html_name: sheet[name].value() for sheet in sheets for name in sheet.fields}
    return {name: v for name, v in {**values, **changes}.items() if v is not None and v is not False}


def errors_of(response: Any) -> str:
    """All that a form that was refused says, as one text."""
    assert response.status_code == 200
    formset = response.context["inline_admin_formsets"][0].formset
    found = [response.context["adminform"].form.errors, *formset.errors, formset.non_form_errors()]
    return " ".join(str(errors) for errors in found)
