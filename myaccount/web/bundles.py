"""Serves `portal.css`: every page's one style sheet, joined from the small files people edit."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

BUNDLE = "portal.css"

# The order is the order of the cascade within a layer.
SOURCES = (
    "tokens.css",
    "base.css",
    "layout/shell.css",
    "layout/page.css",
    "layout/focused.css",
    "components/icon.css",
    "components/brand.css",
    "components/navigation.css",
    "components/avatar.css",
    "components/person_menu.css",
    "components/languages.css",
    "components/button.css",
    "components/badge.css",
    "components/notice.css",
    "components/card.css",
    "components/row.css",
    "components/expand.css",
    "components/edit.css",
    "components/check.css",
    "components/events.css",
    "components/details.css",
    "components/field.css",
    "components/switch.css",
    "components/choice.css",
    "components/error_summary.css",
    "components/empty.css",
    "components/tabs.css",
    "components/pagination.css",
    "components/filters.css",
    "components/table.css",
    "components/codes.css",
    "components/dialog.css",
    "utilities.css",
    "contrast.css",
    "print.css",
)


def source_files() -> list[Path]:
    """The files the bundle is made of, in order."""
    return [Path(settings.BASE_DIR) / "static" / "css" / name for name in SOURCES]


def bundle_file() -> Path:
    """Where the joined file is kept."""
    return Path(settings.BASE_DIR) / "var" / "bundles" / BUNDLE


def build() -> Path:
    """Join the sources, unless the file kept is newer than all of them and than this list."""
    target = bundle_file()
    files = source_files()
    changed = max(file.stat().st_mtime_ns for file in (*files, Path(__file__)))
    if target.exists() and target.stat().st_mtime_ns > changed:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Written beside it and renamed: several processes may build at once.
    handle, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(source.read_text(encoding="utf-8") for source in files))
    Path(name).chmod(0o644)
    return Path(name).replace(target)


class BundleFinder(BaseFinder):
    """Finds the bundle as if it were a file among the static ones."""

    def __init__(self) -> None:
        self.storage = FileSystemStorage(location=bundle_file().parent)

    def check(self, **kwargs: Any) -> list[Any]:
        """There is nothing to configure."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """The bundle's place on disk for its name, nothing for any other."""
        if path != BUNDLE:
            return []
        file = str(build())
        return [file] if find_all else file

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """The bundle as the one file here, for collectstatic and whitenoise."""
        if not matches_patterns(BUNDLE, list_of(ignore_patterns)):
            build()
            yield BUNDLE, self.storage


def list_of(patterns: Iterable[str] | None) -> list[str]:
    """The patterns as a list; whitenoise passes none at all."""
    return [*patterns] if patterns else []
