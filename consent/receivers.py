"""What others announce, and what it means for applications: tokens end in the same transaction, and they are told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.dispatch import receiver

from consent.consents import services as consents
from consent.logout import services as logout
from consent.tokens import services as tokens
from myaccount.activity.services import Origin
from myaccount.users.models import User
from myaccount.users.signals import account_disabled, account_erased, sessions_ended
from sessions_app.services import EndReason

# Somebody else may have been in those sessions, and may have let an application go on without them.
NOT_TRUSTED: Final = frozenset(
    (
        EndReason.PASSWORD_CHANGED,
        EndReason.CONTACT_CHANGED,
        EndReason.FACTOR_CHANGED,
        EndReason.BY_ADMINISTRATOR,
        EndReason.SOURCE_ENDED,
    )
)


@receiver(sessions_ended, dispatch_uid="end tokens and tell applications")
def on_sessions_ended(
    sender: type, *, user: User, session_uuids: Collection[UUID], now: datetime, **announced: Any
) -> None:
    """What was given in these sessions ends (security 17, 19).

    Offline access outlives a session, but not one that ends because somebody else may have been in it; and all of it
    ends where that is asked for.
    """
    tokens.end_of_sessions(session_uuids, now=now, ends_offline=announced["reason"] in NOT_TRUSTED)
    if announced["ends_offline"]:
        tokens.end_offline(user=user, now=now)
    logout.queue(session_uuids=session_uuids, user=user, now=now)


@receiver(account_disabled, dispatch_uid="end every token of a disabled account")
def on_account_disabled(sender: type, user: User, now: datetime, **kwargs: Any) -> None:
    """Nothing works for an account that is switched off, nor again when it is switched on (security 18)."""
    tokens.end_everything(user=user, now=now)


@receiver(account_erased, dispatch_uid="revoke the consents of an erased account")
def on_account_erased(
    sender: type, *, user: User, by: User | None, origin: Origin, now: datetime, **kwargs: Any
) -> None:
    """Receipts end with a revocation, every token ends, and applications still to be told are told without the account.

    `sessions_app` has ended the sessions before: its receivers come first.
    """
    consents.end_all(user=user, origin=origin, now=now, by=by)
    tokens.end_everything(user=user, now=now)
    logout.detach_from_account(user=user)
