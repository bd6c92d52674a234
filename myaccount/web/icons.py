"""The icons there are: heroicons, all in one file that browsers fetch once and keep."""

from __future__ import annotations

import re
from typing import Final

from heroicons.templatetags.heroicons import heroicon_outline

NAMES: Final = (
    "adjustments-horizontal",
    "arrow-down-tray",
    "arrow-left",
    "arrow-left-start-on-rectangle",
    "arrow-path",
    "arrow-right",
    "arrow-right-end-on-rectangle",
    "arrow-right-start-on-rectangle",
    "arrow-top-right-on-square",
    "arrows-right-left",
    "beaker",
    "camera",
    "check-badge",
    "check-circle",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up-down",
    "clipboard-document",
    "clock",
    "cloud",
    "cog-6-tooth",
    "computer-desktop",
    "device-phone-mobile",
    "document-text",
    "envelope",
    "exclamation-circle",
    "exclamation-triangle",
    "eye",
    "eye-slash",
    "finger-print",
    "hand-thumb-up",
    "home",
    "inbox",
    "information-circle",
    "key",
    "language",
    "lifebuoy",
    "link",
    "lock-closed",
    "lock-open",
    "magnifying-glass",
    "minus-circle",
    "no-symbol",
    "pencil",
    "pencil-square",
    "photo",
    "plus",
    "plus-circle",
    "power",
    "printer",
    "qr-code",
    "shield-check",
    "squares-2x2",
    "squares-plus",
    "star",
    "ticket",
    "trash",
    "user",
    "user-group",
    "user-minus",
    "user-plus",
    "wrench-screwdriver",
    "x-circle",
    "x-mark",
)

_CONTENT = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_PRESENTATION = re.compile(r' (?:stroke-linecap|stroke-linejoin|stroke-width|stroke|fill)="[^"]*"')


def symbols() -> str:
    """Every icon as an SVG symbol of its name, for `<use>`. Colour and line are what icon.css says."""
    return "".join(_symbol(name) for name in NAMES)


def _symbol(name: str) -> str:
    found = _CONTENT.search(str(heroicon_outline(name, size=24)))
    assert found is not None, name  # noqa: S101 (heroicons are always one svg element)
    content = " ".join(_PRESENTATION.sub("", found[1]).split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{content}</symbol>'
