"""An e-mail address for recovery alone, apart from the profile's: proven first, then true (security 43, 45, 61)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

import profile.contacts as contacts
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.outbox import services as outbox
from myaccount.users.models import User
from myaccount.users.names import canonical_key
from myaccount.web import formats
from security.recovery import services
from security.recovery.models import RecoveryAddress

CODE_LIFE: Final = timedelta(hours=1)
RESEND_AFTER: Final = timedelta(seconds=60)
MAX_TRIES: Final = 5


class WrongCode(Exception):  # noqa: N818
    """The code was not right, or no longer works."""


class ResendTooSoon(Exception):  # noqa: N818
    """A code was sent a moment ago."""


class SameAsProfile(Exception):  # noqa: N818
    """It is the profile's address, so it would be no second way in."""


def request_change(*, user: User, email: str, session_uuid: UUID, now: datetime) -> None:
    """Send a code to a new address; the old one stays until it comes back.

    Raises SameAsProfile, ResendTooSoon or limits.TooManyAttempts.
    """
    if canonical_key(email) == canonical_key(user.email):
        raise SameAsProfile
    row = RecoveryAddress.objects.filter(user=user).first()
    if row and row.pending_email == email and row.sent_at and now - row.sent_at < RESEND_AFTER:
        raise ResendTooSoon
    contacts.reserve_send(user, email, now=now)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        code = f"{secrets.randbelow(10**6):06}"
        RecoveryAddress.objects.update_or_create(
            user=user,
            defaults={
                "pending_email": email,
                "code_digest": _digest(user, email, session_uuid, code),
                "session_uuid": session_uuid,
                "tries": 0,
                "sent_at": now,
                "expires_at": now + CODE_LIFE,
            },
        )
        context = {"code": code, "minutes": int(CODE_LIFE.total_seconds() // 60)}
        outbox.send_email(
            "prove_recovery_address", to=email, user=user, now=now, life=CODE_LIFE, is_secret=True, context=context
        )


def prove(*, user: User, code: str, session_uuid: UUID, origin: Origin, now: datetime) -> None:
    """Make the pending address the one for recovery. The try is counted first (security 45). Raises WrongCode."""
    row = RecoveryAddress.objects.filter(user=user, session_uuid=session_uuid, expires_at__gt=now).first()
    if row is None or not row.pending_email:
        raise WrongCode
    same = RecoveryAddress.objects.filter(user=user, code_digest=row.code_digest, tries__lt=MAX_TRIES)
    if not same.update(tries=F("tries") + 1):
        raise WrongCode
    if not constant_time_compare(_digest(user, row.pending_email, session_uuid, code), row.code_digest):
        raise WrongCode
    with transaction.atomic():
        changed = RecoveryAddress.objects.filter(user=user, code_digest=row.code_digest).exclude(code_digest="").update(
            email=row.pending_email, verified_at=now, pending_email="", code_digest="", session_uuid=None,
        )  # fmt: skip
        if not changed:
            raise WrongCode
        _tell(user, row.email if row.verified_at else "", origin=origin, now=now)


@transaction.atomic
def remove(*, user: User, origin: Origin, now: datetime) -> bool:
    """Keep none. False if there was none."""
    row = RecoveryAddress.objects.select_for_update().filter(user=user).first()
    if row is None:
        return False
    row.delete()
    if row.verified_at:
        _tell(user, row.email, origin=origin, now=now)
    return True


def _tell(user: User, former: str, *, origin: Origin, now: datetime) -> None:
    record(EventKind.RECOVERY_ADDRESS_CHANGED, user=user, origin=origin, now=now)
    services.end_all_of(user, now=now)
    for address in dict.fromkeys(filter(None, (outbox.address_of(user), former))):
        context = {"at": partial(formats.moment, now)}
        outbox.send_email("recovery_changed", to=address, user=user, now=now, context=context)


def _digest(user: User, email: str, session_uuid: UUID, code: str) -> str:
    bound = f"{user.pk}|{email}|{session_uuid}|{code}"
    return salted_hmac("security.recovery-address", bound, algorithm="sha256").hexdigest()
