"""Small tables that every page reads and that change seldom: never stale, and nearly free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


class KeptRows(Generic[M]):
    """The rows of a queryset as the database has them now, made into objects only when they differ from before.

    Most of what a query costs is Django putting the statement together and making objects. Here
    the database is asked each time, in one statement that is kept, and so is what came of it for
    as long as the answer is the same. The objects are shared between requests: never change them.
    """

    def __init__(self, queryset: Callable[[], QuerySet[M]]) -> None:
        self._queryset = queryset
        self._statement: tuple[SQLCompiler, str, Sequence[Any]] | None = None
        self._kept: tuple[list[Any], list[M]] | None = None

    def read(self) -> list[M]:
        """All rows. One query."""
        compiler, sql, params = self._statement or self._compile()
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            rows = cursor.fetchall()
        if self._kept is None or self._kept[0] != rows:
            self._kept = (rows, self._objects(compiler, rows))
        return self._kept[1]

    def _compile(self) -> tuple[SQLCompiler, str, Sequence[Any]]:
        compiler = self._queryset().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        self._statement = (compiler, sql, params)
        return self._statement

    def _objects(self, compiler: SQLCompiler, rows: list[Any]) -> list[M]:
        """As Django's own querysets make them."""
        columns = [expression for expression, *_ in compiler.select]
        names = [column.target.attname for column in columns]
        converted = compiler.apply_converters(rows, compiler.get_converters(columns))
        return [self._queryset().model.from_db(connection.alias, names, values) for values in converted]
