"""Signing in with a passkey, which is two factors in one.

A challenge is bound to a cookie of its own, not to the session: the sign-in page asks for one by itself, and an answer
that came after that of a quick sign-in would put an empty session in the place of the new one.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import record
from myaccount.limits.services import TooManyAttempts
from myaccount.web.redirects import requested_next
from myaccount.web.requests import client_address, origin
from security.attempts import sign_in_attempt
from security.factors.devices import challenges
from security.factors.devices import services as devices
from security.factors.devices.services import DeviceRefused
from security.factors.kinds import Authenticator
from security.sign_in import flows
from security.sign_in.forms import SignInForm
from security.sign_in.views import sign_in_page

_BINDING: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to ask for any passkey: the same for everybody."""
    now = timezone.now()
    challenges.reserve(client_address(request), now=now)
    binding = _binding(request) or secrets.token_urlsafe(32)
    response = JsonResponse(devices.options_for_passkey(binding=binding, now=now))
    response.set_cookie(
        _cookie_name(), binding, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict"
    )
    return response


@require_POST
def sign_in_with_passkey(request: HttpRequest) -> HttpResponse:
    """Take the passkey. Unknown, wrong, switched off or too often: the reply is the same for all (security 1, 6)."""
    now, credential = timezone.now(), request.POST.get("credential", "")
    claimed = devices.credential_owner(credential)
    try:
        sign_in_attempt(request, claimed, "").reserve(now=now)
        user, _device = devices.verify_passkey(
            challenge_id=request.POST.get("challenge", ""),
            binding=_binding(request),
            credential_json=credential,
            origin=origin(request),
            now=now,
        )
    except TooManyAttempts:
        return _refused(request)
    except DeviceRefused:
        record(EventKind.SIGN_IN_FAILED, user=claimed, origin=origin(request), now=now)
        return _refused(request)
    return flows.begin(request, user=user, method=Authenticator.PASSKEY, next_path=requested_next(request), now=now)


def _cookie_name() -> str:
    """With the `__Host-` prefix wherever cookies are secure."""
    return "__Host-ceremony" if settings.SESSION_COOKIE_SECURE else "ceremony"


def _binding(request: HttpRequest) -> str:
    """What ties a challenge to this browser; empty, which fits none, before it has asked for one."""
    value = request.COOKIES.get(_cookie_name(), "")
    return value if _BINDING.fullmatch(value) else ""


def _refused(request: HttpRequest) -> HttpResponse:
    form = SignInForm({})
    form.errors.clear()
    form.add_error(
        None,
        _(
            "That passkey did not work here. Try again, sign in with your password, or wait a few minutes if there "
            "were many tries."
        ),
    )
    return sign_in_page(request, form, requested_next(request), status=422)
