"""Serves what every page needs as three files, joined from the small ones people edit.

`portal.css` is the style sheet, `portal.js` the script, `pictures.svg` the mark that a browser shows on
its tab together with every icon: one request each, kept by the browser.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

from myaccount.web import icons

# The order is the order of the cascade within a layer.
STYLES: Final = (
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
    "components/application.css",
    "components/claims.css",
    "components/expand.css",
    "components/edit.css",
    "components/check.css",
    "components/events.css",
    "components/details.css",
    "components/export.css",
    "components/field.css",
    "components/switch.css",
    "components/choice.css",
    "components/choices.css",
    "components/error_summary.css",
    "components/empty.css",
    "components/tabs.css",
    "components/pagination.css",
    "components/filters.css",
    "components/table.css",
    "components/codes.css",
    "components/backup_codes.css",
    "components/device.css",
    "components/captcha.css",
    "components/dialog.css",
    "utilities.css",
    "contrast.css",
    "print.css",
)


SCRIPTS: Final = ("portal.js", "security-device.js")
MARK: Final = "favicon.svg"


def _static(*parts: str) -> Path:
    return Path(settings.BASE_DIR).joinpath("static", *parts)


def style_files() -> list[Path]:
    """The files the style sheet is made of, in order."""
    return [_static("css", name) for name in STYLES]


def _style() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in style_files())


def _script() -> str:
    """Each file in a block of its own, so that their names do not meet."""
    return "\n".join(f"{{\n{_static('js', name).read_text(encoding='utf-8')}}}" for name in SCRIPTS)


def _pictures() -> str:
    return _static("img", MARK).read_text(encoding="utf-8").replace("</svg>", f"{icons.symbols()}</svg>")


def _sources() -> dict[str, list[Path]]:
    """What each bundle is made of; it is made anew when one of these is newer."""
    return {
        "portal.css": style_files(),
        "portal.js": [_static("js", name) for name in SCRIPTS],
        "pictures.svg": [_static("img", MARK), Path(icons.__file__)],
    }


BUILDERS: Final[dict[str, Callable[[], str]]] = {
    "portal.css": _style,
    "portal.js": _script,
    "pictures.svg": _pictures,
}


def folder() -> Path:
    """Where the joined files are kept."""
    return Path(settings.BASE_DIR) / "var" / "bundles"


def build(name: str) -> Path:
    """Make one bundle, unless the file kept is newer than all of its sources and than this module."""
    target = folder() / name
    changed = max(file.stat().st_mtime_ns for file in (*_sources()[name], Path(__file__)))
    if target.exists() and target.stat().st_mtime_ns > changed:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Written beside it and renamed: several processes may build at once.
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(BUILDERS[name]())
    Path(temporary).chmod(0o644)
    return Path(temporary).replace(target)


class BundleFinder(BaseFinder):
    """Finds the bundles as if they were files among the static ones."""

    def __init__(self) -> None:
        self.storage = FileSystemStorage(location=folder())

    def check(self, **kwargs: Any) -> list[Any]:
        """There is nothing to configure."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """A bundle's place on disk for its name, nothing for any other."""
        if path not in BUILDERS:
            return []
        file = str(build(path))
        return [file] if find_all else file

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """The bundles as the files here are, for collectstatic and whitenoise."""
        for name in BUILDERS:
            if not matches_patterns(name, list_of(ignore_patterns)):
                build(name)
                yield name, self.storage


def list_of(patterns: Iterable[str] | None) -> list[str]:
    """The patterns as a list; whitenoise passes none at all."""
    return [*patterns] if patterns else []
