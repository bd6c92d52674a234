"""Reads about sessions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.db.models.expressions import Combinable

from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.kept_queries import Given, KeptQuery
from sessions_app import devices, session_store
from sessions_app.models import LoginSession

_ACTIVE: Final = KeptQuery(
    lambda: (
        LoginSession.objects.filter(Q(user=Given("user")) | Q(switched_from=Given("uuid")), ended_at=None)
        .select_related("user")
        .order_by("-last_seen_at", "-started_at")[:100]
    )
)


@dataclass(frozen=True)
class UsedApplication:
    """An application used in a session."""

    name: str
    first_access: str
    last_access: str


UsedApplications = Callable[[Collection[UUID]], Mapping[UUID, list[UsedApplication]]]
_used_applications: list[UsedApplications] = []


def register_used_applications(of: UsedApplications) -> None:
    """Let an area that lies above tell which applications were used in sessions, in one query."""
    if of not in _used_applications:
        _used_applications.append(of)


def register_with_session(name: str, expression: Callable[[], Combinable]) -> None:
    """Let an area that lies above read something small with every session (see `session_store.bring_along`)."""
    session_store.bring_along(name, expression)


@dataclass(frozen=True)
class SessionRow:
    """One session as the page shows it."""

    uuid: UUID
    title: str
    is_current: bool
    is_handheld: bool
    browser: str
    operating_system: str
    device: str
    ip: str
    login_time: str
    last_accessed: str
    last_accessed_ago: str
    switched_from: str = ""  # a username; empty for a session one signed in to
    switched_to: str = ""  # the username of the linked account in which a session of the person goes on
    applications: tuple[UsedApplication, ...] = ()


def active_sessions(user: User, *, current: UUID | None, now: datetime) -> list[SessionRow]:
    """The person's sessions, the current one first, then the most recently used. Two queries with the applications.

    One that has gone on in a linked account is among them: from there it could come back. What is used in it is not.
    """
    active = _ACTIVE.fetch(user=user.pk, uuid=user.uuid)
    used = _applications_in([login_session.uuid for login_session in active if login_session.user_id == user.pk])
    rows = [
        replace(
            row_of(login_session, of=user, current=current, now=now),
            applications=tuple(used.get(login_session.uuid, ())),
        )
        for login_session in active
    ]
    return sorted(rows, key=lambda row: not row.is_current)


def _applications_in(sessions: Collection[UUID]) -> dict[UUID, list[UsedApplication]]:
    found: dict[UUID, list[UsedApplication]] = {}
    for of in _used_applications:
        for uuid, applications in of(sessions).items():
            found.setdefault(uuid, []).extend(applications)
    return found


def own_session(user: User, uuid: UUID) -> LoginSession | None:
    """One of the person's own active sessions, be it in a linked account by now; None for anybody else's."""
    own = Q(user=user) | Q(switched_from=user.uuid)
    return LoginSession.objects.select_related("user").filter(own, pk=uuid, ended_at=None).first()


def row_of(login_session: LoginSession, *, of: User, current: UUID | None, now: datetime) -> SessionRow:
    """A session in words, for this person."""
    device = devices.describe(login_session.user_agent)
    is_away = login_session.user_id != of.pk
    return SessionRow(
        uuid=login_session.uuid,
        title=devices.browser_on_system(login_session.browser, login_session.operating_system),
        is_current=login_session.uuid == current,
        is_handheld=device.is_handheld,
        browser=login_session.browser,
        operating_system=login_session.operating_system,
        device=login_session.device,
        ip=login_session.ip or "",
        login_time=formats.moment(login_session.started_at),
        last_accessed=formats.moment(login_session.last_seen_at),
        last_accessed_ago=formats.ago(login_session.last_seen_at, now=now),
        switched_from="" if is_away else login_session.switched_from_name,
        switched_to=login_session.user.username if is_away else "",
    )


def session_title(browser: str, operating_system: str) -> str:
    """“Firefox on Windows” from a session's browser and operating system."""
    return devices.browser_on_system(browser, operating_system)


def describe_user_agent(user_agent: str) -> str:
    """“Firefox on Windows” for a User-Agent header."""
    device = devices.describe(user_agent)
    return devices.browser_on_system(device.browser, device.operating_system)
