"""What others announce, and what it means for profiles."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from myaccount.claims.signals import attribute_removed
from profile.tasks import forget_values


@receiver(attribute_removed, dispatch_uid="forget values of a removed attribute")
def on_attribute_removed(sender: type, name: str, **kwargs: Any) -> None:
    """What nobody can see any more is not kept. In the background: there may be a million of them."""
    forget_values.enqueue(name)
