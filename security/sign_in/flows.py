"""Leads a person through the stages of signing in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from myaccount.users.models import User
from myaccount.web.redirects import go_to, safe_next
from security import known_browsers
from security import pending as state
from security.factors import trusted
from security.pending import PendingSignIn
from security.sign_in import second_step, services
from security.sign_in.stages import SECOND_FACTOR, Situation, Stage, next_stage


def begin(request: HttpRequest, *, user: User, method: str, next_path: str, now: datetime) -> HttpResponse:
    """A first factor was right: start the stages over with it."""
    pending = PendingSignIn(
        str(user.uuid),
        now.timestamp(),
        [method],
        next_path,
        is_known_browser=bool(known_browsers.browser_of(request, user)),
        is_trusted_browser=trusted.is_trusted(request, user, now=now),
    )
    return _go_on(request, pending, user, now=now)


def advance(request: HttpRequest, *, method: str, now: datetime, wants_trust: bool = False) -> HttpResponse:
    """A later stage was done; unknown or stale state starts over at the sign-in page."""
    found = state.load(request.session, now=now)
    if found is None:
        return HttpResponseRedirect(reverse("sign-in"))
    pending, user = found
    methods, wants_trust = [*pending.methods, method], pending.wants_trust or wants_trust
    return _go_on(request, replace(pending, methods=methods, wants_trust=wants_trust), user, now=now)


def postpone(request: HttpRequest, situation: Situation, *, now: datetime) -> HttpResponse:
    """Go on without setting up a second factor, this time."""
    return _go_on(request, replace(situation.pending, has_postponed=True), situation.user, now=now)


def resume(request: HttpRequest, situation: Situation, *, now: datetime) -> HttpResponse:
    """Go on after the password was changed on the way in, which would otherwise end what was shown before it."""
    return _go_on(request, replace(situation.pending, at=now.timestamp()), situation.user, now=now)


def at_stage(request: HttpRequest, stage: Stage, *, now: datetime) -> Situation | None:
    """The unfinished sign-in, if this is the stage it is at; a stage can neither be skipped nor come back to."""
    found = state.load(request.session, now=now)
    if found is None:
        return None
    situation = Situation(*found)
    return situation if next_stage(situation) is stage else None


def _go_on(request: HttpRequest, pending: PendingSignIn, user: User, *, now: datetime) -> HttpResponse:
    situation = Situation(pending, user)
    stage = next_stage(situation)
    if stage is not None:
        state.store(request.session, replace(pending, stage=stage.name))
        if stage is SECOND_FACTOR:
            second_step.prepare(request, situation, now=now)
        return HttpResponseRedirect(reverse(stage.url_name))
    state.forget(request.session)
    services.complete(request, user=user, shown=pending.methods, now=now)
    response = go_to(request, safe_next(pending.next))
    known_browsers.remember(request, response, user)
    if pending.wants_trust and situation.policy.trust_days:
        trusted.trust(request, response, user, days=situation.policy.trust_days, now=now)
    return response
