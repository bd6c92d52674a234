"""Runs every periodic job on a crowded database and times each statement: `python -m bench.cleaning`.

Runs in a process of its own with the portal's settings; prints the slowest statement of each job as JSON.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any, Final

import django

BATCHES: Final = 3  # runs of each job; the rows made due are enough for all of them

_DUE: Final = (
    # ended long ago, run out while nobody looked, and cookies' rows that ran out
    """UPDATE sessions_app_loginsession SET ended_at = now() - interval '100 days' WHERE uuid IN
       (SELECT uuid FROM sessions_app_loginsession WHERE ended_at IS NOT NULL LIMIT 4000)""",
    """UPDATE sessions_app_loginsession SET last_seen_at = now() - interval '2 hours' WHERE uuid IN
       (SELECT uuid FROM sessions_app_loginsession WHERE ended_at IS NULL LIMIT 1000)""",
    """UPDATE sessions_app_browsersession SET expire_date = now() - interval '1 hour' WHERE session_key IN
       (SELECT session_key FROM sessions_app_browsersession LIMIT 4000)""",
    """INSERT INTO limits_attemptbudget (key, failures, last_attempt_at)
       SELECT 'bench-' || n, 1, now() - (n % 5) * interval '1 day' FROM generate_series(1, 20000) AS n""",
)


def main() -> None:
    """Make rows due, run the jobs, and print what the statements took."""
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from myaccount.activity.services import purge
    from myaccount.schedule.registry import jobs

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in _DUE:
            cursor.execute(statement)
        cursor.execute("ANALYZE")
    _add_messages_and_changes()
    now = timezone.now()
    work: dict[str, Any] = {job.name: job.run for job in jobs()}
    work["activity: purge"] = lambda now: purge(before=now - timedelta(hours=49))
    slowest: dict[str, float] = {}
    for name, run in work.items():
        times: list[float] = []

        def timed(execute: Any, *arguments: Any, times: list[float] = times) -> Any:
            begun = time.perf_counter()
            try:
                return execute(*arguments)
            finally:
                times.append((time.perf_counter() - begun) * 1000)

        with connection.execute_wrapper(timed):
            for _ in range(BATCHES):
                run(now)
        slowest[name] = max(times, default=0.0)
    print(json.dumps(slowest))


def _add_messages_and_changes() -> None:
    """Messages that left long ago, and changes of address nobody proved."""
    from uuid import uuid4

    from django.utils import timezone

    from myaccount.outbox.models import Channel, Message, State
    from myaccount.users.models import User
    from profile.models import ContactKind, PendingContact

    now, long_ago = timezone.now(), timezone.now() - timedelta(days=40)
    Message.objects.bulk_create(
        Message(
            channel=Channel.EMAIL, topic="new_sign_in", recipient="crowd@example.org", text="x" * 1000, html="x" * 3000,
            state=State.SENT, created_at=long_ago if number % 5 == 0 else now, expires_at=now, sent_at=now,
        )
        for number in range(20_000)
    )  # fmt: skip
    PendingContact.objects.bulk_create(
        PendingContact(
            user=user, kind=ContactKind.EMAIL, value="new@example.org", session_uuid=uuid4(), sent_at=long_ago,
            expires_at=long_ago,
        )
        for user in User.objects.filter(username__startswith="crowd")[:4000]
    )  # fmt: skip


if __name__ == "__main__":
    main()
