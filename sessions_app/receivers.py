"""Django announces sign-ins; each becomes a sign-in session, whichever way it came about."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from myaccount.users.models import User
from myaccount.web.requests import origin
from sessions_app import services
from sessions_app.session_store import LOGIN_SESSION_KEY


@receiver(user_logged_in, dispatch_uid="start login session")
def on_signed_in(sender: type, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Start the session and tie the browser's to it."""
    methods = getattr(request, "sign_in_methods", ["pwd"])
    login_session = services.start(user=user, origin=origin(request), methods=methods, now=timezone.now())
    request.session[LOGIN_SESSION_KEY] = str(login_session.uuid)
    request.login_session = login_session  # type: ignore[attr-defined]
