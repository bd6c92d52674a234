"""Waits until the live server has answered everything it was asked.

A page may still ask for something when its journey ends, such as the passkeys a browser fills in. The tables are
emptied after each journey, and on PostgreSQL that and a request in between wait for each other for ever.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from django.core.signals import request_finished, request_started

AT_MOST: Final = 10  # seconds
_QUIET_FOR: Final = 0.15  # seconds: a request that is on its way has begun by then

_lock = threading.Lock()
_under_way = 0


def _count(step: int) -> None:
    global _under_way  # noqa: PLW0603 (one server a process)
    with _lock:
        _under_way = max(0, _under_way + step)


def _on_started(sender: Any, **kwargs: Any) -> None:
    _count(1)


def _on_finished(sender: Any, **kwargs: Any) -> None:
    _count(-1)


def listen() -> None:
    """Count what is under way from now on."""
    request_started.connect(_on_started, dispatch_uid="count requests under way")
    request_finished.connect(_on_finished, dispatch_uid="count answered requests")


def wait_until_quiet() -> None:
    """Return once nothing has been under way for a moment. Call when no page can ask for more."""
    deadline = time.monotonic() + AT_MOST
    quiet_since = time.monotonic()
    while time.monotonic() < deadline:
        if _under_way:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= _QUIET_FOR:
            return
        time.sleep(0.02)
