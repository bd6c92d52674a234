"""What an exported file says of sign-in sessions.

Described member by member in `myaccount/export/userInfo.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from myaccount.users.models import User
from myaccount.web.chunks import newest_first
from myaccount.web.formats import iso
from sessions_app.models import EndReason, LoginSession

CHUNK: Final = 500  # rows in memory at once

UsedIn = Callable[[Collection[UUID]], Mapping[UUID, list[dict[str, Any]]]]


def sessions(user: User, *, current: UUID | None, used_in: UsedIn, chunk: int = CHUNK) -> Iterator[dict[str, Any]]:
    """The person's sessions that are kept, ended ones too, the newest first.

    `used_in` tells which applications were used in them. One query a chunk, and one of `used_in`.
    """
    mine = LoginSession.objects.filter(user=user)
    for rows in newest_first(mine, "started_at", "uuid", size=chunk):
        used = used_in([row.uuid for row in rows])
        for row in rows:
            yield _described(row, used.get(row.uuid, []), is_current=row.uuid == current)


def _described(row: LoginSession, applications: list[dict[str, Any]], *, is_current: bool) -> dict[str, Any]:
    return {
        "id": str(row.uuid),
        "is_current": is_current,
        "started_at": iso(row.started_at),
        "last_seen_at": iso(row.last_seen_at),
        "ended_at": iso(row.ended_at),
        "end_reason": row.end_reason or None,
        "end_reason_label": str(EndReason(row.end_reason).label) if row.end_reason else None,
        "browser": row.browser,
        "operating_system": row.operating_system,
        "device": row.device,
        "user_agent": row.user_agent,
        "ip": row.ip,
        "methods": list(row.methods),
        "applications": applications,
    }


def count_sessions(user: User) -> int:
    """How many of them there are. One query."""
    return LoginSession.objects.filter(user=user).count()
