"""Clean-up in small steps that nobody has to wait for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

SIZE: Final = 500  # rows; a statement stays well under 50 ms among millions
MOST_AT_ONCE: Final = 50  # batches in one run of a job; what is left waits for the next run


def delete_batch(rows: QuerySet[Any], *, size: int = SIZE) -> int:
    """Delete the first rows of a queryset. Returns how many went, with those that hung on them.

    Rows that somebody else holds are left for the next time: no sign-in waits for a clean-up, and
    workers that clean up at once share the work.
    """
    with transaction.atomic():
        keys = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:size])
        return QuerySet(rows.model).filter(pk__in=keys).delete()[0] if keys else 0


def until_done(step: Callable[[], int]) -> None:
    """Take one step after the other until one finds nothing more to do, within reason."""
    for _ in range(MOST_AT_ONCE):
        if not step():
            return
