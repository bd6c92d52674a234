"""The same data as a page to read and print: of long lists the beginning, and how much more the file has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase

from myaccount.export.contents import PARTS, Asked, Part
from myaccount.export.telling import Entry
from myaccount.web import formats

AT_MOST: Final = 200  # of a list
OPEN_FOR: Final = timedelta(minutes=5)
_KEY: Final = "export_page_opened_at"


@dataclass(frozen=True)
class ToldPart:
    """A part in words."""

    part: Part
    entries: list[Entry]
    left_out: int


def open_for_a_while(session: SessionBase, *, now: datetime) -> None:
    """Let this session show the page, now that it is written down that it does."""
    session[_KEY] = now.timestamp()


def is_open(session: SessionBase, *, now: datetime) -> bool:
    """Whether it was opened here within the last minutes. A time in the future does not count."""
    at = session.get(_KEY)
    return isinstance(at, int | float) and 0 <= now.timestamp() - at < OPEN_FOR.total_seconds()


def contents(asked: Asked) -> dict[str, Any]:
    """What the template shows. 27 queries at most, whatever there is to show."""
    parts = [_told(part, asked) for part in PARTS if part.told]
    return {"parts": parts, "made_on": formats.moment(asked.now)}


def _told(part: Part, asked: Asked) -> ToldPart:
    content = part.read(asked)
    values = [content] if isinstance(content, Mapping) else list(islice(content, AT_MOST))
    entries = [entry for value in values for entry in part.told(value)] if part.told else []
    is_cut = part.count is not None and len(values) == AT_MOST
    return ToldPart(part, entries, part.count(asked) - AT_MOST if is_cut and part.count else 0)
