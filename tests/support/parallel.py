"""The same thing at the same moment, many times: real threads, each with a database connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection, connections, transaction

T = TypeVar("T")


def in_parallel(act: Callable[[int], T], times: int) -> list[T | Exception]:
    """Call `act(0)`, `act(1)` … at once; what each returned or raised, in that order.

    Needs a test of several transactions (`django_db(transaction=True)`).
    """
    barrier = threading.Barrier(times, timeout=30)
    results: list[T | Exception | None] = [None] * times

    def run(number: int) -> None:
        try:
            barrier.wait()
            results[number] = act(number)
        except Exception as error:  # noqa: BLE001 (handed to the test)
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread hangs"
    return results  # type: ignore[return-value]


def one_after_the_other(
    first: Callable[[], object], second: Callable[[], object], *, then: Callable[[], object] = lambda: None
) -> list[object]:
    """Call `first`, and `second` before that is committed, which it is once the second one waits for it.

    `then` is called in between, in the transaction of the first. Returns what `first` and `second` returned or raised.
    On PostgreSQL, in a test of several transactions. Fails where nothing is waited for.
    """
    is_done = threading.Event()

    def act(number: int) -> object:
        if number:
            assert is_done.wait(30)
            return second()
        with transaction.atomic():
            result = first()
            is_done.set()
            _until_somebody_waits()
            then()
        return result

    return list(in_parallel(act, 2))


def _until_somebody_waits() -> None:
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
