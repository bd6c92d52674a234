"""The seed that is being set up: in the browser's session, encrypted, until a code of it is proven."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase

from myaccount.users.models import User
from myaccount.web import encryption
from security.factors.totp.services import new_seed

LIFE: Final = timedelta(minutes=10)
_KEY: Final = "totp_candidate"


def offer(session: SessionBase, *, user: User, replaces: int | None, now: datetime) -> bytes:
    """The seed to show: the one shown a moment ago, so that going back or reloading does not change it, or a new one.

    It can be proven for ten minutes from now.
    """
    seed = kept(session, user=user, replaces=replaces, now=now) or new_seed()
    session[_KEY] = {
        "seed": encryption.encrypt(seed),
        "at": now.timestamp(),
        "user": str(user.uuid),
        "replaces": replaces,
    }
    return seed


def kept(session: SessionBase, *, user: User, replaces: int | None, now: datetime) -> bytes | None:
    """The seed that was shown to this person for this purpose, if that is not too long ago."""
    value: Any = session.get(_KEY)
    try:
        age = now.timestamp() - value["at"]
        if (value["user"], value["replaces"]) != (str(user.uuid), replaces) or not 0 <= age < LIFE.total_seconds():
            return None
        return encryption.decrypt(value["seed"])
    except (TypeError, KeyError, AttributeError, encryption.CannotDecrypt):
        return None


def forget(session: SessionBase) -> None:
    """Drop it, proven or given up."""
    session.pop(_KEY, None)
