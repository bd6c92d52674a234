"""Leads a person through the stages of signing in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from myaccount.users.models import User
from myaccount.users.signals import signed_in
from myaccount.web.redirects import go_to, safe_next
from myaccount.web.requests import PortalRequest
from myaccount.web.step_up import FRESH_FOR
from security import known_browsers
from security import pending as state
from security.factors import trusted
from security.factors.kinds import Authenticator
from security.pending import PendingSignIn
from security.sign_in import second_step, services
from security.sign_in.stages import (
    ENROLMENT,
    FIRST_FACTOR,
    NEW_PASSWORD,
    SECOND_FACTOR,
    Situation,
    Stage,
    last_stage,
    next_stage,
)  # fmt: skip


def begin(
    request: HttpRequest,
    *,
    user: User,
    method: str,
    next_path: str,
    now: datetime,
    proven_at: float | None = None,
    came_by: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A first factor was right: start the stages over with it.

    `proven_at`: when it was shown, in seconds since the epoch, where that is not now; 0 where nobody knows.
    `came_by` comes back with the signal `signed_in` once the person is in. Raises services.ProofTooOld where it was
    shown a while ago, and a second factor or a new password would be set up next (security 20, 61).
    """
    pending = PendingSignIn(
        str(user.uuid),
        now.timestamp(),
        [method],
        next_path,
        is_known_browser=bool(known_browsers.browser_of(request, user)),
        is_trusted_browser=trusted.is_trusted(request, user, now=now),
        proven_at=proven_at,
        came_by=dict(came_by or {}),
    )
    is_old = bool(proven_at and now.timestamp() - proven_at >= FRESH_FOR.total_seconds())
    if is_old and next_stage(Situation(pending, user)) in (ENROLMENT, NEW_PASSWORD):
        raise services.ProofTooOld
    return _go_on(request, pending, user, now=now)


def switch(request: PortalRequest, *, user: User, now: datetime) -> HttpResponse:
    """Go on in a linked account: the stages of signing in, with its password taken as given when they were linked.

    What only its owner may do on the way in, a switch does not open: to set up a second factor or a new password takes
    somebody who has just proven that the account is theirs (security 53, 61, 71).
    """
    pending = PendingSignIn(
        str(user.uuid),
        now.timestamp(),
        [Authenticator.LINKED_ACCOUNT],
        is_known_browser=bool(known_browsers.browser_of(request, user)),
        is_trusted_browser=trusted.is_trusted(request, user, now=now),
        has_postponed=True,
        switched_from=str(request.user.uuid),
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


def go_on(request: HttpRequest, situation: Situation, *, now: datetime) -> HttpResponse:
    """Go on after a stage that shows nothing was done."""
    return _go_on(request, situation.pending, situation.user, now=now)


def at_stage(request: HttpRequest, stage: Stage, *, now: datetime) -> Situation | None:
    """The unfinished sign-in, if this is the stage it is at; a stage can neither be skipped nor come back to."""
    found = state.load(request.session, now=now)
    if found is None:
        return None
    situation = Situation(*found)
    if next_stage(situation) is not stage or _takes_the_owner(situation.pending, stage):
        return None
    return situation


def _go_on(request: HttpRequest, pending: PendingSignIn, user: User, *, now: datetime) -> HttpResponse:
    situation = Situation(pending, user)
    try:
        stage = next_stage(situation) or _complete(request, situation, now=now)
    except services.NotLinked:
        return _turn_back(request, _("You cannot switch to that account now."))
    if stage is not None and _takes_the_owner(pending, stage):
        return _turn_back(request, _("That account has something to be done first. Sign in to it for that."))
    if stage is not None:
        state.store(request.session, replace(pending, stage=stage.name))
        if stage is SECOND_FACTOR:
            second_step.prepare(request, situation, now=now)
        return HttpResponseRedirect(reverse(stage.url_name))
    response = go_to(request, safe_next(pending.next))
    if not pending.switched_from:
        known_browsers.remember(request, response, user)
    if pending.wants_trust and situation.policy.trust_days:
        trusted.trust(request, response, user, days=situation.policy.trust_days, now=now)
    return response


@transaction.atomic
def _complete(request: HttpRequest, situation: Situation, *, now: datetime) -> Stage | None:
    """Sign the person in, unless a stage has come up while nobody held their row. Returns that stage.

    Whose account is gone or switched off meanwhile starts over. Raises services.NotLinked for a switch that may not be.
    """
    # `no_key`: who removes a link at this moment writes rows that name the person, and holds what a switch waits for.
    active = User.objects.filter(pk=situation.user.pk, is_active=True)
    held = list(active.select_for_update(no_key=True).values_list("pk"))
    stage = last_stage(situation) if held else FIRST_FACTOR
    if stage is None:
        state.forget(request.session)
        if situation.pending.switched_from:
            _complete_switch(request, situation.pending, situation.user, now=now)
        else:
            _complete_sign_in(request, situation.pending, situation.user, now=now)
    return stage


def _complete_sign_in(request: HttpRequest, pending: PendingSignIn, user: User, *, now: datetime) -> None:
    """A factor shown elsewhere is as old as it is said to be there; one shown here besides makes up for that."""
    is_old = pending.proven_at is not None and len(pending.methods) == 1
    proven_at = datetime.fromtimestamp(pending.proven_at or 0, tz=now.tzinfo) if is_old else now
    services.complete(request, user=user, shown=pending.methods, proven_at=proven_at, now=now)
    if pending.came_by:
        signed_in.send(User, user=user, came_by=pending.came_by, now=now)


def _complete_switch(request: HttpRequest, pending: PendingSignIn, user: User, *, now: datetime) -> None:
    """Switch, if the account it began in is still the one signed in here. Raises services.NotLinked."""
    if not isinstance(request.user, User) or str(request.user.uuid) != pending.switched_from:
        raise services.NotLinked
    services.complete_switch(request, user=user, shown=pending.methods, now=now)


def _takes_the_owner(pending: PendingSignIn, stage: Stage) -> bool:
    return bool(pending.switched_from) and stage is not SECOND_FACTOR


def _turn_back(request: HttpRequest, why: str) -> HttpResponse:
    """Nothing comes of the switch: on in the account one is in."""
    state.forget(request.session)
    messages.error(request, why)
    return HttpResponseRedirect(reverse("overview"))
