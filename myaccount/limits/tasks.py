"""Periodic jobs of the limits."""

from __future__ import annotations

from datetime import datetime, timedelta

from myaccount.limits import services
from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic


@periodic("limits: forget old ones", every=timedelta(minutes=10))
def forget_old(now: datetime) -> None:
    """Counts nobody has touched for long go."""
    until_done(lambda: services.forget_old(now=now))
