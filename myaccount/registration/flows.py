"""Keeps a registration together with the browser it began in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from myaccount.registration import services
from myaccount.registration.models import Registration, RegistrationSettings
from myaccount.registration.selectors import registration_settings
from myaccount.web.redirects import requested_next, safe_next
from myaccount.web.requests import origin
from security import pending
from security.captcha import services as captcha

P = ParamSpec("P")

_KEY: Final = "registration"
_NEXT_KEY: Final = "registration_next"
_TOKEN_KEY: Final = "registration_token"  # noqa: S105 (the name of a key)

View = Callable[Concatenate[HttpRequest, RegistrationSettings, P], HttpResponse]


def offered(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a page only where administrators allow self-registration, to people who are not signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        settings = registration_settings()
        if not settings.is_allowed:
            raise Http404
        if request.user.is_authenticated:
            return redirect(safe_next(requested_next(request)))
        return view(request, settings, *args, **kwargs)

    return guarded


def under_way(
    view: Callable[[HttpRequest, Registration], HttpResponse],
) -> Callable[[HttpRequest, RegistrationSettings], HttpResponse]:
    """Open a page only while this browser has a registration whose address is not proven yet."""

    @wraps(view)
    def guarded(request: HttpRequest, settings: RegistrationSettings) -> HttpResponse:  # noqa: ARG001 (all are given it)
        try:
            registration = services.current(kept_id(request), now=timezone.now())
        except services.RegistrationOver:
            return over(request)
        return view(request, registration)

    return guarded


def check_captcha(request: HttpRequest, settings: RegistrationSettings) -> None:
    """Raises captcha.CaptchaRefused unless the form brought a solved one, where one is asked for (security 46)."""
    if settings.asks_captcha:
        captcha.check(
            payload=request.POST.get("captcha", ""),
            action=captcha.REGISTER,
            binding=pending.known_binding(request.session),
            now=timezone.now(),
        )


def begin(request: HttpRequest, wanted: services.Wanted, *, now: datetime) -> HttpResponseRedirect:
    """Register in this browser. Raises services.UsernameTaken or limits.TooManyAttempts."""
    known = services.find(kept_id(request))
    earlier = known.pk if known else None
    registration = services.start(wanted=wanted, earlier=earlier, origin=origin(request), now=now)
    keep(request, registration)
    request.session[_NEXT_KEY] = own_next(request)
    return HttpResponseRedirect(reverse("registration-code"))


def prove_by_link(request: HttpRequest, *, password: str) -> None:
    """Prove the address by the link that was opened, which makes the registration this browser's.

    Raises as services.prove_by_link does.
    """
    registration = services.prove_by_link(
        kept_token(request),
        began_here=kept_id(request),
        password=password,
        origin=origin(request),
        now=timezone.now(),
    )
    keep(request, registration)


def keep(request: HttpRequest, registration: Registration) -> None:
    """Remember which registration is this browser's; trust was raised, so the session's key changes (security 9)."""
    request.session.cycle_key()
    request.session[_KEY] = str(registration.pk)
    request.session.pop(_TOKEN_KEY, None)


def kept_id(request: HttpRequest) -> str:
    """The id of the registration this browser began or proved; an empty text if there is none."""
    return str(request.session.get(_KEY, ""))


def kept_next(request: HttpRequest) -> str:
    """Where the person wanted to go before they registered; an empty text if they did not say."""
    return str(request.session.get(_NEXT_KEY, ""))


def own_next(request: HttpRequest) -> str:
    """Where the person wants to go afterwards, if that is a page of ours (security 11)."""
    wanted = requested_next(request)
    return wanted if wanted and safe_next(wanted) == wanted else ""


def keep_token(request: HttpRequest, token: str) -> None:
    """Take the link's token out of the address (security 42)."""
    request.session[_TOKEN_KEY] = token


def kept_token(request: HttpRequest) -> str:
    """The token of the link that was opened, or an empty text."""
    return str(request.session.get(_TOKEN_KEY, ""))


def over(request: HttpRequest) -> HttpResponseRedirect:
    """Say that there is nothing to prove here; where a registration of this browser is complete, show how it ended."""
    known = services.find(kept_id(request))
    if known is not None and known.proven_at is not None:
        return HttpResponseRedirect(reverse("registration-result"))
    messages.error(request, _("There is no registration to complete here, or it took too long. Register again."))
    return HttpResponseRedirect(reverse("register"))
