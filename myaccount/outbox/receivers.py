"""What others announce, and what it means for messages."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from myaccount.outbox import services
from myaccount.users.models import User
from myaccount.users.signals import account_erased


@receiver(account_erased, dispatch_uid="forget the messages of an erased account")
def on_account_erased(sender: type, *, user: User, **kwargs: Any) -> None:
    """Nothing that was written to the person stays."""
    services.forget_person(user=user)
