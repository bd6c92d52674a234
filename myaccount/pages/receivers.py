"""What others announce, and what it means for Django admin's own record."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.dispatch import receiver

from myaccount.users.models import User
from myaccount.users.signals import account_erased


@receiver(account_erased, dispatch_uid="call an erased account by its id in admin's record")
def on_account_erased(sender: type, *, user: User, **kwargs: Any) -> None:
    """What administrators did to the account stays on record, under its id alone."""
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    about.update(object_repr=str(user.uuid))
