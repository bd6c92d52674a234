"""Decides for each request who is signed in, from the sign-in session alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from myaccount.users.models import User
from myaccount.web.requests import origin
from sessions_app import services
from sessions_app.models import EndReason, LoginSession
from sessions_app.session_store import LOGIN_SESSION_KEY


class LoginSessionMiddleware(AuthenticationMiddleware):
    """Sets `request.user` and `request.login_session`; ends sessions that ran out (security 14, 15, 18)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)

    def process_request(self, request: HttpRequest) -> None:
        request.user = AnonymousUser()
        request.login_session = None  # type: ignore[attr-defined]
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        login_session = self._login_session(request)
        if login_session is not None:
            request.user = login_session.user
            request.login_session = login_session  # type: ignore[attr-defined]

    @staticmethod
    def _login_session(request: HttpRequest) -> LoginSession | None:
        session: Any = request.session
        if LOGIN_SESSION_KEY not in session:
            return None
        login_session: LoginSession | None = session.login_session
        if login_session is None:
            session.flush()
            return None
        now = timezone.now()
        reason = _reason_to_end(login_session, request, now=now)
        if reason is None:
            if request.path != reverse("session-remaining"):  # a page left open asks by itself
                services.touch(login_session, now=now)
            return login_session
        services.end(login_session=login_session, reason=reason, origin=origin(request), now=now)
        session.flush()
        request.session_ended_because = reason  # type: ignore[attr-defined]
        return None


def _reason_to_end(login_session: LoginSession, request: HttpRequest, *, now: datetime) -> EndReason | None:
    if not _belongs_to(login_session.user, request.session):
        return EndReason.NO_LONGER_VALID
    return services.why_over(login_session, portal_settings=request.portal_settings, now=now)  # type: ignore[attr-defined]


def _belongs_to(user: User, session: Any) -> bool:
    """Whether the cookie's session was made for this person with the password they have now."""
    stored = session.get(HASH_SESSION_KEY, "")
    accepted = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    same_hash = any(constant_time_compare(stored, candidate) for candidate in accepted)
    return same_hash and session.get(SESSION_KEY) == str(user.pk)
