"""Queries of the busiest pages, put together once in a process instead of at every use.

Django makes a statement anew each time a queryset is evaluated, which takes several times as long
as the database needs to answer it: loading the session and the person alone would cost a third of
a plain page. Only reads that every page view repeats belong here; see docs/adr/0012-kept-queries.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Field, Model, QuerySet, Value
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


class Given(Value):
    """Stands in a kept query for a value that each use gives: `filter(user=Given("user"))`. Never for None."""

    def __init__(self, name: str) -> None:
        super().__init__(name, output_field=Field())

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # noqa: ARG002 (Django's signature)
        """A placeholder; `KeptQuery` puts the value in its place."""
        return "%s", [self]


@dataclass(frozen=True)
class _Statement:
    """A statement, and how Django makes objects of its rows."""

    compiler: SQLCompiler
    sql: str
    params: Sequence[Any]
    converters: Any
    names: list[str]
    columns: slice
    related: list[Any]
    annotations: dict[str, int]  # the column of each by its name


class KeptQuery(Generic[M]):
    """A queryset whose statement is kept. `QUERY.fetch(user=7)` gives what the queryset would."""

    def __init__(self, queryset: Callable[[], QuerySet[M]]) -> None:
        self._queryset = queryset

    def fetch(self, **values: Any) -> list[M]:
        """The objects, for these values of what is `Given`. One query."""
        return self._objects(self._rows(values))

    @cached_property
    def _statement(self) -> _Statement:
        compiler = self._queryset().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        kind: Any = compiler.klass_info
        columns = kind["select_fields"]
        return _Statement(
            compiler,
            sql,
            params,
            converters=compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]]),
            names=[compiler.select[column][0].target.attname for column in columns],
            columns=slice(columns[0], columns[-1] + 1),
            related=get_related_populators(kind, compiler.select, connection.alias),  # type: ignore[call-arg]
            annotations=compiler.annotation_col_map or {},
        )

    def _rows(self, values: dict[str, Any]) -> list[Any]:
        statement = self._statement
        given = {name: Value(value).as_sql(statement.compiler, connection)[1][0] for name, value in values.items()}
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, [given[p.value] if isinstance(p, Given) else p for p in statement.params])
            rows: list[Any] = cursor.fetchall()
        return rows

    def _objects(self, rows: list[Any]) -> list[M]:
        """As Django's own querysets make them, related ones and annotations included."""
        statement, found = self._statement, []
        model: Any = statement.compiler.klass_info["model"]
        for row in statement.compiler.apply_converters(rows, statement.converters):
            instance = model.from_db(connection.alias, statement.names, row[statement.columns])
            for populator in statement.related:
                populator.populate(row, instance)
            for name, column in statement.annotations.items():
                setattr(instance, name, row[column])
            found.append(instance)
        return found


class KeptRows(KeptQuery[M]):
    """A small table that every page reads and that seldom changes: the objects are kept, too.

    The database is still asked each time, so nothing is ever stale; the objects are made anew only
    when its answer differs. They are shared between requests: never change them.
    """

    _kept: tuple[list[Any], list[M]] | None = None

    def fetch(self, **values: Any) -> list[M]:
        """The objects. One query."""
        rows = self._rows(values)
        if self._kept is None or self._kept[0] != rows:
            self._kept = (rows, self._objects(rows))
        return self._kept[1]
