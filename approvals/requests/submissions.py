"""What is kept of a submission, and what becomes of it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.crypto import salted_hmac
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from approvals.requests.models import NAME_MAX_LENGTH, ApprovalRequest
from myaccount.operations import services as operations
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Description, Submission, is_known
from myaccount.operations.services import Kept

SHORT: Final = 120  # characters of what a list says of a request
NAMES: Final = ("given_name", "family_name")  # of whom it is about; found by them
SECRET_NAMES: Final = ("password", "secret", "token", "code", "answer", "hash")


def kept(submission: Submission) -> dict[str, Any]:
    """The fields of a request that keep a submission."""
    requester = submission.requester
    names = [submission.subject_name, *(submission.attributes.get(name, "") for name in ("email", *NAMES))]
    names += [requester.name, requester.username] if requester else []
    return {
        "action": submission.action,
        "subject_uuid": submission.subject_uuid,
        "subject_name": submission.subject_name[:NAME_MAX_LENGTH],
        "requester": requester,
        "requester_name": requester.name[:NAME_MAX_LENGTH] if requester else "",
        "payload": dict(submission.payload),
        "attributes": dict(submission.attributes),
        "claims": sorted(submission.claims),
        "digest": digest_of(submission),
        "search": " ".join(names).casefold()[: NAME_MAX_LENGTH * 6],
    }


def submission_of(request: ApprovalRequest) -> Submission:
    """What was asked for, exactly."""
    return Submission(
        action=request.action,
        payload=request.payload,
        subject_name=request.subject_name,
        subject_uuid=request.subject_uuid,
        requester=request.requester,
        attributes=request.attributes,
        claims=frozenset(request.claims),
    )


def waiting_about(subject_uuid: UUID, kind: OperationKind) -> list[Kept]:
    """What waits of this kind about this person, the oldest first. One query."""
    waiting = ApprovalRequest.objects.filter(subject_uuid=subject_uuid, kind=kind, finished_at=None)
    return [
        Kept(request.uuid, submission_of(request)) for request in waiting.select_related("requester").order_by("pk")
    ]


def digest_of(submission: Submission) -> str:
    """Equal for the same change of the same subject asked for by the same person; whatever its secrets are."""
    requester = str(submission.requester.uuid) if submission.requester else ""
    question = submission.key or [submission.subject_name, without_secrets(submission.payload)]
    text = json.dumps([submission.action, str(submission.subject_uuid), requester, question], sort_keys=True)
    return salted_hmac("approvals.request", text, algorithm="sha256").hexdigest()


def describe(request: ApprovalRequest) -> Description:
    """What would be done, in the language in use, and while it may still be done, what stands in its way."""
    description = _describe(request)
    return description if request.finished_at is None else Description(description.properties)


def _describe(request: ApprovalRequest) -> Description:
    submission = submission_of(request)
    if not is_known(submission):
        return Description((), why_impossible=_("This operation is no longer known here."))
    return Description(()) if request.is_forgotten else operations.describe(submission)


def summaries(requests: Sequence[ApprovalRequest]) -> list[str]:
    """What each would change, in a few words, in the language in use. Reads neither attributes nor requesters."""
    kept = [request for request in requests if not request.is_forgotten]
    submissions = [Submission(request.action, request.payload, request.subject_name) for request in kept]
    texts = {request.pk: text for request, text in zip(kept, operations.summarize(submissions), strict=True)}
    return [Truncator(texts.get(request.pk, "")).chars(SHORT) for request in requests]


def fingerprint(description: Description) -> str:
    """Stands in a form for what an approver was shown."""
    shown = [[p.label, p.was, p.wanted, p.is_now] for p in description.properties]
    text = json.dumps([shown, description.why_impossible])
    return salted_hmac("approvals.description", text, algorithm="sha256").hexdigest()[:32]


def without_secrets(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as it may be kept: without members whose name tells of a secret. What those hold is not looked at."""
    return {name: value for name, value in payload.items() if not _is_secret(name)}


def _is_secret(name: str) -> bool:
    return any(secret in name.casefold() for secret in SECRET_NAMES)


def title_of(request: ApprovalRequest) -> str:
    """What is asked for, in short: Add user “d.hare”."""
    return title(request.kind, request.subject_name)


def title(kind: str, subject_name: str) -> str:
    """The same from its parts."""
    return _("%(operation)s “%(subject)s”") % {"operation": OperationKind(kind).label, "subject": subject_name}
