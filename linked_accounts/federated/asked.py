"""What a browser's session remembers of requests to identity providers, until the answer comes (security 73)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from django.contrib.sessions.backends.base import SessionBase

LIFE: Final = timedelta(minutes=10)
AT_ONCE: Final = 5
_KEY: Final = "federated_requests"
_FOUND_KEY: Final = "federated_found"


class Purpose(StrEnum):
    """What the answer is wanted for. Kept in sessions: never change a value."""

    CONNECT = "connect"
    SIGN_IN = "sign-in"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class Request:
    """One request to a provider: what its answer has to fit, and whose it is."""

    purpose: str
    provider: int
    state: str
    nonce: str
    verifier: str
    at: float  # seconds since the epoch
    next: str = ""
    user_uuid: str = ""  # for whom an account is connected, or who confirms
    session_uuid: str = ""  # in which sign-in session
    budget: str = ""  # what it was counted against
    anew: bool = False  # it has to be shown once more, even if the provider knows who it is


@dataclass(frozen=True)
class Found:
    """Who the person in front of this browser is at a provider, until they say that it is to be connected."""

    provider: int
    issuer: str
    subject: str
    account_name: str
    at: float  # seconds since the epoch
    session_uuid: str  # in which sign-in session


T = TypeVar("T", Request, Found)


def keep(session: SessionBase, request: Request) -> None:
    """Remember it; of those before, the newest."""
    session[_KEY] = [*_kept(session), asdict(request)][-AT_ONCE:]


def take(session: SessionBase, state: str, *, now: datetime) -> Request | None:
    """The request with this state, once: it is forgotten before anything is done with it.

    None where there is none, or an old one.
    """
    kept = _kept(session)
    found = next((entry for entry in kept if entry.get("state") == state), None) if state else None
    if found is None:
        return None
    session[_KEY] = [entry for entry in kept if entry is not found]
    session.save()  # before the provider is asked, which takes a while
    return _read(Request, found, now=now)


def keep_found(session: SessionBase, found: Found) -> None:
    """Remember it until the person has decided; a later one takes its place."""
    session[_FOUND_KEY] = asdict(found)


def found(session: SessionBase, *, now: datetime) -> Found | None:
    """What there is to decide about; None where there is nothing, or nothing any more."""
    return _read(Found, session.get(_FOUND_KEY), now=now)


def forget_found(session: SessionBase) -> None:
    """It was decided."""
    session.pop(_FOUND_KEY, None)


def _read(kind: type[T], kept: Any, *, now: datetime) -> T | None:
    try:
        read = kind(**kept)
        age = now.timestamp() - read.at
    except TypeError:  # there is none, or an older version of the portal kept it
        return None
    return read if 0 <= age < LIFE.total_seconds() else None


def _kept(session: SessionBase) -> list[dict[str, Any]]:
    kept = session.get(_KEY)
    return [entry for entry in kept if isinstance(entry, dict)] if isinstance(kept, list) else []
