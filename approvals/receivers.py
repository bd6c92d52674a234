"""What others announce, and what it means for approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from approvals.requests import services
from approvals.requests.upkeep import release_claims
from myaccount.users.models import User
from myaccount.users.signals import account_erased, account_erasing, account_leaving


@receiver(account_erasing, dispatch_uid="lock the requests of an account before the account")
def on_account_erasing(sender: type, *, user: User, **kwargs: Any) -> None:
    """Deciding locks the request first and people after it. In the other order two would wait for each other."""
    services.lock_what_waits(user)


@receiver(account_erased, dispatch_uid="end the requests of an erased account, and forget its names")
def on_account_erased(sender: type, *, user: User, by: User | None, now: datetime, **kwargs: Any) -> None:
    """Nobody decides any more what an account that is gone asked for, nor what was asked for about it."""
    services.forget_person(user=user, now=now, by=by)


@receiver(account_leaving, dispatch_uid="give back what somebody who leaves had claimed")
def on_account_leaving(sender: type, *, user: User, **kwargs: Any) -> None:
    """The others see those tasks again as soon as it is certain that the account is on its way out."""
    release_claims.enqueue(user.pk)
