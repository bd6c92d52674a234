"""A workflow as people read it: what happens, one box after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from approvals.workflows.models import Step, Workflow
from approvals.workflows.selectors import condition_in_words
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User

MAX_NAMES: Final = 8


@dataclass(frozen=True)
class Box:
    """One thing that happens. `kind`: asked, condition, step, done."""

    kind: str
    title: str
    lines: tuple[str, ...]


def drawing_of(workflow: Workflow, *, is_brief: bool = False) -> list[Box]:
    """From who asks to what is done; a brief one leaves out what is the same everywhere.

    Reads the operations, attributes and steps with whom they name: prefetch them.
    """

    def notes(text: str) -> tuple[str, ...]:
        return () if is_brief else (text,)

    boxes = [Box("asked", _("Somebody asks"), tuple(_operation(workflow, kind) for kind in _kinds(workflow)))]
    condition = condition_in_words(workflow)
    if condition:
        boxes.append(Box("condition", _("Only if"), (condition, *notes(_("Otherwise it is done at once.")))))
    steps = list(workflow.steps.all())
    boxes += [Box("step", _("Step %(number)s") % {"number": step.order}, tuple(_lines(step))) for step in steps]
    if not steps:
        return [*boxes, Box("done", _("It is done at once"), (_("There is no step: it holds nothing."),))]
    return [*boxes, Box("done", _("It is carried out"), notes(_("One “no” at any step ends it instead.")))]


def names_of(users: Iterable[User], groups: Iterable[Group]) -> str:
    """Groups and people in the order of their names, the first of many."""
    shown = [_("group “%(name)s”") % {"name": name} for name in sorted(group.name for group in groups)]
    shown += [
        user.username if user.is_active else _("%(name)s (switched off)") % {"name": user.username}
        for user in sorted(users, key=lambda user: user.username)
    ]
    return _listed(shown)


def _kinds(workflow: Workflow) -> list[OperationKind]:
    chosen = {operation.kind for operation in workflow.operations.all()}
    return [kind for kind in OperationKind if kind in chosen]


def _operation(workflow: Workflow, kind: OperationKind) -> str:
    claims = [str(claim.shown_label) for claim in workflow.claims.all()]
    if kind != OperationKind.UPDATE_CLAIMS or not claims:
        return str(kind.label)
    return _("%(operation)s: %(attributes)s") % {"operation": kind.label, "attributes": _listed(claims)}


def _lines(step: Step) -> Iterable[str]:
    text = ngettext("%(count)s of: %(names)s", "%(count)s of: %(names)s", step.needed)
    names = names_of(step.users.all(), step.groups.all()) or _("nobody")
    yield text % {"count": step.needed, "names": names}
    if step.escalate_after_hours:
        text = ngettext(
            "After %(count)s hour, also: %(names)s",
            "After %(count)s hours, also: %(names)s",
            step.escalate_after_hours,
        )
        names = names_of(step.escalate_to_users.all(), step.escalate_to_groups.all()) or _("nobody")
        yield text % {"count": step.escalate_after_hours, "names": names}


def _listed(names: list[str]) -> str:
    separator = pgettext("separator of a list", ", ")
    more = len(names) - MAX_NAMES
    if more <= 0:
        return separator.join(names)
    text = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more)
    return text % {"names": separator.join(names[:MAX_NAMES]), "count": more}
