"""What others announce, and what it means for events."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from myaccount.activity import services
from myaccount.users.models import User
from myaccount.users.signals import account_erased


@receiver(account_erased, dispatch_uid="forget whose events those of an erased account were")
def on_account_erased(sender: type, *, user: User, **kwargs: Any) -> None:
    """Events outlive the account, and no longer tell whose they were."""
    services.forget_person(user=user)
