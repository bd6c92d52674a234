"""The background worker, for tests of several transactions."""

from __future__ import annotations

import signal

from django.core.management import call_command


def work_once() -> None:
    """Do what is due and queued now. The worker listens for signals; after it the tests listen in their own way."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
    before = [signal.getsignal(number) for number in numbers]
    try:
        call_command("worker", once=True)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
