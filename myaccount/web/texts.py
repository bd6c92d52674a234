"""Texts that administrators give in several languages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language


def translated(translations: Any, part: str) -> str:
    """A text in the active language from `{"de": {"name": "…"}}`; empty where there is none."""
    language = get_language() or "en"
    for code in (language, language.split("-", maxsplit=1)[0]):
        text = translations.get(code, {}).get(part) if isinstance(translations, dict) else None
        if isinstance(text, str) and text:
            return text
    return ""
