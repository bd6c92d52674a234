"""Keeps what a workflow holds, and ends it without a decision. Deciding is in `decisions`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from approvals.requests import endings, steps, telling
from approvals.requests.models import ApprovalRequest, ApprovalTask, MailChoice, Mails, RequestState
from approvals.requests.submissions import kept
from approvals.workflows.models import Workflow
from approvals.workflows.selectors import workflow_for
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, Origin, record
from myaccount.operations.registry import OperationImpossible, Submission, action_of
from myaccount.operations.services import Waiting
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User

KEPT_FOR: Final = timedelta(days=365)
KEPT_OF_NOBODY_FOR: Final = timedelta(days=30)  # where it was about somebody who got no account
OF_ONESELF_A_DAY: Final = 30


class NoLongerWaiting(Exception):  # noqa: N818
    """It was decided, or has ended otherwise."""


@transaction.atomic
def hold(submission: Submission, origin: Origin, now: datetime) -> Waiting | None:
    """Keep what a workflow holds as a request, and ask at its first step. None for what no workflow holds.

    What the same person asks for again while it waits is the request there is, with the newest secrets. Who asks for
    another value of their own attribute takes back what waits of it: two would contradict each other. Raises
    OperationImpossible for who asks for very many changes of themselves a day: each is a mail to many (security 44).
    """
    workflow = workflow_for(submission)
    if workflow is None:
        return None
    fields = kept(submission)
    if action_of(submission).newest_counts and _is_about_oneself(submission):
        _withdraw_other_values(fields, origin=origin, now=now)
    earlier = _waiting(fields["digest"])
    if earlier is not None:
        ApprovalRequest.objects.filter(uuid=earlier, state=RequestState.WAITING).update(payload=fields["payload"])
        return Waiting(earlier)
    if _asks_too_much(submission, now=now):
        raise OperationImpossible(_("You have asked for very many changes today. Try again tomorrow."))
    try:
        with transaction.atomic():
            request = ApprovalRequest.objects.create(
                **fields,
                kind=action_of(submission).kind,
                workflow=workflow,
                workflow_name=workflow.name,
                description=workflow.description,
                created_at=now,
            )
    except IntegrityError:  # the same was asked for at the same moment
        other = _waiting(fields["digest"])
        if other is None:
            raise
        return Waiting(other)
    _begin(request, workflow, origin=origin, now=now)
    return Waiting(request.uuid)


def _waiting(digest: str) -> UUID | None:
    waiting = ApprovalRequest.objects.filter(digest=digest, state__in=[RequestState.WAITING, RequestState.AGREED])
    return waiting.values_list("uuid", flat=True).first()


def _is_about_oneself(submission: Submission) -> bool:
    return submission.requester is not None and submission.requester.uuid == submission.subject_uuid


def _withdraw_other_values(fields: Mapping[str, Any], *, origin: Origin, now: datetime) -> None:
    """Take back what the person asked for before of the same attribute. One question of a person at a time does so.

    What is decided at this moment is left alone: it has its answer, or the next question takes it back.
    """
    person: User = fields["requester"]
    list(User.objects.filter(pk=person.pk).select_for_update(no_key=True).values_list("pk", flat=True))
    same = {name: fields[name] for name in ("requester", "subject_uuid", "action", "claims")}
    waiting = ApprovalRequest.objects.filter(**same, state=RequestState.WAITING).exclude(digest=fields["digest"])
    for request in waiting.select_for_update(skip_locked=True).order_by("pk"):
        _take_back(request, by=person, origin=origin, now=now)


def _asks_too_much(submission: Submission, *, now: datetime) -> bool:
    person = submission.requester
    if person is None or not _is_about_oneself(submission):
        return False
    own = ApprovalRequest.objects.filter(requester=person, subject_uuid=person.uuid).order_by("-pk")
    newest = own.values_list("created_at", flat=True)[OF_ONESELF_A_DAY - 1 : OF_ONESELF_A_DAY]
    return any(created_at > now - timedelta(days=1) for created_at in newest)


def _begin(request: ApprovalRequest, workflow: Workflow, *, origin: Origin, now: datetime) -> None:
    steps.copy(workflow, request)
    data = {"operation": request.kind}
    record(EventKind.OPERATION_REQUESTED, user=request.requester, origin=origin, now=now, data=data)
    steps.open_next(request, now=now)


@transaction.atomic
def withdraw(*, request_pk: int, by: User, origin: Origin, now: datetime) -> None:
    """Take one's own request back while it waits. Those who have claimed a task of it are told."""
    request = _locked(request_pk, states=(RequestState.WAITING,))
    if request.requester_id != by.pk:
        raise PermissionError("only who asked for it takes it back")
    _take_back(request, by=by, origin=origin, now=now)


