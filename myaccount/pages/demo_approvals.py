"""Approvals of the demonstration: a workflow that Bob's group decides about, something that waits, and registration."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib.auth.models import Group

from approvals.workflows.models import Step, Workflow, WorkflowOperation
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from myaccount.registration.models import RegistrationSettings
from myaccount.users.models import User
from profile.services import change_attribute, fingerprint

_NAME: Final = "New people and departments"


def add_approvals(*, now: datetime) -> None:
    """Let people register, have the approvers asked about it and about departments, and let Carol have asked.

    What an administrator has set up since stays as it is.
    """
    if not RegistrationSettings.objects.exists():
        RegistrationSettings(is_allowed=True).save()
    if Workflow.objects.exists():
        return
    workflow = Workflow.objects.create(name=_NAME, description="Departments have budgets, and new people need a desk.")
    for kind in (OperationKind.SELF_REGISTER_USER, OperationKind.UPDATE_CLAIMS):
        WorkflowOperation.objects.create(workflow=workflow, kind=kind)
    department = Claim.objects.get(name="department")
    workflow.claims.set([department])
    step = Step.objects.create(workflow=workflow, order=1)
    step.groups.set([Group.objects.get(name="Approvers")])
    carol = User.objects.get(username_key="carol")
    change_attribute(
        user=carol, claim=department, value="Translations", opened_with=fingerprint(""), origin=SYSTEM, now=now
    )
