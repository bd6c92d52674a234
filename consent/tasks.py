"""Periodic jobs of applications and consent; those of back-channel logout are beside what they do."""

from __future__ import annotations

from datetime import datetime, timedelta

from consent.consents.models import Consent
from consent.consents.services import expire_due
from consent.logout import tasks as logout_tasks
from consent.purposes.selectors import controller
from consent.receipts.services import purge
from consent.tokens.services import forget_old
from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic

__all__ = ["logout_tasks"]


@periodic("consents: revoke those that ran out", every=timedelta(minutes=1))
def revoke_run_out(now: datetime) -> None:
    """They have counted as revoked from the moment on; now their tokens end, and a receipt says so."""
    until_done(lambda: expire_due(now=now))


@periodic("receipts: let go of those no longer kept", every=timedelta(hours=12))
def purge_receipts(now: datetime) -> None:
    """Those superseded, or of a consent that has ended, longer ago than the controller keeps them."""
    before = years_before(now, controller().receipt_years)
    until_done(lambda: purge(before=before, living=Consent.objects.values("uuid")))


@periodic("tokens: forget those that ran out", every=timedelta(minutes=10))
def forget_tokens(now: datetime) -> None:
    """A batch at a time; nothing good is among them."""
    until_done(lambda: forget_old(now=now))


def years_before(moment: datetime, years: int) -> datetime:
    """The same day so many years earlier; of a leap day, the day before."""
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return moment.replace(year=moment.year - years, day=day)
