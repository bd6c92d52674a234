"""Has done what people have agreed to. A crash between the last decision and its effect is made up for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from approvals.requests import endings
from approvals.requests.models import ApprovalRequest, RequestState
from approvals.requests.submissions import submission_of
from myaccount.activity.services import SYSTEM
from myaccount.operations import services as operations
from myaccount.operations.registry import Execution, OperationImpossible
from myaccount.users.models import User

logger = logging.getLogger(__name__)

_PAUSES: Final = [timedelta(minutes=m) for m in (1, 2, 5, 15, 60)]


def carry_out(request_pk: int, *, now: datetime) -> None:
    """Do it, once: effect, event, message and state in one transaction, from AGREED alone (security 87).

    What can no longer be done ends as failed, with the reason. What fails in a way nobody foresaw stays agreed, and
    is tried again, later and later.
    """
    try:
        with transaction.atomic():
            _carry_out(request_pk, now=now)
    except Exception:
        logger.exception("request %s could not be carried out", request_pk)
        _postpone(request_pk, now=now)


def _carry_out(request_pk: int, *, now: datetime) -> None:
    request = ApprovalRequest.objects.select_for_update().filter(pk=request_pk, state=RequestState.AGREED).first()
    if request is None:
        return
    requester = request.requester
    state, reason = RequestState.APPROVED, ""
    with translation.override(requester.language if requester and requester.language else settings.LANGUAGE_CODE):
        try:
            _do(request, now=now)
        except OperationImpossible as impossible:
            state, reason = RequestState.FAILED, str(impossible)
    request.refresh_from_db(fields=["requester", "payload"])  # what was done may have been the erasing of either
    endings.finish(request, state, reason=reason, origin=SYSTEM, now=now, requester=requester)


def _do(request: ApprovalRequest, *, now: datetime) -> None:
    """Have it done. Whose account it made is kept, so that the request is forgotten with the account."""
    if request.is_forgotten:
        raise OperationImpossible(_("There is no such account any more."))
    done = operations.carry_out(submission_of(request), Execution(by=request.requester, now=now))
    if request.subject_uuid is None and isinstance(done, User):
        request.subject_uuid = done.uuid
        request.save(update_fields=["subject_uuid"])


@transaction.atomic
def _postpone(request_pk: int, *, now: datetime) -> None:
    request = ApprovalRequest.objects.select_for_update().filter(pk=request_pk, state=RequestState.AGREED).first()
    if request is not None:
        request.next_attempt_at = now + _PAUSES[min(request.attempts, len(_PAUSES) - 1)]
        request.attempts += 1
        request.save(update_fields=["attempts", "next_attempt_at"])


def resume(*, now: datetime, batch: int = 100) -> int:
    """Carry out what is agreed and due: its process died, or it failed before. Returns how many were tried."""
    due = ApprovalRequest.objects.filter(state=RequestState.AGREED, next_attempt_at__lte=now)
    keys = list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:batch])
    for key in keys:
        carry_out(key, now=now)
    return len(keys)
