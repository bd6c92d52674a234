"""Periodic jobs of sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic
from myaccount.web.selectors import portal_settings
from sessions_app import services


@periodic("sessions: end those that ran out", every=timedelta(minutes=1))
def end_over(now: datetime) -> None:
    """A session nobody uses any more ends on time, also in the list."""
    until_done(lambda: services.sweep(portal_settings=portal_settings(), now=now))


@periodic("sessions: forget old ones", every=timedelta(minutes=10))
def forget_old(now: datetime) -> None:
    """Rows that no longer mean anything go, a batch at a time."""
    until_done(lambda: services.forget_old(now=now))
