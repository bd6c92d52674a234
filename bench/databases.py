"""Databases of the bench's own, made for one run and dropped after it."""

from __future__ import annotations

import os
from typing import Final

import psycopg
from psycopg import sql

SERVER: Final = os.environ.get("BENCH_DATABASE_SERVER", "postgresql://postgres@127.0.0.1")


def url(name: str) -> str:
    """The DATABASE_URL of a database of this run."""
    return f"{SERVER}/{full_name(name)}"


def full_name(name: str) -> str:
    """With the process's id, so that two runs do not meet."""
    return f"myaccount_bench_{os.getpid()}_{name}"


def create(name: str, *, like: str | None = None) -> None:
    """Make a database: empty, or a copy of another to which nobody is connected."""
    template = sql.SQL(" TEMPLATE {}").format(sql.Identifier(full_name(like))) if like else sql.SQL("")
    _run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(full_name(name))) + template)


def drop(name: str) -> None:
    """Remove it, whoever is still connected."""
    _run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(full_name(name))))


def execute(name: str, statement: str) -> None:
    """Run one statement in a database of this run."""
    with psycopg.connect(url(name), autocommit=True) as connection:
        connection.execute(statement.encode())


def version() -> str:
    """The database server's version, such as 15.4."""
    with psycopg.connect(f"{SERVER}/postgres") as connection:
        number = connection.info.server_version
    return f"{number // 10000}.{number % 10000}"


def _run(statement: sql.Composed) -> None:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
        connection.execute(statement)
