"""Leads a person through the stages of signing in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from myaccount.users.models import User
from myaccount.web.redirects import safe_next
from security import known_browsers
from security.sign_in import pending as state
from security.sign_in import services
from security.sign_in.pending import PendingSignIn
from security.sign_in.stages import next_stage


def begin(request: HttpRequest, *, user: User, method: str, next_path: str, now: datetime) -> HttpResponseRedirect:
    """A first factor was right: start the stages over with it."""
    pending = PendingSignIn(str(user.uuid), now.timestamp(), [method], next_path)
    return _go_on(request, pending, user, now=now)


def advance(request: HttpRequest, *, method: str, now: datetime) -> HttpResponseRedirect:
    """A later stage was done; unknown or stale state starts over at the sign-in page."""
    found = state.load(request.session, now=now)
    if found is None:
        return HttpResponseRedirect(reverse("sign-in"))
    pending, user = found
    return _go_on(request, replace(pending, methods=[*pending.methods, method]), user, now=now)


def _go_on(request: HttpRequest, pending: PendingSignIn, user: User, *, now: datetime) -> HttpResponseRedirect:
    stage = next_stage(pending, user)
    if stage is not None:
        state.store(request.session, pending)
        return HttpResponseRedirect(reverse(stage.url_name))
    state.forget(request.session)
    services.complete(request, user=user, methods=pending.methods, now=now)
    response = HttpResponseRedirect(safe_next(pending.next))
    known_browsers.remember(request, response, user)
    return response
