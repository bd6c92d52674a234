"""Password hashes that are quick, for tests that are not about hashing, and one that counts its work."""

from __future__ import annotations

import threading
from typing import ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher


class FastPasswordHasher(MD5PasswordHasher):
    algorithm = "fast_for_tests"


class CountingPasswordHasher(MD5PasswordHasher):
    """Remembers how often a password was hashed, for whatever reason."""

    algorithm = "counting_for_tests"
    calls: ClassVar[int] = 0
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def encode(self, password: str, salt: str) -> str:
        with self._lock:
            type(self).calls += 1
        return super().encode(password, salt)
