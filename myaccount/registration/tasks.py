"""Background work of self-registration."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks import task

from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic


@task()
def deliver(registration_id: str) -> None:
    """Find out which message a new registration's address gets, and send it."""
    from myaccount.registration import services  # noqa: PLC0415 (services queue this job)

    services.make_and_send_code(registration_id, now=timezone.now())


@periodic("registration: forget what ran out or is long over", every=timedelta(minutes=10))
def forget_old(now: datetime) -> None:
    """Rows that no longer mean anything go, a batch at a time."""
    from myaccount.registration import services  # noqa: PLC0415

    until_done(lambda: services.forget_old(now=now))
