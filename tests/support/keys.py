"""Signing keys for what starts with production's settings."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path

from myaccount.settings.environment import new_signing_key


@cache
def key_file(number: int = 1) -> str:
    """The path of a file with so many private keys, gone with this process."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        file.write("".join(new_signing_key() for _ in range(number)))
    atexit.register(Path(file.name).unlink, missing_ok=True)
    return file.name
