"""Checks a password for a user name or a proven e-mail address."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier


def normalize_password(password: str) -> str:
    """NFC, so that the same password typed on another keyboard is the same (NIST SP 800-63B 3.1.1.2)."""
    return unicodedata.normalize("NFC", password)


class IdentifierBackend(ModelBackend):
    """The only password check of the portal. Takes as long for unknown people as for known ones."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002 (Django's signature)
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The active person whose password this is, or None. The caller reserves the attempt first."""
        if username is None or password is None:
            return None
        password = normalize_password(password)
        user: User | None = kwargs["candidate"] if "candidate" in kwargs else find_by_identifier(username)
        if user is None or not user.has_usable_password():
            User().set_password(password)  # the same work as checking one (security 2)
            return None
        if not user.check_password(password) or not self.user_can_authenticate(user):
            return None
        return user
