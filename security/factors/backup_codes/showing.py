"""The codes while they are shown: in the browser's session, encrypted, for ten minutes and until they are saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from myaccount.users.models import User
from myaccount.web import encryption
from security.factors.backup_codes.services import current_set

LIFE: Final = timedelta(minutes=10)
_KEY: Final = "backup_codes_shown"


@dataclass(frozen=True)
class Shown:
    """Codes that were just made, and when."""

    codes: list[str]
    made_at: datetime


def keep(session: SessionBase, codes: list[str], *, user: User, now: datetime) -> None:
    """Keep them for this one showing, and save the session with the codes: both are there, or neither is."""
    session[_KEY] = {
        "codes": encryption.encrypt(json.dumps(codes).encode()),
        "set": current_set(user),
        "at": now.timestamp(),
    }
    session.save()


def kept(session: SessionBase, *, user: User, now: datetime) -> Shown | None:
    """The codes, if they were made here a moment ago and are the person's still."""
    value: Any = session.get(_KEY)
    try:
        age = now.timestamp() - value["at"]
        if not 0 <= age < LIFE.total_seconds() or value["set"] != current_set(user):
            return None
        codes: list[str] = json.loads(encryption.decrypt(value["codes"]))
        return Shown(codes, timezone.localtime(now - timedelta(seconds=age)))
    except (TypeError, KeyError, AttributeError, ValueError, encryption.CannotDecrypt):
        return None


def forget(session: SessionBase) -> None:
    """Never show them again."""
    session.pop(_KEY, None)
