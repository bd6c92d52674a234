"""Changes of attributes as operations: what is carried out, and what people read who decide about it.

Carried out over whatever there is by then: who agreed was shown the difference. What the rules refuse by then is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import (
    Action,
    Description,
    Execution,
    OperationImpossible,
    Property,
    Submission,
    register,
)
from myaccount.users.models import User
from myaccount.users.rights import may_change
from myaccount.users.selectors import find_by_uuid, is_name_taken
from myaccount.users.signals import ChangeRefused
from profile.contacts import SET_CONTACT, AddressTaken, set_contact
from profile.current import current_value
from profile.models import ContactKind, Profile
from profile.services import SET_ATTRIBUTE, set_attribute
from profile.values import shown_value, why_refused


def register_operations() -> None:
    """Make them known when Django starts."""
    kind = OperationKind.UPDATE_CLAIMS
    for name, carry_out in ((SET_ATTRIBUTE, _carry_out_attribute), (SET_CONTACT, _carry_out_contact)):
        register(Action(name, kind, carry_out, _describe, summarize=_summarize, newest_counts=True))


def _carry_out_attribute(submission: Submission, execution: Execution) -> bool:
    user, claim = _possible(submission, execution.by)
    value: str = submission.payload["value"]
    return set_attribute(
        user=user, claim=claim, value=value, opened_with=None, origin=execution.origin, now=execution.now,
        by=execution.by,
    )  # fmt: skip


def _carry_out_contact(submission: Submission, execution: Execution) -> bool:
    user, claim = _possible(submission, execution.by)
    proven_at = submission.payload["proven_at"]
    try:
        set_contact(
            user=user,
            kind=ContactKind(claim.name),
            value=submission.payload["value"],
            proven_at=datetime.fromisoformat(proven_at) if proven_at else None,
            origin=execution.origin,
            now=execution.now,
            by=execution.by,
            purpose=submission.payload["purpose"],
        )
    except AddressTaken as error:
        raise OperationImpossible(_taken()) from error
    except ChangeRefused as error:
        raise OperationImpossible(str(error)) from error
    return True


def _describe(submission: Submission) -> Description:
    """The attribute, and whether an address or number was proven to be the person's."""
    payload = submission.payload
    user, claim = _found(submission)
    if claim is None:
        return Description(
            (Property(label=payload["claim"], was=payload["was"], wanted=payload["value"], is_now=payload["was"]),),
            why_impossible=_why_impossible(submission, user, claim, submission.requester),
        )
    profile = Profile.objects.filter(user=user).first() if user else None
    now = current_value(claim.name, user=user, profile=profile) if user else ""
    nothing = _("Not given")
    values = {"was": payload["was"], "wanted": payload["value"], "is_now": now}
    properties = [
        Property(
            label=str(claim.shown_label), **{key: shown_value(claim, value) or nothing for key, value in values.items()}
        )
    ]
    if payload["value"] and submission.action == SET_CONTACT:
        answer = _("Yes") if payload["proven_at"] else _("No")
        properties.append(Property(label=_("Proven to be theirs"), wanted=answer))
    if payload.get("purpose"):
        properties.append(Property(label=_("Used as a second factor"), wanted=_("Yes")))
    return Description(tuple(properties), _why_impossible(submission, user, claim, submission.requester))


def _summarize(submissions: Sequence[Submission]) -> list[str]:
    """Organization: Mad Hatter Ltd → Tea Ltd."""
    payloads = [submission.payload for submission in submissions]
    claims = {claim.name: claim for claim in Claim.objects.filter(name__in={payload["claim"] for payload in payloads})}
    return [_in_short(payload, claims.get(payload["claim"])) for payload in payloads]


def _in_short(payload: Mapping[str, Any], claim: Claim | None) -> str:
    was, wanted = (shown_value(claim, payload[name]) if claim else payload[name] for name in ("was", "value"))
    label = str(claim.shown_label) if claim else payload["claim"]
    return f"{label}: {f'{was} → ' if was else ''}{wanted or _('Not given')}"


def _found(submission: Submission) -> tuple[User | None, Claim | None]:
    user = find_by_uuid(submission.subject_uuid)
    return user, Claim.objects.filter(name=submission.payload["claim"]).first()


def _possible(submission: Submission, by: User | None) -> tuple[User, Claim]:
    """Whose attribute it is, which nobody else changes until this transaction is over. Raises OperationImpossible."""
    user = find_by_uuid(submission.subject_uuid, is_locked=True)
    claim = Claim.objects.filter(name=submission.payload["claim"]).first()
    reason = _why_impossible(submission, user, claim, by)
    if reason or user is None or claim is None:
        raise OperationImpossible(reason)
    return user, claim


def _why_impossible(submission: Submission, user: User | None, claim: Claim | None, by: User | None) -> str:  # noqa: PLR0911 (one a reason)
    """What no longer allows it, as a sentence; empty if it can be done."""
    value: str = submission.payload["value"]
    if user is None:
        return _("There is no such account any more.")
    if claim is None:
        return _("There is no such attribute any more.")
    if by is not None and by.pk == user.pk:
        if not user.is_active:
            return _("The account is switched off.")
        if claim.is_fixed and value != submission.payload["was"]:
            return _("Only an administrator can change this.")
    elif not may_change(by, user):
        return _("Whoever asked for this may not change this person any more.")
    if submission.action == SET_ATTRIBUTE:
        return why_refused(claim, value)
    if claim.name == ContactKind.EMAIL and submission.payload["proven_at"] and is_name_taken(value, other_than=user):
        return _taken()
    return ""


def _taken() -> str:
    return _("Somebody else signs in with this address by now.")
