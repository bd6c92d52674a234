"""Static files in production: compressed once, under names that change with their content."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class PortalStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # (it has no types)
    """Whitenoise's, which works the address of a file out once instead of at every use."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address = lru_cache(maxsize=256)(super().url)

    def url(self, name: str | None, force: bool = False) -> str:  # noqa: FBT001, FBT002 (Django's signature)
        """Where the file is served."""
        address: str = self._address(name, force)
        return address
