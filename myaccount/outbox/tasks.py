"""Background jobs of the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks import task

from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic


@task()
def deliver(message_id: str) -> None:
    """Try to send one message."""
    from myaccount.outbox import services  # noqa: PLC0415 (services queue this job)

    services.attempt(message_id, now=timezone.now())


@periodic("outbox: queue lost messages anew", every=timedelta(minutes=1))
def requeue_lost(now: datetime) -> None:
    """A message whose worker died is tried again."""
    from myaccount.outbox import services  # noqa: PLC0415

    services.requeue_lost(now=now)


@periodic("outbox: forget old messages", every=timedelta(minutes=10))
def forget_old(now: datetime) -> None:
    """What left long ago goes, and so do the finished jobs that carried it."""
    from myaccount.outbox import services  # noqa: PLC0415

    until_done(lambda: services.forget_old(now=now))
    until_done(lambda: services.forget_finished_jobs(now=now))
