"""Deleting one's own account as an operation, which a workflow may hold until people agree."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from myaccount.deletion.models import AccountDeletion
from myaccount.deletion.selectors import deletion_settings, is_administrator, under_way
from myaccount.deletion.services import ACTION, Administrator, start
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Action, Description, Execution, OperationImpossible, Property, Submission
from myaccount.users.models import User


def carry_out(submission: Submission, execution: Execution) -> AccountDeletion:
    """Begin the cooling-off period. Raises OperationImpossible for an account that is gone or an administrator's."""
    user = _subject(submission)
    if user is None:
        raise OperationImpossible(_gone())
    if not user.is_active:
        raise OperationImpossible(_switched_off())
    try:
        return start(user=user, origin=execution.origin, now=execution.now)
    except Administrator as refused:
        raise OperationImpossible(_administrates()) from refused


def describe(submission: Submission) -> Description:
    """The account, and what would become of it."""
    user, days = _subject(submission), deletion_settings().cooling_off_days
    name = Property(label=_("Username"), wanted="", was=submission.subject_name, is_now=user.username if user else "")
    deleted = ngettext("After %(count)s day", "After %(count)s days", days) % {"count": days}
    return Description((name, Property(label=_("Deleted"), wanted=deleted)), why_impossible=_why_impossible(user))


def _subject(submission: Submission) -> User | None:
    return User.objects.filter(uuid=submission.subject_uuid).first() if submission.subject_uuid else None


def _why_impossible(user: User | None) -> str:
    if user is None:
        return _gone()
    if not user.is_active:
        return _switched_off()
    if is_administrator(user):
        return _administrates()
    return _("The account is being deleted already.") if under_way(user) else ""


def _gone() -> str:
    return _("There is no such account any more.")


def _switched_off() -> str:
    return _("The account is switched off.")


def _administrates() -> str:
    return _("It is the account of an administrator. Take away their rights first.")


DELETE_OWN_ACCOUNT = Action(name=ACTION, kind=OperationKind.DELETE_USER, carry_out=carry_out, describe=describe)
