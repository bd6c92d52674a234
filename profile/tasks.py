"""Background and periodic jobs of the profile."""

from __future__ import annotations

from datetime import datetime, timedelta

from django_tasks import task

from myaccount.claims.models import Claim
from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic
from profile.contacts import forget_old
from profile.services import forget_attribute


@task()
def forget_values(name: str) -> None:
    """Remove what people had in an attribute that is gone; stops if an administrator has added it again."""
    while not Claim.objects.filter(name=name).exists() and forget_attribute(name):
        pass


@periodic("profile: forget changes nobody proved", every=timedelta(minutes=10))
def forget_unproven(now: datetime) -> None:
    """A new address that was never proven goes after its code has expired."""
    until_done(lambda: forget_old(now=now))
