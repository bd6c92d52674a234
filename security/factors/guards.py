"""Who may set up a factor: somebody signed in who has just proven who they are, or a person on their way in
whom the organisation asks for one. Both use the same pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from myaccount.users.models import User
from myaccount.web import step_up
from myaccount.web.features import part_of
from myaccount.web.redirects import go_to, requested_next, safe_next, to_section
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import redirect_to_sign_in, signed_in
from security import pending as state
from security.factors.kinds import SECOND, Authenticator
from security.factors.selectors import has_factor
from security.policy.selectors import demand_on, sign_in_policy

P = ParamSpec("P")

FEATURE: Final = "security.multi-factor"
SECTION: Final = "multi-factor"
_NEXT_KEY: Final = "after_enrolment"

ContinueSignIn = Callable[[HttpRequest, Authenticator], HttpResponse]
_continue_sign_in: list[ContinueSignIn] = []


def register_continue_sign_in(go_on: ContinueSignIn) -> None:
    """Let signing in, which lies above, say how it goes on once a factor was set up on the way."""
    _continue_sign_in[:] = [go_on]


@dataclass(frozen=True)
class Enroller:
    """The person a factor is set up for."""

    user: User
    is_signing_in: bool


class EnrolmentRequest(HttpRequest):
    """A request that may set up a factor for `enroller.user`; `user` itself may be nobody yet."""

    enroller: Enroller


def may_enrol(
    view: Callable[Concatenate[EnrolmentRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in who is signed in, after step-up at the best level they have (security 53, 61), and who is being led
    through enrolment at sign-in; send everybody else to sign in."""

    def enrol(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        enrolling = cast("EnrolmentRequest", request)
        enrolling.enroller = Enroller(request.user, is_signing_in=False)
        return view(enrolling, *args, **kwargs)

    fresh = step_up.require_step_up(enrol)
    when_signed_in = signed_in(part_of(FEATURE)(fresh))
    when_asked_for = signed_in(fresh)

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            guarded_by = when_asked_for if _is_asked_for_one(request.user) else when_signed_in
            return guarded_by(request, *args, **kwargs)
        found = state.load(request.session, now=timezone.now())
        if found is None or found[0].stage != state.ENROLMENT:
            return redirect_to_sign_in(request)
        pending, user = found
        if not {*pending.methods} & {*SECOND} and has_factor(user):
            # One was added elsewhere meanwhile: the password alone puts none beside it (security 53).
            return HttpResponseRedirect(reverse("second-step"))
        enrolling = cast("EnrolmentRequest", request)
        enrolling.enroller = Enroller(user, is_signing_in=True)
        return view(enrolling, *args, **kwargs)

    marked = cast("Any", guarded)
    marked.requires_sign_in = True
    marked.requires_step_up = True
    marked.is_for_enrolment = True
    marked.feature_id = FEATURE
    return guarded


def _is_asked_for_one(user: User) -> bool:
    """Whether the organisation asks the person for a second factor they do not have: then no switch is in the way."""
    return not has_factor(user) and demand_on(user, sign_in_policy()).is_required


def remember_next(request: HttpRequest) -> None:
    """Keep where the person wants to be once the factor is set up, when the link says so."""
    wanted = requested_next(request)
    if wanted:
        request.session[_NEXT_KEY] = safe_next(wanted, default="security")


def enrolled(request: EnrolmentRequest, authenticator: Authenticator, message: str) -> HttpResponse:
    """A factor was set up and proven: on with signing in, or back to where the person came from."""
    messages.success(request, message)
    if request.enroller.is_signing_in:
        return _continue_sign_in[0](request, authenticator)
    # Proving the new factor is as good a proof as any of its kind here; applications are not told of it as one,
    # since whoever had the password alone could have set it up.
    request.session.cycle_key()
    step_up.mark_confirmed(request.session, now=timezone.now(), level=step_up.TWO_FACTORS)
    wanted = request.session.pop(_NEXT_KEY, None)
    return go_to(request, wanted) if wanted else to_section("security", SECTION)


def way_back(request: EnrolmentRequest) -> str:
    """Where "Cancel" leads."""
    if request.enroller.is_signing_in:
        return reverse("enrol-at-sign-in")
    return f"{reverse('security')}#{SECTION}"
