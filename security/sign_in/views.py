"""Pages of signing in and out, and of confirming who one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from myaccount.limits.services import TooManyAttempts
from myaccount.users.backends import AccountNotMadeYet
from myaccount.web import step_up
from myaccount.web.redirects import AGAIN, application_of, go_to, login_hint, requested_next, safe_next, to_signed_out
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in
from security import pending
from security.captcha import services as captcha
from security.factors.kinds import Authenticator
from security.sign_in import flows, services
from security.sign_in.forms import ConfirmAccessForm, SignInForm
from security.sign_in.second_step_views import to_confirm
from security.sign_in.ways import ways_to_confirm, ways_to_sign_in
from sessions_app.services import EndReason

_REFUSED = 422
_DEMO_PEOPLE = ("alice", "bob", "carol", "admin")


@dataclass(frozen=True)
class Link:
    """Something else somebody at the sign-in page may want."""

    words: str
    url: str


Links = Callable[[str], list[Link]]
_links: list[Links] = []


def register_links(links: Links) -> None:
    """Let an area that lies above offer links below the sign-in form. It is given where the person wants to go on to:
    a page of ours, or an empty text."""
    if links not in _links:
        _links.append(links)


NameOf = Callable[[str], str]
_names: list[NameOf] = []


def register_application_name(of: NameOf) -> None:
    """Let an area that lies above tell what people call the application with a client ID; empty for none it knows."""
    if of not in _names:
        _names.append(of)


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page: user name or e-mail address, and password."""
    next_path = requested_next(request)
    if request.method == "GET":
        if request.user.is_authenticated and AGAIN not in request.GET:
            return redirect(safe_next(next_path))
        return sign_in_page(request, SignInForm(initial={"identifier": login_hint(next_path)}), next_path)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return sign_in_page(request, form, next_path, status=_REFUSED)
    now = timezone.now()
    try:
        user = services.check_password(
            request, now=now, is_past_captcha=_is_past_captcha(request, now=now), **form.cleaned_data
        )
    except AccountNotMadeYet:
        return render(request, "security/account_waits.html")
    except services.SignInRefused:
        form.add_error(
            None,
            _(
                "That did not work. The username or the password is wrong, or there were too many tries. "
                "Check both and try again, or wait a few minutes."
            ),
        )
        return sign_in_page(request, form, next_path, status=_REFUSED)
    return flows.begin(request, user=user, method=Authenticator.PASSWORD, next_path=next_path, now=now)


def sign_in_page(request: HttpRequest, form: SignInForm, next_path: str, *, status: int = 200) -> HttpResponse:
    """The page, also with the words for a passkey that did not do."""
    own_next = next_path if next_path and safe_next(next_path) == next_path else ""
    context = {
        "form": form,
        "next": own_next,
        "has_timed_out": request.GET.get("ended") in (EndReason.IDLE, EndReason.TOO_OLD),
        # Whatever a try was refused for, so that nothing is told apart; a form with a gap was no try.
        "offers_captcha": status == _REFUSED and set(form.errors) <= {NON_FIELD_ERRORS},
        "was_ended": request.GET.get("ended") == EndReason.NO_LONGER_VALID,
        "demo_people": _DEMO_PEOPLE if settings.DEBUG else (),
        "links": [link for links in _links for link in links(own_next)],
        "application": _application_name(next_path),
        "other_ways": ways_to_sign_in(),
    }
    return render(request, "security/sign_in.html", context, status=status)


def _application_name(next_path: str) -> str:
    """Where the person wants to go; empty for the portal itself."""
    client_id = application_of(next_path)
    return next((name for of in _names if (name := of(client_id))), "") if client_id else ""


def _is_past_captcha(request: HttpRequest, *, now: datetime) -> bool:
    """Whether a captcha was solved for this try; one that does not count is as good as none (security 5, 46)."""
    try:
        captcha.check(
            payload=request.POST.get("captcha", ""),
            action=captcha.SIGN_IN,
            binding=pending.known_binding(request.session),
            now=now,
        )
    except captcha.CaptchaRefused:
        return False
    return True


@require_http_methods(["GET", "POST"])
def sign_out(request: PortalRequest) -> HttpResponse:
    """Sign out by POST; a link here only asks."""
    if not request.user.is_authenticated:
        return redirect("sign-in")
    if request.method == "GET":
        return render(request, "security/confirm_sign_out.html")
    services.sign_out(request, login_session=request.login_session, now=timezone.now())  # type: ignore[arg-type]
    return to_signed_out()


@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    """Says that it is done."""
    if request.user.is_authenticated:
        return redirect("overview")
    return render(request, "security/signed_out.html", {"is_everywhere": "everywhere" in request.GET})


@require_http_methods(["GET", "POST"])
@signed_in
def confirm_access(request: PortalRequest) -> HttpResponse:
    """Asks again who it is before a sensitive act, then leads back to it.

    For the password only where there is nothing better: who has a second factor shows that (security 53).
    """
    next_path = requested_next(request)
    step = to_confirm(request)
    if step is not None:
        return redirect(step.url_of(step.kinds[0]))
    form = ConfirmAccessForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = _REFUSED
        if form.is_valid():
            try:
                services.confirm_by_password(
                    request, user=request.user, password=form.cleaned_data["password"], now=timezone.now()
                )
                return go_to(request, safe_next(next_path))
            except services.SignInRefused:
                form.add_error("password", _("That is not your password."))
            except TooManyAttempts:
                form.add_error("password", _("There were too many tries. Wait a few minutes, then try again."))
    context = {
        "form": form,
        "next": safe_next(next_path),
        "act": step_up.announced(request, safe_next(next_path)),
        "has_password": request.user.has_usable_password(),
        "other_ways": ways_to_confirm(request.user),
    }
    return render(request, "security/confirm_access.html", context, status=status)


@require_GET
@signed_in
def continue_interrupted(request: PortalRequest) -> HttpResponse:
    """After confirming: offers the form that was sent too late once more, as it was filled in."""
    interrupted = step_up.interrupted(request, now=timezone.now())
    if interrupted is None:
        return redirect(reverse("overview"))
    act = step_up.announced(request, interrupted.path)
    return render(request, "security/continue_interrupted.html", {"interrupted": interrupted, "act": act})
