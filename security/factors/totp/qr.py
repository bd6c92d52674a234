"""The only place that knows the `segno` library: a QR code as inline SVG."""

from __future__ import annotations

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString

_QUIET = 4  # modules of white around it; scanners ask for them


def svg(text: str, label: str) -> SafeString:
    """Dark on white in either theme, since cameras want it so. `label` is what a screen reader says of it."""
    code = segno.make_qr(text, error="l")
    size = len(code.matrix) + 2 * _QUIET
    return format_html(
        '<svg viewBox="0 0 {size} {size}" role="img" aria-label="{label}" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{dark}"/></svg>',
        size=size,
        label=label,
        dark="".join(_runs(row, y + _QUIET) for y, row in enumerate(code.matrix)),
    )


def _runs(row: bytes | bytearray, y: int) -> str:
    """The dark modules of a row, those that touch as one."""
    path, x = "", 0
    while x < len(row):
        length = 0
        while x + length < len(row) and row[x + length]:
            length += 1
        if length:
            path += f"M{x + _QUIET} {y}h{length}v1h-{length}z"
        x += length + 1
    return path
