"""Checks a password for a user name or a proven e-mail address."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest

from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier


class AccountNotMadeYet(Exception):  # noqa: N818
    """The password is right, but of somebody whose account still waits to be made."""


def normalize_password(password: str) -> str:
    """NFC, so that the same password typed on another keyboard is the same (NIST SP 800-63B 3.1.1.2)."""
    return unicodedata.normalize("NFC", password)


def hashed(password: str) -> str:
    """The hash of a password that has passed the validators, for an account that is made later."""
    return make_password(normalize_password(password))


def is_hash_of(password: str, password_hash: str) -> bool:
    """Whether this is the password of an account that is not made yet. One hash."""
    return check_password(normalize_password(password), password_hash)


class IdentifierBackend(ModelBackend):
    """The only password check of the portal. Takes as long for unknown people as for known ones."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002 (Django's signature)
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The active person whose password this is, or None. The caller reserves the attempt first.

        `waiting_password`: the hash of somebody whom this name belongs to, but who has no account yet. It is checked
        in place of the hash that nobody has, never beside it. Raises AccountNotMadeYet when it is right.
        """
        if username is None or password is None:
            return None
        password = normalize_password(password)
        user: User | None = kwargs["candidate"] if "candidate" in kwargs else find_by_identifier(username)
        if user is None and kwargs.get("waiting_password"):
            if is_hash_of(password, kwargs["waiting_password"]):
                raise AccountNotMadeYet
            return None
        if user is None or not user.has_usable_password():
            User().set_password(password)  # the same work as checking one (security 2)
            return None
        if not user.check_password(password) or not self.user_can_authenticate(user):
            return None
        return user
