"""Which accounts are known to be one person's: what has to be done by two people, one does not do alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from myaccount.users.models import User

Pairs = Callable[[], QuerySet[Any]]
_pairs: list[Pairs] = []


def register_pairs(find: Pairs) -> None:
    """Let `find` say which accounts belong together: rows with `first` and `second`, the smaller key first."""
    _pairs[:] = [find]


def pairs() -> QuerySet[Any]:
    """Every two accounts that are one person's."""
    (find,) = _pairs
    return find()


def linked_to(people: Any) -> QuerySet[Any, Any]:
    """The ids of the accounts linked with these, for use in another query. `people`: ids, or a query of ids.

    Of those linked with them directly: links are not transitive.
    """
    first, second = pairs().filter(first__in=people), pairs().filter(second__in=people)
    return first.values("second").union(second.values("first"))


def once_each(people: QuerySet[User]) -> QuerySet[User]:
    """These people, of several accounts of one person among them the first."""
    earlier = pairs().filter(second=OuterRef("pk"), first__in=people.order_by().values("pk"))
    return people.exclude(Exists(earlier))
