"""Leads somebody through signing in to the account they want to link, while they stay signed in to their own."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from linked_accounts.local import services
from myaccount.users.models import User
from myaccount.web.requests import PortalRequest, origin
from security import known_browsers, pending
from security.attempts import sign_in_attempt
from security.factors.kinds import Authenticator
from security.pending import PendingSignIn
from security.sign_in import second_step
from security.sign_in.second_step import SecondStep
from security.sign_in.stages import SECOND_FACTOR, Situation, next_stage

_KEY: Final = "pending_link"


class SomethingToDoThere(Exception):  # noqa: N818
    """The other account has to be signed in to first: a second factor to set up, or a new password."""


def begin(request: PortalRequest, *, other: User, now: datetime) -> bool:
    """The password of the other account was right: link it, or keep what was shown until its second factor is, too.

    Whether it is linked by now. Raises services.LinkRefused, SomethingToDoThere.
    """
    if other.pk == request.user.pk:
        sign_in_attempt(request, other, "").succeeded()
        raise services.IsOneself
    shown = PendingSignIn(
        str(other.uuid),
        now.timestamp(),
        [Authenticator.PASSWORD],
        is_known_browser=bool(known_browsers.browser_of(request, other)),
        has_postponed=True,
    )
    return _go_on(request, Situation(shown, other), now=now)


def advance(request: PortalRequest, situation: Situation, *, method: str, now: datetime) -> bool:
    """One more factor of the other account was shown. As `begin`."""
    shown = replace(situation.pending, methods=[*situation.pending.methods, method])
    return _go_on(request, Situation(shown, situation.user), now=now)


def under_way(request: PortalRequest, *, now: datetime) -> Situation | None:
    """What was shown of the other account, while it holds: ten minutes, in this very session (security 10)."""
    kept: Any = request.session.get(_KEY)
    if not isinstance(kept, dict) or kept.get("by") != str(request.login_session.uuid):
        return None
    found = pending.read(kept.get("shown"), now=now)
    return Situation(*found) if found else None


def second_step_of(request: PortalRequest, *, now: datetime) -> tuple[Situation, SecondStep] | None:
    """The second step of the other account that is asked for now."""
    situation = under_way(request, now=now)
    step = second_step.when_linking(situation) if situation else None
    return (situation, step) if situation and step else None


def _go_on(request: PortalRequest, situation: Situation, *, now: datetime) -> bool:
    stage = next_stage(situation)
    request.session.pop(_KEY, None)
    if stage is SECOND_FACTOR:
        request.session.cycle_key()  # trust was raised (security 9)
        request.session[_KEY] = {"by": str(request.login_session.uuid), "shown": asdict(situation.pending)}
        second_step.prepare_step(request, second_step.when_linking(situation), now=now)
        return False
    if stage is not None:
        raise SomethingToDoThere
    sign_in_attempt(request, situation.user, "").succeeded()  # whatever becomes of it, nothing was guessed
    services.link(user=request.user, other=situation.user, origin=origin(request), now=now)
    return True
