"""What is remembered between the stages of a sign-in: whose it is, since when, and what has been shown."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError

from myaccount.users.models import User

LIFE: Final = timedelta(minutes=10)
ENROLMENT: Final = "enrolment"  # the stage in which a person sets up what the organisation asks for
_KEY: Final = "pending_sign_in"
_BINDING_KEY: Final = "ceremony_binding"


@dataclass(frozen=True)
class PendingSignIn:
    """A sign-in that is not finished. Holds no password and opens no page but the next stage (security 10)."""

    user_uuid: str
    at: float  # seconds since the epoch
    methods: list[str] = field(default_factory=list)  # authenticators, in the order they were shown
    next: str = ""
    stage: str = ""  # the name of the stage the person was sent to
    is_known_browser: bool = False
    is_trusted_browser: bool = False
    wants_trust: bool = False  # the person asked to trust this browser
    has_postponed: bool = False  # setting up a second factor, within the grace period
    switched_from: str = ""  # the public id of the linked account the person comes from
    proven_at: float | None = None  # when the first factor was shown, where that was elsewhere; seconds, 0 for unknown
    came_by: dict[str, Any] = field(default_factory=dict)  # what the area that led here is told at the end


def store(session: SessionBase, pending: PendingSignIn) -> None:
    """Keep the state and change the session's key: trust was raised (security 9)."""
    session.cycle_key()
    session[_KEY] = asdict(pending)


def load(session: SessionBase, *, now: datetime) -> tuple[PendingSignIn, User] | None:
    """The state and its person, or None if there is none or it is stale, unreadable, or no longer holds.

    It dies with a change of the password and with the account being disabled.
    """
    return read(session.get(_KEY), now=now)


def read(kept: Any, *, now: datetime) -> tuple[PendingSignIn, User] | None:
    """The same from what was kept elsewhere."""
    try:
        pending = PendingSignIn(**kept)
        age = now.timestamp() - pending.at
        user = User.objects.filter(uuid=pending.user_uuid, is_active=True).first()
    except (TypeError, ValueError, ValidationError):
        return None
    if user is None or not 0 <= age < LIFE.total_seconds():
        return None
    if user.password_changed_at and user.password_changed_at.timestamp() > pending.at:
        return None
    return pending, user


def forget(session: SessionBase) -> None:
    """Drop the state, finished or given up."""
    session.pop(_KEY, None)


def binding(session: SessionBase) -> str:
    """What ties codes and challenges to this browser's session; it stays while the session's key changes."""
    known = known_binding(session)
    if not known:
        known = session[_BINDING_KEY] = secrets.token_urlsafe(32)
    return known


def known_binding(session: SessionBase) -> str:
    """The same for pages that only look: empty where nothing was tied to this session yet."""
    known = session.get(_BINDING_KEY)
    return known if isinstance(known, str) else ""
