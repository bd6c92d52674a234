"""Dates and times in the person's language and time zone. Format once in a selector or view, not in a loop of a template."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from django.utils import timezone, translation
from django.utils.translation import gettext as _


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    for candidate in (language, language.split("-", maxsplit=1)[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def locale_in_use() -> Locale:
    """Babel's locale for the active language. English dates are written the international way: 22 Nov 2026."""
    language = translation.get_language() or "en"
    return _locale("en-GB" if language == "en" else language)


def day(value: date) -> str:
    """A date in words: 22 Nov 2026."""
    return format_date(value, "medium", locale=locale_in_use())


def moment(value: datetime) -> str:
    """A date and time: 22 Nov 2026, 09:41."""
    local = timezone.localtime(value)
    locale = locale_in_use()
    return f"{format_date(local, 'medium', locale=locale)}, {format_time(local, 'short', locale=locale)}"


def ago(value: datetime, *, now: datetime) -> str:
    """How long since: “just now”, “5 minutes ago”, then the date and time once it is older than a day."""
    age = now - value
    if age < timedelta(minutes=1):
        return _("just now")
    if age < timedelta(days=1):
        return format_timedelta(-age, add_direction=True, locale=locale_in_use())
    return moment(value)
