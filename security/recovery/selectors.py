"""Reads of account recovery."""

from __future__ import annotations

from django.db.models import Subquery

from myaccount.users.models import User
from security.recovery.models import RecoveryAddress, RecoverySettings


def recovery_settings() -> RecoverySettings:
    """The row as it is now; the defaults, with everything off, where an administrator never saved one. One query."""
    return RecoverySettings.objects.filter(pk=1).first() or RecoverySettings(pk=1)


def settings_and_address(user: User) -> tuple[RecoverySettings, str]:
    """The same row, and the person's proven recovery address, empty where there is none. One query."""
    proven = RecoveryAddress.objects.filter(user=user).exclude(verified_at=None)
    found = RecoverySettings.objects.filter(pk=1).annotate(own_address=Subquery(proven.values("email"))).first()
    return (found, found.own_address or "") if found else (RecoverySettings(pk=1), "")


def addresses_of(user: User) -> list[str]:
    """Every address known to be the person's, the profile's and the one for recovery, as it is stored (security 43)."""
    own = [user.email] if user.email and user.email_verified_at else []
    extra = RecoveryAddress.objects.filter(user=user).exclude(verified_at=None).values_list("email", flat=True).first()
    return [*own, extra] if extra and extra not in own else own
