"""Keeps a recovery together with the browser it began in, and leads from step to step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from myaccount.limits import services as limits
from myaccount.web.requests import client_address
from security import pending
from security.attempts import network_of
from security.captcha import services as captcha
from security.factors.models import Purpose
from security.recovery import services
from security.recovery.models import CaptchaUse, Recovery, RecoverySettings
from security.recovery.selectors import recovery_settings
from security.recovery.steps import Next, Step, next_step, offered_ways
from security.sign_in.second_step import SecondStep

P = ParamSpec("P")

CAPTCHA_ACTION: Final = captcha.RECOVER
_KEY: Final = "recovery"
_TOKEN_KEY: Final = "recovery_token"  # noqa: S105 (the name of a key)
_PAGES: Final = {
    Step.WAY: "recovery-ways",
    Step.QUESTIONS: "recovery-questions",
    Step.SECOND_FACTOR: "recovery-second-step",
    Step.PASSWORD: "recovery-password",
}

View = Callable[Concatenate[HttpRequest, Recovery, P], HttpResponse]


def begin(request: HttpRequest, *, identifier: str, now: datetime) -> HttpResponseRedirect:
    """Start a recovery in this browser. Raises limits.TooManyAttempts."""
    binding = pending.binding(request.session)
    recovery = services.start(request, identifier=identifier, binding=binding, now=now)
    keep(request, recovery)
    return HttpResponseRedirect(reverse("recovery-ways"))


def keep(request: HttpRequest, recovery: Recovery) -> None:
    """Remember which recovery this browser is in; trust was raised, so the session's key changes (security 9)."""
    request.session.cycle_key()
    request.session[_KEY] = str(recovery.pk)


def current(request: HttpRequest, *, now: datetime) -> Recovery:
    """The recovery under way in this browser. Raises services.RecoveryOver."""
    kept = request.session.get(_KEY, "")
    return services.current(str(kept), binding=pending.known_binding(request.session), now=now)


def forget(request: HttpRequest) -> None:
    """The recovery is over."""
    request.session.pop(_KEY, None)
    request.session.pop(_TOKEN_KEY, None)


def keep_token(request: HttpRequest, token: str) -> None:
    """Take the link's token out of the address (security 42)."""
    request.session[_TOKEN_KEY] = token


def kept_token(request: HttpRequest) -> str:
    """The token of the link that was opened, or an empty text."""
    return str(request.session.get(_TOKEN_KEY, ""))


def what_is_next(recovery: Recovery, *, now: datetime) -> Next:
    """The next step of this recovery, from what the server knows of it (security 40)."""
    return next_step(recovery, recovery_settings(), now=now)


def go_on(recovery: Recovery, *, now: datetime) -> HttpResponseRedirect:
    """To the page of the next step."""
    return HttpResponseRedirect(reverse(_PAGES[what_is_next(recovery, now=now).step]))


def over(request: HttpRequest) -> HttpResponseRedirect:
    """Say that this recovery is no more, and offer a new one."""
    forget(request)
    messages.error(
        request, _("This can no longer be completed here: it took too long, or was begun anew. Start again.")
    )
    can_begin_again = bool(offered_ways(recovery_settings()))
    return HttpResponseRedirect(reverse("forgot-password" if can_begin_again else "sign-in"))


def at_step(step: Step) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Open a page only while its step is the next one; else lead to the one that is, or start over (security 40)."""

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            now = timezone.now()
            try:
                recovery = current(request, now=now)
            except services.RecoveryOver:
                return over(request)
            if what_is_next(recovery, now=now).step != step:
                return go_on(recovery, now=now)
            try:
                return view(request, recovery, *args, **kwargs)
            except services.RecoveryOver:
                return over(request)

        return guarded

    return decorate


def must_be_offered() -> RecoverySettings:
    """The settings; Http404 while administrators have turned nothing on."""
    settings = recovery_settings()
    if not offered_ways(settings):
        raise Http404
    return settings


def second_step_of(recovery: Recovery, *, now: datetime) -> SecondStep | None:
    """The second factor this recovery asks for, if it is its turn."""
    upcoming = what_is_next(recovery, now=now)
    if upcoming.step != Step.SECOND_FACTOR or recovery.user is None:
        return None
    return SecondStep(recovery.user, Purpose.RECOVER, upcoming.kinds)


def asks_captcha(request: HttpRequest, settings: RecoverySettings, *, now: datetime) -> bool:
    """Whether somebody here has to show that they are no program."""
    if settings.captcha != CaptchaUse.AFTER_FAILURES:
        return settings.captcha == CaptchaUse.ALWAYS
    network = network_of(client_address(request))
    return limits.failures_of(f"recover-from:{network}", now=now) >= 3
