"""Keeps the seeds of authenticator apps unreadable in the database (security 55).

The key follows from SECRET_KEY; SECRET_KEY_FALLBACKS still open what an earlier key closed, and
`manage.py encrypt_anew` closes everything with the newest one before an old key is taken away.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class CannotDecrypt(Exception):  # noqa: N818
    """None of the keys opens it: the key was replaced without keeping the old one as a fallback."""


def encrypt(secret: bytes) -> str:
    """Close a secret with the newest key. The text is safe to store, and different every time."""
    return _keys().encrypt(secret).decode()


def decrypt(closed: str) -> bytes:
    """Open what `encrypt` closed, with any key still known. Raises CannotDecrypt."""
    try:
        return _keys().decrypt(closed.encode())
    except InvalidToken as error:
        raise CannotDecrypt from error


def encrypt_anew(closed: str) -> str:
    """The same secret closed with the newest key. Raises CannotDecrypt."""
    return encrypt(decrypt(closed))


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"myaccount.security.factors").derive(
        force_bytes(secret)
    )
    return Fernet(base64.urlsafe_b64encode(derived))
