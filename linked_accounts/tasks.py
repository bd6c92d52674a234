"""Periodic jobs of linked accounts."""

from __future__ import annotations

from datetime import datetime, timedelta

from linked_accounts.federated.people import forget_refusals
from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic


@periodic("identities: let refused newcomers ask again", every=timedelta(hours=12))
def let_ask_again(now: datetime) -> None:
    """A month after people did not agree to their account."""
    until_done(lambda: forget_refusals(now=now))
