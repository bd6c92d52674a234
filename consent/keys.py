"""The keys that sign ID tokens, logout tokens and consent receipts, and what the world may know of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, cast

from joserfc import jws
from joserfc.jwk import KeySet, KeySetSerialization, RSAKey
from oauth2_provider.settings import oauth2_settings

ALGORITHM: Final = "RS256"


@lru_cache(maxsize=16)
def _read(pem: str) -> RSAKey:
    key = RSAKey.import_key(pem, {"use": "sig", "alg": ALGORITHM})
    key.ensure_kid()  # the thumbprint of RFC 7638
    return key


def signing_key() -> RSAKey:
    """The key in use."""
    return _read(oauth2_settings.OIDC_RSA_PRIVATE_KEY)


def all_keys() -> list[RSAKey]:
    """The key in use and those of before, which still verify."""
    return [signing_key(), *(_read(pem) for pem in oauth2_settings.OIDC_RSA_PRIVATE_KEYS_INACTIVE)]


def public_key_set() -> dict[str, Any]:
    """The public halves as a JSON Web Key Set (RFC 7517)."""
    return {"keys": [key.as_dict(private=False) for key in all_keys()]}


def sign(payload: bytes, *, type: str) -> str:  # noqa: A002 (the header's name)
    """A compact JWS (RFC 7515) with the key in use. `type` becomes the header's `typ`."""
    key = signing_key()
    return jws.serialize_compact({"alg": ALGORITHM, "kid": key.kid, "typ": type}, payload, key, algorithms=[ALGORITHM])


def verify(signed: str, key_set: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Header and payload of a compact JWS that one of these public keys has signed, chosen by `kid`.

    Raises `joserfc.errors.JoseError` or ValueError when it is not one of theirs or was changed.
    """
    found = jws.deserialize_compact(
        signed, KeySet.import_key_set(cast("KeySetSerialization", key_set)), algorithms=[ALGORITHM]
    )
    return dict(found.headers()), found.payload
