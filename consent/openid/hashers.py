"""How the secrets of applications are kept."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_noop as _


class ClientSecretHasher(BasePasswordHasher):
    """Salted SHA-256: enough for a secret of 128 random characters, which nobody can guess.

    A password's hash would cost a third of a second of work for each token, and let anybody keep the server busy.
    """

    algorithm = "client_secret"

    def encode(self, password: str, salt: str) -> str:
        """The stored form: algorithm, salt and digest."""
        digest = hashlib.sha256(f"{salt}{password}".encode()).hexdigest()
        return f"{self.algorithm}${salt}${digest}"

    def decode(self, encoded: str) -> dict[str, Any]:
        """The parts of the stored form."""
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this is the secret."""
        return constant_time_compare(encoded, self.encode(password, self.decode(encoded)["salt"]))

    def safe_summary(self, encoded: str) -> Any:
        """What may be shown of it."""
        return {_("algorithm"): self.algorithm}

    def must_update(self, encoded: str) -> bool:
        """Never: there is one form."""
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to even out."""