def _take_back(request: ApprovalRequest, *, by: User, origin: Origin, now: datetime) -> None:
    telling.no_longer_waiting(request, now=now)
    endings.finish(request, RequestState.WITHDRAWN, reason="", origin=origin, now=now, requester=by)


@transaction.atomic
def cancel(*, request_pk: int, by: User, reason: str, origin: Origin, now: datetime) -> None:
    """End a request nobody can or should decide, as an administrator. Its requester is told the reason."""
    request = _locked(request_pk, states=(RequestState.WAITING, RequestState.AGREED))
    telling.no_longer_waiting(request, now=now)
    endings.finish(
        request, RequestState.CANCELLED, reason=reason, origin=origin, now=now, requester=request.requester, by=by
    )


def _locked(request_pk: int, *, states: tuple[RequestState, ...]) -> ApprovalRequest:
    request = ApprovalRequest.objects.select_for_update().get(pk=request_pk)
    if request.state not in states:
        raise NoLongerWaiting
    return request


def lock_what_waits(person: User) -> None:
    """Let nobody decide what somebody asks for, what is asked for about them, or what they have claimed."""
    claimed = ApprovalTask.objects.filter(claimed_by=person).values("request")
    theirs = Q(requester=person) | Q(subject_uuid=person.uuid) | Q(pk__in=claimed)
    waiting = ApprovalRequest.objects.filter(theirs, state=RequestState.WAITING).order_by("pk")
    list(waiting.select_for_update().values_list("pk", flat=True))


@transaction.atomic
def forget_person(*, user: User, now: datetime, by: User | None) -> None:
    """End what waits of an erased account and about it, and leave of all of it the account's public id.

    Whoever is erased is told nothing of it. What is agreed ends when it is carried out: it may be this very erasure.
    """
    concerned = ApprovalRequest.objects.filter(Q(requester=user) | Q(subject_uuid=user.uuid))
    for request in concerned.filter(state=RequestState.WAITING).select_for_update().order_by("pk"):
        telling.no_longer_waiting(request, now=now)
        requester = request.requester
        if requester == user:
            request.requester = None
        endings.finish(request, RequestState.CANCELLED, reason="", origin=SYSTEM, now=now, requester=requester, by=by)
    about, of = concerned.filter(subject_uuid=user.uuid), concerned.filter(requester=user)
    about.update(subject_name=str(user.uuid), search="", attributes={}, payload={})
    of.update(requester_name=str(user.uuid), search="")


@transaction.atomic
def choose_mails(*, user: User, mails: Mails, now: datetime) -> None:
    """Remember when an approver wants to be mailed; the first daily mail comes a day from now."""
    next_digest_at = now + telling.A_DAY if mails == Mails.DAILY else None
    MailChoice.objects.update_or_create(user=user, defaults={"mails": mails, "next_digest_at": next_digest_at})


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete requests that ended long ago, with their steps and tasks. Returns how many rows went.

    A year ago; thirty days where they were about somebody who got no account, and could not have it erased.
    """
    of_nobody = ApprovalRequest.objects.filter(subject_uuid=None, finished_at__lt=now - KEPT_OF_NOBODY_FOR)
    old = ApprovalRequest.objects.filter(finished_at__lt=now - KEPT_FOR)
    return delete_batch(of_nobody, size=batch) + delete_batch(old, size=batch)
