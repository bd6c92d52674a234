"""Dates, times and lists in the person's language and time zone. Format in a selector, not in a loop of a template."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


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


def zone(name: str) -> ZoneInfo | None:
    """The time zone of that name, such as Europe/Paris; none when it is empty or unknown."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def listed(words: Iterable[str]) -> str:
    """Several words one after the other."""
    return pgettext("separator of a list", ", ").join(words)


def day(value: date) -> str:
    """A date in words: 22 Nov 2026."""
    return _day(value.date() if isinstance(value, datetime) else value, locale_in_use())


def moment(value: datetime) -> str:
    """A date and time: 22 Nov 2026, 09:41."""
    local = timezone.localtime(value)
    locale = locale_in_use()
    return f"{_day(local.date(), locale)}, {_clock(time(local.hour, local.minute), locale)}"


def ago(value: datetime, *, now: datetime) -> str:
    """How long since: “just now”, “5 minutes ago”, then the date and time once it is older than a day."""
    age = now - value
    if age < timedelta(minutes=1):
        return _("just now")
    if age < timedelta(days=1):
        return _minutes_ago(age // timedelta(minutes=1), locale_in_use())
    return moment(value)


# Babel reads its patterns anew for every date. There are few days in a history, and 1,440 minutes in a day.
@lru_cache(maxsize=4096)
def _day(value: date, locale: Locale) -> str:
    return format_date(value, "medium", locale=locale)


@lru_cache(maxsize=4096)
def _clock(value: time, locale: Locale) -> str:
    return format_time(value, "short", locale=locale)


@lru_cache(maxsize=4096)
def _minutes_ago(minutes: int, locale: Locale) -> str:
    return format_timedelta(-timedelta(minutes=minutes), add_direction=True, locale=locale)


@overload
def iso(value: datetime) -> str: ...
@overload
def iso(value: datetime | None) -> str | None: ...
def iso(value: datetime | None) -> str | None:
    """For machines: 2026-11-22T09:41:00Z, in UTC and without fractions of seconds; None for never."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None
