"""The request as our views see it, after the middleware."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.http import HttpRequest

from myaccount.activity.services import Origin
from myaccount.users.models import User
from myaccount.web.models import PortalSettings


class LoginSessionLike(Protocol):
    """What the kernel needs to know of a sign-in session; the real one is in `sessions_app`."""

    uuid: UUID
    started_at: datetime
    switched_from: UUID | None
    switched_from_name: str


class PortalRequest(HttpRequest):
    """A request of a signed-in person."""

    user: User
    login_session: LoginSessionLike
    portal_settings: PortalSettings


def origin(request: HttpRequest) -> Origin:
    """Where this request came from, for events and messages."""
    login_session: LoginSessionLike | None = getattr(request, "login_session", None)
    return Origin(
        ip=client_address(request),
        user_agent=request.headers.get("User-Agent", "").replace("\x00", ""),
        session_uuid=login_session.uuid if login_session else None,
    )


def client_address(request: HttpRequest) -> str:
    """The client's IP address, behind trusted proxies only (see TrustedProxyMiddleware)."""
    address: str = request.META["REMOTE_ADDR"]
    return address
