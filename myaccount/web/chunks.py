"""Reads many rows with few of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)


def newest_first(rows: QuerySet[M], *fields: str, size: int) -> Iterator[list[M]]:
    """The rows in descending order of one or two fields, unique together, so many at a time.

    Each chunk begins where the last one ended, so none is open while the reader is slow: no cursor, no
    transaction. One query a chunk, and one more where the last is full.
    """
    found = rows.order_by(*(f"-{field}" for field in fields))
    rest = found
    while chunk := list(rest[:size]):
        yield chunk
        if len(chunk) < size:
            return
        rest = found.filter(_before(chunk[-1], *fields))


def _before(row: Model, first: str, second: str = "") -> Q:
    at = getattr(row, first)
    earlier = Q(**{f"{first}__lt": at})
    return earlier | Q(**{first: at, f"{second}__lt": getattr(row, second)}) if second else earlier
