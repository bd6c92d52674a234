"""Periodic jobs of deleting accounts."""

from __future__ import annotations

from datetime import datetime, timedelta

from myaccount.activity import services as activity
from myaccount.deletion import services
from myaccount.deletion.selectors import deletion_settings
from myaccount.deletion.telling import ERASED
from myaccount.outbox import services as outbox
from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic


@periodic("deletion: erase accounts whose time has come", every=timedelta(minutes=5))
def erase_due(now: datetime) -> None:
    """Those nobody has kept until then."""
    services.erase_due(now=now)


@periodic("deletion: forget the last messages to people who are gone", every=timedelta(minutes=10))
def forget_farewells(_now: datetime) -> None:
    """As soon as they have left: they hold an address nobody else keeps."""
    until_done(lambda: outbox.forget_topic(ERASED))


@periodic("events: let go of those no longer kept", every=timedelta(hours=12))
def purge_events(now: datetime) -> None:
    """Those older than administrators want them kept, if they have said so."""
    days = deletion_settings().event_days
    if days is not None:
        until_done(lambda: activity.purge(before=now - timedelta(days=days)))
