"""The only place that knows the `webauthn` library: options for browsers, and what devices answer.

The library checks type, challenge, origin, relying party, presence and signature. It does not look at frames,
at the name a credential goes by in its answer, at counters or at backup flags; we do (security 65, 68, 69).
"""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from django.conf import settings
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorAttachment,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialHint,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from myaccount.users.models import User
from security.factors.models import CREDENTIAL_ID_MAX_LENGTH, DeviceKind, SecurityDevice

MAX_ANSWER_LENGTH: Final = 20_000  # characters; the longest that are real have some 12,000
_TIMEOUT: Final = 120_000  # milliseconds
_ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_ATTACHMENTS: Final = {
    DeviceKind.USB: AuthenticatorAttachment.CROSS_PLATFORM,
    DeviceKind.BUILT_IN: AuthenticatorAttachment.PLATFORM,
}
_HINTS: Final = {
    DeviceKind.USB: PublicKeyCredentialHint.SECURITY_KEY,
    DeviceKind.BUILT_IN: PublicKeyCredentialHint.CLIENT_DEVICE,
}
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_logger = logging.getLogger(__name__)


class AnswerRefused(Exception):  # noqa: N818
    """The browser's answer cannot be read, or it is not the answer to what we asked."""


@dataclass(frozen=True)
class Answer:
    """What a browser sent back, not believed yet."""

    credential_id: str  # base64url
    user_handle: bytes | None
    content: dict[str, Any]


@dataclass(frozen=True)
class NewCredential:
    """A credential a device has just made."""

    credential_id: str
    public_key: bytes
    sign_count: int
    aaguid: str
    transports: list[str]
    is_user_verified: bool
    is_discoverable: bool | None  # none: the browser does not tell
    is_backup_eligible: bool
    is_backed_up: bool


@dataclass(frozen=True)
class Assertion:
    """The proof that a device holds the key of a credential."""

    sign_count: int
    is_user_verified: bool
    is_backup_eligible: bool
    is_backed_up: bool


def relying_party_id() -> str:
    """The host devices bind their credentials to; from the settings, never from the request."""
    return urlsplit(settings.PUBLIC_URL).hostname or ""


def own_origin() -> str:
    """The origin as browsers write it: without the scheme's own port."""
    parts = urlsplit(settings.PUBLIC_URL)
    has_own_port = parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname if has_own_port else parts.netloc}"


def registration_options(
    *,
    user: User,
    challenge: bytes,
    kind: DeviceKind,
    is_older_device: bool,
    portal_name: str,
    devices: Iterable[SecurityDevice],
) -> dict[str, Any]:
    """What `navigator.credentials.create()` takes. Older devices are asked for less: no passkey, no fingerprint."""
    if is_older_device:
        resident_key, verification = ResidentKeyRequirement.DISCOURAGED, UserVerificationRequirement.DISCOURAGED
    else:
        resident_key, verification = ResidentKeyRequirement.REQUIRED, UserVerificationRequirement.REQUIRED
    options = webauthn.generate_registration_options(
        rp_id=relying_party_id(),
        rp_name=portal_name,
        user_id=user.uuid.bytes,
        user_name=user.username,
        user_display_name=user.display_name or user.username,
        challenge=challenge,
        timeout=_TIMEOUT,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            authenticator_attachment=_ATTACHMENTS[kind], resident_key=resident_key, user_verification=verification
        ),
        exclude_credentials=[_descriptor(device) for device in devices],
        supported_pub_key_algs=_ALGORITHMS,
        hints=[_HINTS[kind]],
    )
    return {**options_to_json_dict(options), "extensions": {"credProps": True}}


