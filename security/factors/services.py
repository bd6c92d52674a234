"""Rules of proving a second factor, and of looking after those one has."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest
from django_otp import verify_token

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from myaccount.web.requests import origin
from security import pending
from security.attempts import factor_attempt, unlock_factors
from security.factors import telling
from security.factors.devices import services as devices
from security.factors.devices.services import DeviceRefused
from security.factors.kinds import Authenticator
from security.factors.models import BackupCode, Factor, PreferredFactor, Purpose
from security.factors.selectors import MODELS, enrolled
from security.factors.sms import services as sms


class WrongFactor(Exception):  # noqa: N818
    """The code was not right, or there is none to compare it with."""


def verify_code(
    request: HttpRequest, *, user: User, authenticator: Authenticator, code: str, purpose: Purpose, now: datetime
) -> None:
    """Check a code of an authenticator app, of an SMS or of the backup set; whichever is right is used up.

    The guess is counted before it is looked at, against one budget for all factors (security 56).
    Raises WrongFactor or limits.TooManyAttempts. Call outside transactions.
    """
    attempt = factor_attempt(request, user)
    attempt.reserve(now=now)
    if not _is_right(request, user, authenticator, code, purpose, now=now):
        data = {"factor": authenticator.value}
        record(EventKind.FACTOR_FAILED, user=user, origin=origin(request), now=now, data=data)
        raise WrongFactor
    attempt.succeeded()


def verify_device(
    request: HttpRequest, *, user: User, challenge_id: str, credential: str, purpose: Purpose, now: datetime
) -> None:
    """Check what one of the person's security devices has signed. Raises devices.DeviceRefused.

    Not counted against the budget of codes: a signature cannot be guessed, and the owner's own key is the
    way past somebody else's guesses (security 5).
    """
    try:
        devices.verify_second(
            user=user,
            challenge_id=challenge_id,
            purpose=purpose,
            binding=pending.binding(request.session),
            credential_json=credential,
            origin=origin(request),
            now=now,
        )
    except DeviceRefused:
        data = {"factor": Authenticator.DEVICE.value}
        record(EventKind.FACTOR_FAILED, user=user, origin=origin(request), now=now, data=data)
        raise
    unlock_factors(user)


@transaction.atomic
def prefer(*, user: User, authenticator: Authenticator, origin: Origin, now: datetime) -> bool:
    """Ask for this one first from now on. False if that is so already or the person has none of the kind."""
    have = enrolled(user)
    if authenticator not in have.kinds or authenticator in (have.chosen, Authenticator.BACKUP_CODE):
        return False
    PreferredFactor.objects.update_or_create(user=user, defaults={"authenticator": authenticator})
    data = {"factor": authenticator.value}
    record(EventKind.FACTOR_PREFERRED, user=user, origin=origin, now=now, data=data)
    return True


@transaction.atomic
def rename(*, factor: Factor, name: str, origin: Origin, now: datetime) -> bool:
    """Call one of the person's factors something else. False if it is called so already."""
    if factor.name == name:
        return False
    type(factor).objects.filter(pk=factor.pk).update(name=name)
    data = {"factor": factor.authenticator.value, "name": name}
    record(EventKind.FACTOR_RENAMED, user=factor.user, origin=origin, now=now, data=data)
    return True


@transaction.atomic
def unlock(*, user: User, by: User, origin: Origin, now: datetime) -> None:
    """An administrator knows that it is the person: codes are looked at again."""
    unlock_factors(user)
    record(EventKind.FACTORS_UNLOCKED, user=user, origin=origin, now=now, by=by)


def _is_right(
    request: HttpRequest, user: User, authenticator: Authenticator, code: str, purpose: Purpose, *, now: datetime
) -> bool:
    if authenticator == Authenticator.SMS:
        binding = pending.binding(request.session)
        return sms.verify(user=user, purpose=purpose, binding=binding, code=code, now=now)
    if authenticator == Authenticator.TOTP:
        return _matches_one(user, authenticator, code)
    if authenticator == Authenticator.BACKUP_CODE:
        with transaction.atomic():
            if not _matches_one(user, authenticator, code):
                return False
            left = BackupCode.objects.filter(codes__user=user, used_at=None).count()
            telling.code_used(user, left=left, origin=origin(request), now=now)
        return True
    return False


def _matches_one(user: User, authenticator: Authenticator, code: str) -> bool:
    """Each of the person's devices of the kind, one after the other, through django-otp: it locks the row, so that
    a code counts once across threads and processes (security 54)."""
    found = MODELS[authenticator].objects.filter(user=user).order_by("pk")
    return any(verify_token(user, device.persistent_id, code) for device in found)
