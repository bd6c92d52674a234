"""Keeps secrets that have to be read again unreadable in the database (security 55).

The key follows from SECRET_KEY; SECRET_KEY_FALLBACKS still open what an earlier key closed, and
`manage.py encrypt_anew` closes everything with the newest one before an old key is taken away.
"""

from __future__ import annotations

import base64
from typing import Protocol

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


class CloseAnew(Protocol):
    """Closes the next rows: (the last row looked at, how many were closed, how many no key opens)."""

    def __call__(self, *, after: int = 0) -> tuple[int, int, int]:
        """Those after this one; the first number is 0 once there are no more."""


_columns: list[CloseAnew] = []


def register_encrypted(close_anew: CloseAnew) -> None:
    """Have what an area keeps encrypted closed with the newest key by `manage.py encrypt_anew`, too."""
    if close_anew not in _columns:
        _columns.append(close_anew)


def encrypt_everything_anew() -> tuple[int, int]:
    """Close all there is with the newest key, a batch at a time: (how many were closed, how many no key opens)."""
    closed, lost = 0, 0
    for close_anew in _columns:
        after, more, more_lost = close_anew()
        closed, lost = closed + more, lost + more_lost
        while after:
            after, more, more_lost = close_anew(after=after)
            closed, lost = closed + more, lost + more_lost
    return closed, lost


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> Fernet:
    # The name is that of the first who stored anything; another would open nothing that is stored.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"myaccount.security.factors").derive(
        force_bytes(secret)
    )
    return Fernet(base64.urlsafe_b64encode(derived))
