"""Background jobs of back-channel logout."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks import task

from myaccount.schedule.registry import periodic


@task()
def tell_applications() -> None:
    """Tell those that are due; another job goes on where a full batch ends."""
    from consent.logout import services  # noqa: PLC0415 (services queue this job)

    if services.deliver_due(now=timezone.now()) == services.BATCH:
        tell_applications.enqueue()


@periodic("applications: tell again that sessions have ended", every=timedelta(minutes=1))
def tell_again(now: datetime) -> None:
    """Those that did not answer, and those whose worker died."""
    from consent.logout import services  # noqa: PLC0415

    services.deliver_due(now=now)
