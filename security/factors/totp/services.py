"""Authenticator apps: seeds, and codes that are good once (RFC 6238; security 54, 55, 59)."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_otp.oath import hotp

from myaccount.activity.services import Origin
from myaccount.schedule.batches import SIZE
from myaccount.users.models import User
from myaccount.web import encryption
from security.factors import telling
from security.factors.fields import six_digits
from security.factors.kinds import Authenticator
from security.factors.models import TotpDevice

SEED_BYTES: Final = 20  # 160 bits
STEP: Final = 30  # seconds
WINDOW: Final = 1  # steps before and after the one of now: clocks differ, and typing takes time
MAX_APPS: Final = 10


class WrongCode(Exception):  # noqa: N818
    """The app does not show this code now."""


class TooManyApps(Exception):  # noqa: N818
    """The person has as many apps as there may be."""


class NoSuchApp(Exception):  # noqa: N818
    """The app to be replaced was removed meanwhile."""


class ProvenAlready(Exception):  # noqa: N818
    """The very same seed was proven a moment ago: the form was sent twice."""


def new_seed() -> bytes:
    """A seed nobody has."""
    return secrets.token_bytes(SEED_BYTES)


def secret_of(seed: bytes) -> str:
    """The seed as apps take it: base32 without padding."""
    return base64.b32encode(seed).decode().rstrip("=")


def grouped_secret(seed: bytes) -> str:
    """The same in groups of four, to be typed."""
    secret = secret_of(seed)
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def provisioning_uri(user: User, seed: bytes, issuer: str) -> str:
    """What the QR code says. Apps tell the issuer from the person by the first colon, so the issuer has none."""
    shown = " ".join(issuer.replace(":", " ").split())
    label = f"{quote(shown, safe='')}:{quote(user.username, safe='')}"
    return f"otpauth://totp/{label}?secret={secret_of(seed)}&issuer={quote(shown, safe='')}"


@transaction.atomic
def accept(device: TotpDevice, token: str) -> bool:
    """Whether this is the code of now, or of a step beside it, newer than any used before. It is used then.

    Call it through `django_otp.verify_token`, which locks the row. The step is besides saved by a
    conditional update, so that a code is good once however this is called (security 54).
    """
    now = timezone.now()
    if not device.confirmed:
        return False
    try:
        seed = encryption.decrypt(device.seed)
    except encryption.CannotDecrypt:
        return False
    step = matching_step(seed, token, after=device.last_step, now=now)
    if step is None:
        return False
    unused = TotpDevice.objects.filter(pk=device.pk, confirmed=True, seed=device.seed, last_step__lt=step)
    if not unused.update(last_step=step, last_used_at=now):
        return False
    device.last_step, device.last_used_at = step, now
    return True


def matching_step(seed: bytes, token: str, *, after: int, now: datetime) -> int | None:
    """The step whose code this is: of now, or one beside it, and later than `after`; None if there is none."""
    digits = six_digits(token)
    if not digits:
        return None
    current = int(now.timestamp()) // STEP
    found = None
    for step in range(current - WINDOW, current + WINDOW + 1):
        is_it = constant_time_compare(f"{hotp(seed, step):06}", digits)
        if is_it and step > after and found is None:
            found = step
    return found


@transaction.atomic
def enrol(
    *, user: User, name: str, seed: bytes, code: str, replaces: TotpDevice | None, origin: Origin, now: datetime
) -> TotpDevice:
    """Add an app, or give one a new seed, once a code of it is proven; that code counts as used.

    Nothing is stored before, and what is replaced works until then. Raises WrongCode, TooManyApps,
    NoSuchApp, or ProvenAlready for a form sent twice.
    """
    User.objects.select_for_update().get(pk=user.pk)
    step = matching_step(seed, code, after=-1, now=now)
    if step is None:
        raise WrongCode
    known: list[TotpDevice] = list(TotpDevice.objects.select_for_update().filter(user=user).order_by("pk"))
    if any(_has_seed(device, seed) for device in known):
        raise ProvenAlready
    closed = encryption.encrypt(seed)
    if replaces is not None:
        kept = next((device for device in known if device.pk == replaces.pk), None)
        if kept is None:
            raise NoSuchApp
        kept.seed, kept.last_step = closed, step
        kept.save(update_fields=["seed", "last_step"])
        telling.changed(user, Authenticator.TOTP, kept.name, origin=origin, now=now)
        return kept
    if len(known) >= MAX_APPS:
        raise TooManyApps
    device: TotpDevice = TotpDevice.objects.create(user=user, name=name, seed=closed, last_step=step, created_at=now)
    telling.added(user, Authenticator.TOTP, name, origin=origin, now=now)
    return device


@transaction.atomic
def encrypt_anew(*, after: int = 0, batch: int = SIZE) -> tuple[int, int, int]:
    """Close the next seeds with the newest key: (the last row looked at, how many were closed, how many no key opens).

    The first is 0 once there are no more. Doing it again changes nothing but the wrapping.
    """
    rows = list(TotpDevice.objects.select_for_update().filter(pk__gt=after).order_by("pk")[:batch])
    closed = []
    for device in rows:
        try:
            device.seed = encryption.encrypt_anew(device.seed)
        except encryption.CannotDecrypt:
            continue
        closed.append(device)
    TotpDevice.objects.bulk_update(closed, ["seed"])
    return (rows[-1].pk if rows else 0), len(closed), len(rows) - len(closed)


def _has_seed(device: TotpDevice, seed: bytes) -> bool:
    try:
        return constant_time_compare(encryption.decrypt(device.seed), seed)
    except encryption.CannotDecrypt:
        return False
