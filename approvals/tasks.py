"""Periodic jobs of approvals."""

from __future__ import annotations

from datetime import datetime, timedelta

from approvals.requests import services, telling, upkeep
from approvals.requests.execution import resume
from approvals.requests.models import RequestStep
from approvals.requests.tasks import tell
from myaccount.schedule.batches import MOST_AT_ONCE, until_done
from myaccount.schedule.registry import periodic


@periodic("approvals: carry out what was agreed", every=timedelta(minutes=1))
def resume_agreed(now: datetime) -> None:
    """What was agreed to and not carried out, because a process died or something failed."""
    resume(now=now)


@periodic("approvals: tell approvers who were not told", every=timedelta(minutes=1))
def tell_missed(now: datetime) -> None:
    """Steps whose job was lost with its worker."""
    untold = RequestStep.objects.exclude(tell_after=None).filter(opened_at__lt=now - timedelta(minutes=2))
    for key in untold.order_by("opened_at").values_list("pk", flat=True)[:MOST_AT_ONCE]:
        tell.enqueue(key)


@periodic("approvals: ask others where it takes too long", every=timedelta(minutes=5))
def escalate(now: datetime) -> None:
    """Steps that have been open for longer than their workflow says, and those at which too few people are left."""
    until_done(lambda: upkeep.escalate_overdue(now=now))
    after = upkeep.escalate_deserted(now=now)
    while after:
        after = upkeep.escalate_deserted(now=now, after=after)


@periodic("approvals: give back what people who left had claimed", every=timedelta(minutes=5))
def release_abandoned(now: datetime) -> None:  # noqa: ARG001 (every job is given it)
    """Nobody else would see those tasks."""
    until_done(upkeep.release_abandoned)


@periodic("approvals: send daily mails to approvers", every=timedelta(minutes=30))
def send_digests(now: datetime) -> None:
    """To those who want one mail a day, about when they said so."""
    until_done(lambda: telling.send_digests(now=now))


@periodic("approvals: forget old requests", every=timedelta(hours=6))
def forget_old(now: datetime) -> None:
    """Those that ended more than a year ago, a batch at a time."""
    until_done(lambda: services.forget_old(now=now))
