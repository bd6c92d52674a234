"""What others announce, and what it means for sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from myaccount.activity.services import Origin
from myaccount.users.models import User
from myaccount.users.signals import account_disabled, account_erased, email_changed
from myaccount.web.requests import origin as origin_of
from sessions_app import services
from sessions_app.models import EndReason
from sessions_app.session_store import LOGIN_SESSION_KEY


@receiver(user_logged_in, dispatch_uid="start login session")
def on_signed_in(sender: type, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Start the session and tie the browser's to it."""
    methods = getattr(request, "sign_in_methods", ["pwd"])
    switch: services.Switch | None = getattr(request, "switch", None)
    login_session = services.start(
        user=user, origin=origin_of(request), methods=methods, now=timezone.now(), switch=switch
    )
    request.session[LOGIN_SESSION_KEY] = str(login_session.uuid)
    request.login_session = login_session  # type: ignore[attr-defined]


@receiver(email_changed, dispatch_uid="end other sessions")
def on_email_changed(sender: type, user: User, origin: Origin, now: datetime, **kwargs: Any) -> None:
    """Whoever else is signed in may not be the person any more (security 19)."""
    services.end_all(user=user, reason=EndReason.CONTACT_CHANGED, origin=origin, now=now, keep=origin.session_uuid)


@receiver(account_disabled, dispatch_uid="end sessions of a disabled account")
def on_account_disabled(
    sender: type, user: User, by: User | None, origin: Origin, now: datetime, **kwargs: Any
) -> None:
    """Nobody stays signed in to an account that is switched off (security 18)."""
    services.end_all(user=user, reason=EndReason.NO_LONGER_VALID, origin=origin, now=now, by=by)


@receiver(account_erased, dispatch_uid="end sessions of an erased account")
def on_account_erased(
    sender: type, *, user: User, by: User | None, origin: Origin, now: datetime, **kwargs: Any
) -> None:
    """Nobody stays signed in, and applications are told (security 18)."""
    reason = EndReason.NO_LONGER_VALID
    services.end_all(user=user, reason=reason, origin=origin, now=now, by=by, ends_offline=True)
