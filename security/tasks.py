"""Periodic jobs of security."""

from __future__ import annotations

from datetime import datetime, timedelta

from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic
from security.factors import trusted
from security.factors.devices import challenges
from security.factors.sms import services as sms
from security.recovery import tasks as recovery_tasks

__all__ = ["recovery_tasks"]  # its jobs register themselves


@periodic("security: forget challenges, codes and trust that ran out", every=timedelta(minutes=10))
def forget_old(now: datetime) -> None:
    """Rows that no longer mean anything go, a batch at a time."""
    until_done(lambda: challenges.forget_old(now=now))
    until_done(lambda: sms.forget_old(now=now))
    until_done(lambda: trusted.forget_old(now=now))
