"""Which workflow holds what somebody asks for, and whom it asks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.workflows.models import Comparison, Step, Workflow
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Submission, action_of
from myaccount.users.leaving import active_people
from myaccount.users.models import User
from myaccount.users.same_person import once_each

# Attributes whose changes no workflow holds: names change in Django admin only, roles are an operation of their own,
# a picture says nothing that anybody relies on, and the language is switched at the foot of every page.
NEVER_HELD: Final = ("username", "role", "picture", "locale")


MOST_ADMINISTRATORS: Final = 20


def workflow_for(submission: Submission) -> Workflow | None:
    """The first active workflow, by name, that holds this; None when it may be done at once. At most three queries.

    A workflow without steps holds nothing: nobody could ever agree.
    """
    kind = action_of(submission).kind
    return workflow_holding(kind, claims=submission.claims, attributes=submission.attributes)


def workflow_holding(kind: OperationKind, *, claims: Collection[str], attributes: Mapping[str, str]) -> Workflow | None:
    """The same for an operation nobody has asked for: which attributes it would change, and the values of all."""
    held = Workflow.objects.filter(is_active=True, operations__kind=kind, steps__isnull=False).distinct()
    for workflow in held.select_related("condition_claim").prefetch_related("claims"):
        if _concerns(workflow, kind, claims) and _fits(workflow, attributes):
            return workflow
    return None


def steps_of(workflow: Workflow) -> list[Step]:
    """The steps in order, with whom they name. Five queries."""
    return list(workflow.steps.prefetch_related("users", "groups", "escalate_to_users", "escalate_to_groups"))


def approvers(users: Iterable[User], groups: Iterable[Group]) -> QuerySet[User]:
    """The people who can be asked now: those named and those in the groups, as far as they are active."""
    named = Q(pk__in=[user.pk for user in users]) | Q(groups__in=[group.pk for group in groups])
    return active_people().filter(named).distinct().order_by("username_key")


def asked_in_the_end() -> list[User]:
    """Who is asked as well where all whom a step names are too few: people with all rights. One query."""
    return list(active_people().filter(is_superuser=True).order_by("pk")[:MOST_ADMINISTRATORS])


def problems(workflow: Workflow) -> list[str]:
    """Where too few people are asked at first, as things are now, a sentence a step. Five queries, and one a step."""
    found = []
    for step in steps_of(workflow):
        there = once_each(approvers(step.users.all(), step.groups.all()))[: step.needed].count()
        if there < step.needed:
            if not there:
                found.append(_("Nobody can be asked at step %(number)s now.") % {"number": step.order})
                continue
            text = ngettext(
                "At step %(number)s only %(count)s person can be asked now, and %(needed)s must agree.",
                "At step %(number)s only %(count)s people can be asked now, and %(needed)s must agree.",
                there,
            )
            found.append(text % {"number": step.order, "count": there, "needed": step.needed})
    return found


def names_of_those_that_ask(group: Group) -> list[str]:
    """The active workflows that name this group at a step, at first or when it takes too long. One query."""
    asking = Q(steps__groups=group) | Q(steps__escalate_to_groups=group)
    return list(Workflow.objects.filter(asking, is_active=True).distinct().values_list("name", flat=True))


def condition_in_words(workflow: Workflow) -> str:
    """“Country is “DE””; empty where it has none."""
    if workflow.condition_claim is None:
        return ""
    words = {
        Comparison.IS: _("%(attribute)s is “%(value)s”"),
        Comparison.IS_NOT: _("%(attribute)s is not “%(value)s”"),
        Comparison.CONTAINS: _("%(attribute)s contains “%(value)s”"),
        Comparison.IS_EMPTY: _("%(attribute)s is empty"),
    }
    values = {"attribute": workflow.condition_claim.shown_label, "value": workflow.condition_value}
    return words[Comparison(workflow.condition_comparison)] % values


def _concerns(workflow: Workflow, kind: OperationKind, claims: Collection[str]) -> bool:
    """Whether it is about one of the workflow's attributes: all that can be held where it names none."""
    if kind != OperationKind.UPDATE_CLAIMS:
        return True
    if claims and {*claims} <= {*NEVER_HELD}:
        return False
    named = {claim.name for claim in workflow.claims.all()}
    return not named or bool(named & {*claims})


def _fits(workflow: Workflow, attributes: Mapping[str, str]) -> bool:
    if workflow.condition_claim is None:
        return True
    value = attributes.get(workflow.condition_claim.name, "").strip().casefold()
    wanted = workflow.condition_value.strip().casefold()
    match Comparison(workflow.condition_comparison):
        case Comparison.IS:
            return value == wanted
        case Comparison.IS_NOT:
            return value != wanted
        case Comparison.CONTAINS:
            return wanted in value
        case Comparison.IS_EMPTY:
            return not value
