"""The one list of periodic jobs. Areas add to it in their `tasks.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Job:
    """A function that takes the current time, run once every `every`."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


_jobs: dict[str, Job] = {}


def periodic(name: str, *, every: timedelta) -> Callable[[Callable[[datetime], object]], Callable[[datetime], object]]:
    """Register a function as a periodic job. It may be run late, and after a crash again: make it idempotent."""

    def register(function: Callable[[datetime], object]) -> Callable[[datetime], object]:
        if name in _jobs:
            raise ValueError(f"two jobs are called {name}")
        _jobs[name] = Job(name, every, function)
        return function

    return register


def jobs() -> list[Job]:
    """All jobs, by name."""
    return [_jobs[name] for name in sorted(_jobs)]