def passkey_options(*, challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.get()` takes to sign in with any passkey. It names nobody's (security 69)."""
    return _request_options(challenge, [], UserVerificationRequirement.REQUIRED)


def second_factor_options(*, challenge: bytes, devices: Iterable[SecurityDevice]) -> dict[str, Any]:
    """What `navigator.credentials.get()` takes to ask for one of a known person's devices."""
    return _request_options(
        challenge, [_descriptor(device) for device in devices], UserVerificationRequirement.DISCOURAGED
    )


def read_answer(text: str) -> Answer:
    """Take the browser's JSON apart. Raises AnswerRefused."""
    if len(text) > MAX_ANSWER_LENGTH:
        raise AnswerRefused("longer than any answer")
    try:
        content = json.loads(text)
        response = content["response"]
        handle = response.get("userHandle")
        credential_id = content["id"]
        if content["rawId"] != credential_id or encode(decode(credential_id)) != credential_id:
            raise AnswerRefused("two names for one credential")
        user_handle = (decode(handle) or None) if handle is not None else None  # older devices tell an empty one
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise AnswerRefused("not the JSON of a credential") from error
    if not 0 < len(credential_id) <= CREDENTIAL_ID_MAX_LENGTH:
        raise AnswerRefused("the credential's name is too long")
    # Values a newer browser may know and the library does not would make it stumble.
    content.pop("authenticatorAttachment", None)
    return Answer(credential_id, user_handle, content)


def verify_registration(answer: Answer, *, challenge: bytes) -> NewCredential:
    """Check what `create()` answered. Raises AnswerRefused."""
    _check_frames(answer)
    try:
        verified = webauthn.verify_registration_response(
            credential=answer.content,
            expected_challenge=challenge,
            expected_rp_id=relying_party_id(),
            expected_origin=own_origin(),
            supported_pub_key_algs=_ALGORITHMS,
        )
    except Exception as error:
        raise _refusal(error) from error
    if encode(verified.credential_id) != answer.credential_id:
        raise AnswerRefused("two names for one credential")
    return NewCredential(
        credential_id=answer.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        aaguid=verified.aaguid,
        transports=_transports(answer),
        is_user_verified=verified.user_verified,
        is_discoverable=_is_discoverable(answer),
        is_backup_eligible=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        is_backed_up=verified.credential_backed_up,
    )


def verify_assertion(answer: Answer, *, challenge: bytes, public_key: bytes) -> Assertion:
    """Check what `get()` answered, but for the counter, which the caller compares. Raises AnswerRefused."""
    _check_frames(answer)
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer.content,
            expected_challenge=challenge,
            expected_rp_id=relying_party_id(),
            expected_origin=own_origin(),
            credential_public_key=public_key,
            credential_current_sign_count=0,  # takes every counter
        )
    except Exception as error:
        raise _refusal(error) from error
    return Assertion(
        sign_count=verified.new_sign_count,
        is_user_verified=verified.user_verified,
        is_backup_eligible=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        is_backed_up=verified.credential_backed_up,
    )


def encode(value: bytes) -> str:
    """As base64url without padding, the way browsers write bytes."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def decode(text: str) -> bytes:
    """The bytes of a base64url text. Raises ValueError."""
    if not isinstance(text, str):
        raise TypeError("not a text")
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


def _request_options(
    challenge: bytes, allowed: list[PublicKeyCredentialDescriptor], verification: UserVerificationRequirement
) -> dict[str, Any]:
    options = webauthn.generate_authentication_options(
        rp_id=relying_party_id(),
        challenge=challenge,
        timeout=_TIMEOUT,
        allow_credentials=allowed,
        user_verification=verification,
    )
    return options_to_json_dict(options)


def _descriptor(device: SecurityDevice) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(value) for value in device.transports]
    return PublicKeyCredentialDescriptor(id=decode(device.credential_id), transports=transports or None)


def _check_frames(answer: Answer) -> None:
    """Refuse answers given inside a frame, of another site or not: our pages stand in none (security 65)."""
    try:
        client_data = json.loads(decode(answer.content["response"]["clientDataJSON"]))
        is_framed = client_data.get("crossOrigin", False) is not False or "topOrigin" in client_data
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise AnswerRefused("the client data cannot be read") from error
    if is_framed:
        raise AnswerRefused("given in a frame")


def _transports(answer: Answer) -> list[str]:
    """How the device says it can be reached, as far as that is known to us."""
    told = answer.content["response"].get("transports")
    known = [transport.value for transport in AuthenticatorTransport]
    return [value for value in known if value in told] if isinstance(told, list) else []


def _is_discoverable(answer: Answer) -> bool | None:
    """Whether the device can find the credential by itself, where the browser tells (`credProps`)."""
    try:
        told = answer.content["clientExtensionResults"]["credProps"]["rk"]
    except (KeyError, TypeError):
        return None
    return told if isinstance(told, bool) else None


def _refusal(error: Exception) -> AnswerRefused:
    _logger.info("an answer of a security device was refused: %s", type(error).__name__)
    return AnswerRefused(type(error).__name__)
