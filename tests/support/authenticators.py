"""A security device in Python: real keys and signatures, and every lie a browser or device could tell."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN: Final = "http://localhost:8000"  # PUBLIC_URL of the tests
RP_ID: Final = "localhost"
ES256, EDDSA, RS256 = -7, -8, -257
_UP, _UV, _BE, _BS, _AT = 0x01, 0x04, 0x08, 0x10, 0x40

Json = dict[str, Any]
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def b64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device with one credential. Fields set how it behaves; what is passed to `create` and `get` are lies."""

    algorithm: int = ES256
    origin: str = ORIGIN  # of the page the browser is at
    counts: bool = True  # those that sync do not
    count: int = 0
    verifies: bool = True  # asks for a fingerprint, face or PIN
    is_backup_eligible: bool = False
    is_backed_up: bool = False
    aaguid: bytes = b"\0" * 16
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes | None = None
    tells_user_handle: bool = True  # older devices do not know it
    transports: tuple[str, ...] = ("usb",)
    key: PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = _new_key(self.algorithm)

    def create(self, options: Json, **lies: Any) -> Json:
        """The JSON of what `navigator.credentials.create()` answers to these options."""
        public = options["publicKey"]
        self.user_handle = unb64(public["user"]["id"])
        credential_id = lies.pop("credential_id", self.credential_id)
        inside = lies.pop("inner_credential_id", credential_id)
        discoverable = lies.pop("discoverable", None)
        attested = self.aaguid + len(inside).to_bytes(2, "big") + inside + _cose(self.key, self.algorithm)
        client_data = _client_data("webauthn.create", public["challenge"], self.origin, lies)
        data = self._authenticator_data(public["rp"]["id"], lies, flags=_AT) + attested
        assert not lies, f"unknown lies: {lies}"
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "id": b64(credential_id),
            "rawId": b64(credential_id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {} if discoverable is None else {"credProps": {"rk": discoverable}},
            "response": {
                "clientDataJSON": b64(client_data),
                "attestationObject": b64(attestation),
                "transports": list(self.transports),
            },
        }

    def get(self, options: Json, **lies: Any) -> Json:
        """The JSON of what `navigator.credentials.get()` answers to these options."""
        public = options["publicKey"]
        if self.counts:
            self.count += 1
        handle = lies.pop("user_handle", self.user_handle if self.tells_user_handle else None)
        credential_id = lies.pop("credential_id", self.credential_id)
        forged = lies.pop("signature", None)
        client_data = _client_data("webauthn.get", public["challenge"], self.origin, lies)
        data = self._authenticator_data(public["rpId"], lies)
        assert not lies, f"unknown lies: {lies}"
        signature = forged or _sign(self.key, data + hashlib.sha256(client_data).digest())
        response = {
            "clientDataJSON": b64(client_data),
            "authenticatorData": b64(data),
            "signature": b64(signature),
        }
        if handle is not None:
            response["userHandle"] = b64(handle)
        return {
            "id": b64(credential_id),
            "rawId": b64(credential_id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": response,
        }

    def _authenticator_data(self, rp_id: str, lies: Json, *, flags: int = 0) -> bytes:
        relying_party: str = lies.pop("rp_id", rp_id)
        is_present, is_verified = lies.pop("present", True), lies.pop("verified", self.verifies)
        is_eligible = lies.pop("backup_eligible", self.is_backup_eligible)
        is_backed_up = lies.pop("backed_up", self.is_backed_up)
        flags |= _UP * is_present | _UV * is_verified | _BE * is_eligible | _BS * is_backed_up
        count: int = lies.pop("count", self.count if self.counts else 0)
        return hashlib.sha256(relying_party.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")


def older_device(**behaviour: Any) -> Authenticator:
    """A U2F key: presence only, and no idea whose credential it is."""
    return Authenticator(verifies=False, tells_user_handle=False, **behaviour)


def synced_passkey(**behaviour: Any) -> Authenticator:
    """A passkey of a password manager: it does not count, and it is on all of a person's devices."""
    return Authenticator(
        counts=False, is_backup_eligible=True, is_backed_up=True, transports=("internal",), **behaviour
    )


def _client_data(kind: str, challenge: str, origin: str, lies: Json) -> bytes:
    data = {
        "type": lies.pop("type", kind),
        "challenge": lies.pop("challenge", challenge),
        "origin": lies.pop("origin", origin),
        "crossOrigin": lies.pop("cross_origin", False),
    }
    if "top_origin" in lies:
        data["topOrigin"] = lies.pop("top_origin")
    return json.dumps(data, separators=(",", ":")).encode()


def _new_key(algorithm: int) -> PrivateKey:
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == RS256:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _cose(key: PrivateKey, algorithm: int) -> bytes:
    """The public key as RFC 9053 writes it."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return cbor2.dumps({1: 1, 3: algorithm, -1: 6, -2: key.public_key().public_bytes_raw()})
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return cbor2.dumps({1: 3, 3: algorithm, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")})
    point = key.public_key().public_numbers()
    return cbor2.dumps({1: 2, 3: algorithm, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})


def _sign(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), SHA256())
    return key.sign(data, ec.ECDSA(SHA256()))
