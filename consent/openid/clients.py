"""Whether a request comes from the application it says it does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote_plus

from django.contrib.auth.hashers import check_password
from django.utils import timezone

from consent.applications.models import Application
from myaccount.limits import services as limits
from myaccount.limits.services import Rule, TooManyAttempts
from security.attempts import network_of

GUESSES: Final = Rule(free_attempts=20, first_pause=timedelta(minutes=1), longest_pause=timedelta(minutes=15))


def is_authentic(request: Any, load: Callable[[str | None, Any], Application | None]) -> bool:
    """Whether the request shows the secret of a confidential application. Raises TooManyAttempts.

    A secret is long and random, so failures are counted to keep guessers from keeping the server busy, against the
    application as seen from their network. Whoever has never failed pays one read and waits for nobody; after a first
    failure each attempt is reserved before it is looked at.
    """
    client_id, secret = _basic(request) or (request.client_id, request.client_secret)
    application = load(client_id, request)
    if application is None or application.client_type != Application.CLIENT_CONFIDENTIAL or not secret:
        return False
    now, key = timezone.now(), f"client:{application.pk}|{network_of(request.headers['REMOTE_ADDR'])}"
    has_failed = limits.failures_of(key, now=now, within=GUESSES.forgotten_after) > 0
    if has_failed:
        limits.reserve({key: GUESSES}, now=now)
    if check_password(secret, application.client_secret):
        if has_failed:
            limits.give_back(key)
        return True
    if not has_failed:
        with suppress(TooManyAttempts):
            limits.reserve({key: GUESSES}, now=now)
    return False


def _basic(request: Any) -> tuple[str, str] | None:
    """Name and secret from the Authorization header (RFC 6749, 2.3.1); None without one that can be read."""
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None
