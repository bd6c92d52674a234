"""Codes by SMS to the person's proven mobile number (security 45, 58)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

import profile.contacts as contacts
from myaccount.activity.services import Origin
from myaccount.outbox import services as outbox
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from security import pending
from security.factors import telling
from security.factors.fields import six_digits
from security.factors.kinds import Authenticator
from security.factors.models import Purpose, SentCode, SmsDevice

CODE_LIFE: Final = timedelta(minutes=10)
RESEND_AFTER: Final = timedelta(seconds=60)
MAX_TRIES: Final = 5
PURPOSE: Final = "security.sms"  # of a change of the mobile number that sets this factor up
_BROWSERS: Final = UUID("c0a2a0f4-3b0e-4ad1-9d0c-5f6f4f4a7a11")  # of the ids of browsers nobody is signed in with yet


class ResendTooSoon(Exception):  # noqa: N818
    """A code was sent a moment ago."""


def session_id(request: HttpRequest) -> UUID:
    """What ties the proof of a number to the browser session: its sign-in, or what comes before one."""
    login_session = getattr(request, "login_session", None)
    if login_session is not None:
        found: UUID = login_session.uuid
        return found
    return uuid5(_BROWSERS, pending.binding(request.session))


def send(*, user: User, purpose: Purpose, binding: str, now: datetime) -> None:
    """Send a code to the person's mobile number; an earlier one for this purpose dies (security 45).

    Sends nothing to somebody without this factor. Raises ResendTooSoon, or limits.TooManyAttempts
    when too many were sent. Must be called outside any transaction.
    """
    number = _number(user)
    if not number:
        return
    if _sent_a_moment_ago(user, purpose, now):
        raise ResendTooSoon
    contacts.reserve_send(user, number, now=now)
    with transaction.atomic():
        if not SmsDevice.objects.select_for_update().filter(user=user).exists():
            return
        if _sent_a_moment_ago(user, purpose, now):
            raise ResendTooSoon
        code = f"{secrets.randbelow(10**6):06}"
        SentCode.objects.update_or_create(
            user=user,
            purpose=purpose,
            defaults={
                "binding": binding,
                "digest": _digest(user, purpose, binding, number, code),
                "tries": 0,
                "sent_at": now,
                "expires_at": now + CODE_LIFE,
            },
        )
        outbox.send_sms(
            "sign_in_code",
            to=number,
            user=user,
            now=now,
            life=CODE_LIFE,
            is_secret=True,
            context={
                "code": code,
                "is_confirmation": purpose == Purpose.CONFIRM,
                "minutes": int(CODE_LIFE.total_seconds() // 60),
                "host": urlsplit(settings.PUBLIC_URL).hostname or "",
            },
        )


def verify(*, user: User, purpose: Purpose, binding: str, code: str, now: datetime) -> bool:
    """Whether this is the code that was sent for this purpose in this browser session. It is used then.

    The try is counted before the code is compared, in a transaction of its own: parallel guesses get no
    more than five, and no rollback gives one back (security 45, 57). Of any number of parallel right
    ones exactly one wins. Must be called outside any transaction.
    """
    found = _good(user, purpose, binding, now)
    if found is None:
        return False
    with transaction.atomic(durable=True):
        same = SentCode.objects.filter(pk=found.pk, digest=found.digest, tries__lt=MAX_TRIES)
        if not same.update(tries=F("tries") + 1):
            return False
    number = _number(user)
    digest = _digest(user, purpose, binding, number, six_digits(code))
    if not number or not constant_time_compare(digest, found.digest):
        return False
    with transaction.atomic():
        deleted, _ = SentCode.objects.filter(pk=found.pk, digest=found.digest).delete()
        if not deleted:
            return False
        return bool(SmsDevice.objects.filter(user=user, confirmed=True).update(last_used_at=now))


def is_sent(user: User, purpose: Purpose, binding: str, now: datetime) -> bool:
    """Whether a code that can still be entered was sent in this browser session."""
    return _good(user, purpose, binding, now) is not None


def can_resend(user: User, purpose: Purpose, now: datetime) -> bool:
    """Whether a new code may be asked for already."""
    return not _sent_a_moment_ago(user, purpose, now)


@transaction.atomic
def number_was_proven(*, user: User, is_wanted: bool, origin: Origin, now: datetime) -> None:
    """Keep the factor in step with the mobile number, which was just proven: make it if `is_wanted`; if there is
    one, it goes on with the new number, and the person is told."""
    SentCode.objects.filter(user=user).delete()
    if has_device(user):
        telling.changed(user, Authenticator.SMS, "", origin=origin, now=now)
    elif is_wanted:
        SmsDevice.objects.create(user=user, created_at=now)
        telling.added(user, Authenticator.SMS, "", origin=origin, now=now)


def has_device(user: User) -> bool:
    """Whether this factor is on."""
    return bool(SmsDevice.objects.filter(user=user).exists())


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete codes that ran out. Returns how many went."""
    return delete_batch(SentCode.objects.filter(expires_at__lt=now), size=batch)


def _good(user: User, purpose: Purpose, binding: str, now: datetime) -> SentCode | None:
    sent = SentCode.objects.filter(user=user, purpose=purpose, binding=binding)
    return sent.filter(sent_at__lte=now, expires_at__gt=now, tries__lt=MAX_TRIES).first()


def _sent_a_moment_ago(user: User, purpose: Purpose, now: datetime) -> bool:
    return SentCode.objects.filter(user=user, purpose=purpose, sent_at__gt=now - RESEND_AFTER).exists()


def _number(user: User) -> str:
    """The number as it is now, if it is proven and the factor is on; or empty."""
    people = User.objects.filter(pk=user.pk, mobile_verified_at__isnull=False, smsdevice__confirmed=True)
    return people.values_list("mobile", flat=True).first() or ""


def _digest(user: User, purpose: Purpose, binding: str, number: str, code: str) -> str:
    """Keyed with the secret key, and bound to person, purpose, session and number (security 58)."""
    bound = f"{user.pk}|{purpose}|{binding}|{number}|{code}"
    return salted_hmac("security.sms-code", bound, algorithm="sha256").hexdigest()
