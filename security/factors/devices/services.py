"""Rules of security devices and passkeys: adding one, and proving with one who somebody is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from myaccount.activity.services import Origin
from myaccount.users.models import User
from myaccount.web.selectors import shared_portal_settings
from security.factors import telling
from security.factors.devices import adapters, challenges
from security.factors.devices.adapters import Answer, AnswerRefused, Assertion
from security.factors.devices.challenges import NoChallenge
from security.factors.kinds import Authenticator
from security.factors.models import NAME_MAX_LENGTH, Challenge, DeviceKind, Purpose, SecurityDevice

MAX_DEVICES: Final = 20  # of one person


class DeviceProblem(StrEnum):
    """Why a device was refused."""

    EXPIRED = "expired"
    REFUSED = "refused"
    NEEDS_PASSWORD = "needs-password"  # noqa: S105 (a reason)
    REGISTERED = "registered"
    TOO_MANY = "too-many"
    UNKNOWN = "unknown"
    NOT_VERIFIED = "not-verified"
    CHANGED = "changed"
    COPIED = "copied"


WORDS: Final[dict[DeviceProblem, str | Promise]] = {
    DeviceProblem.EXPIRED: _("That took too long, or this page was open twice. Try again."),
    DeviceProblem.REFUSED: _("What the device answered does not fit what we asked for. Try again."),
    DeviceProblem.NEEDS_PASSWORD: _("This device cannot be used without a password."),
    DeviceProblem.REGISTERED: _("This device is registered already. Use another one."),
    DeviceProblem.TOO_MANY: _("You have as many security devices as you can have. Delete one you no longer use first."),
    DeviceProblem.UNKNOWN: _("This device is not registered for your account. Use one that is."),
    DeviceProblem.NOT_VERIFIED: _(
        "The device did not check that it is you. Unlock it with your fingerprint, face or PIN."
    ),
    DeviceProblem.CHANGED: _("This device is not the one you registered. Use another one."),
    DeviceProblem.COPIED: _(
        "This device was refused, because there may be a copy of it. Use another way, then remove it and add it again."
    ),
}


class DeviceRefused(Exception):  # noqa: N818
    """A device or its answer will not do. As text, why, in the person's language."""

    def __init__(self, reason: DeviceProblem) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(WORDS[self.reason])


class _CounterRegressed(Exception):  # noqa: N818
    """The device counted backwards, or not on: there may be two of it."""


def options_to_register(
    *, user: User, kind: DeviceKind, is_older_device: bool, binding: str, now: datetime
) -> dict[str, Any]:
    """What a browser needs to register a new device, with the id of its challenge."""
    challenge = challenges.issue(
        purpose=Purpose.REGISTER, user=user, binding=binding, now=now, kind=kind, is_older_device=is_older_device
    )
    options = adapters.registration_options(
        user=user,
        challenge=bytes(challenge.challenge),
        kind=kind,
        is_older_device=is_older_device,
        portal_name=shared_portal_settings().product_name,
        devices=SecurityDevice.objects.filter(user=user),
    )
    return {"id": str(challenge.pk), "publicKey": options}


def options_for_passkey(*, binding: str, now: datetime) -> dict[str, Any]:
    """What a browser needs to ask for any passkey: the same for everybody (security 69)."""
    challenge = challenges.issue(purpose=Purpose.PASSKEY, user=None, binding=binding, now=now)
    return {"id": str(challenge.pk), "publicKey": adapters.passkey_options(challenge=bytes(challenge.challenge))}


def options_for_second(*, user: User, purpose: Purpose, binding: str, now: datetime) -> dict[str, Any]:
    """What a browser needs to ask for one of this person's devices."""
    challenge = challenges.issue(purpose=purpose, user=user, binding=binding, now=now)
    own = SecurityDevice.objects.filter(user=user)
    options = adapters.second_factor_options(challenge=bytes(challenge.challenge), devices=own)
    return {"id": str(challenge.pk), "publicKey": options}


def register(
    *,
    user: User,
    challenge_id: UUID | str,
    binding: str,
    credential_json: str,
    name: str,
    origin: Origin,
    now: datetime,
) -> SecurityDevice:
    """Add the device that answered. Raises DeviceRefused.

    It signs in without a password when it knows its person by itself and checks that it is them; asked for
    less, as an older device, it is a second factor only.
    """
    challenge = _take(challenge_id, purpose=Purpose.REGISTER, user=user, binding=binding, now=now)
    try:
        found = adapters.verify_registration(
            adapters.read_answer(credential_json), challenge=bytes(challenge.challenge)
        )
    except AnswerRefused as error:
        raise DeviceRefused(DeviceProblem.REFUSED) from error
    is_passwordless = not challenge.is_older_device
    if is_passwordless and (not found.is_user_verified or found.is_discoverable is False):
        raise DeviceRefused(DeviceProblem.NEEDS_PASSWORD)
    device = SecurityDevice(
        user=user,
        name=name[:NAME_MAX_LENGTH],
        created_at=now,
        kind=challenge.kind,
        credential_id=found.credential_id,
        public_key=found.public_key,
        sign_count=found.sign_count,
        transports=found.transports,
        aaguid=found.aaguid,
        is_passwordless=is_passwordless,
        is_backup_eligible=found.is_backup_eligible,
        is_backed_up=found.is_backed_up,
    )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # so that two at once count each other
        if SecurityDevice.objects.filter(user=user).count() >= MAX_DEVICES:
            raise DeviceRefused(DeviceProblem.TOO_MANY)
        try:
            with transaction.atomic():
                device.save(force_insert=True)
        except IntegrityError as error:  # anybody's, in all the world
            raise DeviceRefused(DeviceProblem.REGISTERED) from error
        telling.added(user, Authenticator.DEVICE, device.name, origin=origin, now=now)
    return device


