"""What others announce, and what it means for linked accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from linked_accounts.federated.services import note_use
from linked_accounts.local import services
from linked_accounts.local.models import LocalLink
from myaccount.activity.services import Origin
from myaccount.users.models import User
from myaccount.users.signals import signed_in, switched


@receiver(switched, dispatch_uid="tell of a switch")
def on_switched(sender: type, source: User, target: User, origin: Origin, now: datetime, **kwargs: Any) -> None:
    """Both people hear of it."""
    services.tell_of_switch(source=source, target=target, origin=origin, now=now)


@receiver(signed_in, dispatch_uid="note the use of an identity")
def on_signed_in(sender: type, came_by: Mapping[str, Any], now: datetime, **kwargs: Any) -> None:
    """With one of theirs, and whatever else was asked of them."""
    if "identity" in came_by:
        note_use(identity_pk=came_by["identity"], account_name=came_by["account_name"], now=now)


@receiver(post_delete, sender=LocalLink, dispatch_uid="end sessions of a link that is gone")
def on_link_gone(sender: type, instance: LocalLink, **kwargs: Any) -> None:
    """However it went, with one of the two accounts as well."""
    services.end_sessions_of(instance, now=timezone.now())
