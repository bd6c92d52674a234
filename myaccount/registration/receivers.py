"""What others announce, and what it means for self-registration."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from myaccount.registration import services
from myaccount.users.models import User
from myaccount.users.signals import account_erased


@receiver(account_erased, dispatch_uid="forget how an erased account was registered")
def on_account_erased(sender: type, *, user: User, **kwargs: Any) -> None:
    """Nothing stays of the way the person came."""
    services.forget_person(user=user)