def verify_second(
    *,
    user: User,
    challenge_id: UUID | str,
    purpose: Purpose,
    binding: str,
    credential_json: str,
    origin: Origin,
    now: datetime,
) -> SecurityDevice:
    """The person's own device that answered (security 66). Raises DeviceRefused."""
    challenge = _take(challenge_id, purpose=purpose, user=user, binding=binding, now=now)
    answer = _read(credential_json)
    own = SecurityDevice.objects.filter(user=user, credential_id=answer.credential_id)
    device: SecurityDevice | None = own.first()
    if device is None:
        raise DeviceRefused(DeviceProblem.UNKNOWN)
    if answer.user_handle is not None and answer.user_handle != user.uuid.bytes:
        raise DeviceRefused(DeviceProblem.REFUSED)
    _prove(device, answer, challenge, needs_verification=False, origin=origin, now=now)
    return device


def verify_passkey(
    *, challenge_id: UUID | str, binding: str, credential_json: str, origin: Origin, now: datetime
) -> tuple[User, SecurityDevice]:
    """Whose passkey answered. It counts as two factors, so the device has to have checked that it is them
    (security 67). Raises DeviceRefused, also for people who are switched off (security 6).
    """
    challenge = _take(challenge_id, purpose=Purpose.PASSKEY, user=None, binding=binding, now=now)
    answer = _read(credential_json)
    device = _passkey(answer)
    if device is None:
        raise DeviceRefused(DeviceProblem.UNKNOWN)
    user: User = device.user
    if answer.user_handle != user.uuid.bytes:
        raise DeviceRefused(DeviceProblem.REFUSED)
    if not user.is_active:
        raise DeviceRefused(DeviceProblem.UNKNOWN)
    _prove(device, answer, challenge, needs_verification=True, origin=origin, now=now)
    return user, device


def credential_owner(credential_json: str) -> User | None:
    """Whose passkey this claims to be. Proves nothing: it says which account's budget the attempt counts against."""
    try:
        device = _passkey(adapters.read_answer(credential_json))
    except AnswerRefused:
        return None
    return device.user if device else None


def _passkey(answer: Answer) -> SecurityDevice | None:
    passkeys = SecurityDevice.objects.filter(credential_id=answer.credential_id, is_passwordless=True)
    device: SecurityDevice | None = passkeys.select_related("user").first()
    return device


def _take(id: UUID | str, *, purpose: Purpose, user: User | None, binding: str, now: datetime) -> Challenge:  # noqa: A002
    try:
        return challenges.take(id, purpose=purpose, user=user, binding=binding, now=now)
    except NoChallenge as error:
        raise DeviceRefused(DeviceProblem.EXPIRED) from error


def _read(credential_json: str) -> Answer:
    try:
        return adapters.read_answer(credential_json)
    except AnswerRefused as error:
        raise DeviceRefused(DeviceProblem.REFUSED) from error


def _prove(
    device: SecurityDevice,
    answer: Answer,
    challenge: Challenge,
    *,
    needs_verification: bool,
    origin: Origin,
    now: datetime,
) -> None:
    """Check the answer against the device and note that it was used. Raises DeviceRefused."""
    try:
        assertion = adapters.verify_assertion(
            answer, challenge=bytes(challenge.challenge), public_key=bytes(device.public_key)
        )
    except AnswerRefused as error:
        raise DeviceRefused(DeviceProblem.REFUSED) from error
    if needs_verification and not assertion.is_user_verified:
        raise DeviceRefused(DeviceProblem.NOT_VERIFIED)
    if assertion.is_backup_eligible != device.is_backup_eligible:
        raise DeviceRefused(DeviceProblem.CHANGED)
    try:
        _note_use(device, assertion, now=now)
    except _CounterRegressed as error:
        with transaction.atomic():
            telling.suspect(device.user, device.name, origin=origin, now=now)
        raise DeviceRefused(DeviceProblem.COPIED) from error


def _note_use(device: SecurityDevice, assertion: Assertion, *, now: datetime) -> None:
    """Compare and set the counter in one statement (security 68). Devices that do not count say 0 for ever."""
    same = SecurityDevice.objects.filter(pk=device.pk)
    behind = same.filter(sign_count__lt=assertion.sign_count) if assertion.sign_count else same.filter(sign_count=0)
    is_set = behind.update(sign_count=assertion.sign_count, is_backed_up=assertion.is_backed_up, last_used_at=now)
    if is_set:
        device.sign_count, device.is_backed_up, device.last_used_at = assertion.sign_count, assertion.is_backed_up, now
    elif same.exists():
        raise _CounterRegressed
    else:
        raise DeviceRefused(DeviceProblem.UNKNOWN)  # removed while it answered
