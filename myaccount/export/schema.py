"""The JSON Schema of the exported file, which ships with the project."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def schema_file() -> bytes:
    """As it is in the repository."""
    return Path(__file__).with_name("userInfo.schema.json").read_bytes()
