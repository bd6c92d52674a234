"""Turns the organisation's colour into the two numbers our tokens are derived from.

Only hue and chroma are taken, in OKLCH (CSS Color Module Level 4, section 9): lightness is the
tokens' own, so that contrast holds for any colour, in both themes.
"""

from __future__ import annotations

import math
from typing import Final

STANDARD: Final = "#2454b3"  # the tokens' own accent, which needs no theme
_MAX_CHROMA: Final = 0.19


def oklch(colour: str) -> tuple[float, float, float]:
    """Lightness (0 to 1), chroma (0 to about 0.37) and hue (degrees) of `#rrggbb`."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def theme_css(accent_colour: str) -> str:
    """The stylesheet that gives the portal this accent; empty without one."""
    if not accent_colour:
        return ""
    _, chroma, hue = oklch(accent_colour)
    return f":root {{ --hue: {hue:.1f}; --chroma: {min(chroma, _MAX_CHROMA):.3f}; }}\n"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
