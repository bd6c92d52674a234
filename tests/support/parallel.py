"""The same thing at the same moment, many times: real threads, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connections

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
