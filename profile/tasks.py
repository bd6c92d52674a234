"""Periodic jobs of the profile."""

from __future__ import annotations

from datetime import datetime, timedelta

from myaccount.schedule.registry import periodic
from profile.contacts import forget_old


@periodic("profile: forget changes nobody proved", every=timedelta(minutes=10))
def forget_unproven(now: datetime) -> None:
    """A new address that was never proven goes after its code has expired."""
    forget_old(now=now)
