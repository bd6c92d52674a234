"""Pages of signing in and out, and of confirming who one is."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from myaccount.limits.services import TooManyAttempts
from myaccount.web import step_up
from myaccount.web.redirects import requested_next, safe_next, to_signed_out
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in
from security.sign_in import flows, services
from security.sign_in.forms import ConfirmAccessForm, SignInForm
from sessions_app.services import EndReason

_REFUSED = 422
_DEMO_PEOPLE = ("alice", "bob", "carol", "admin")


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page: user name or e-mail address, and password."""
    next_path = requested_next(request)
    if request.method == "GET":
        if request.user.is_authenticated:
            return redirect(safe_next(next_path))
        return _sign_in_page(request, SignInForm(), next_path)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form, next_path, status=_REFUSED)
    now = timezone.now()
    try:
        user = services.check_password(request, now=now, **form.cleaned_data)
    except services.SignInRefused:
        form.add_error(
            None,
            _(
                "That did not work. The username or the password is wrong, or there were too many tries: "
                "then wait a few minutes."
            ),
        )
        return _sign_in_page(request, form, next_path, status=_REFUSED)
    return flows.begin(request, user=user, method="pwd", next_path=next_path, now=now)


def _sign_in_page(request: HttpRequest, form: SignInForm, next_path: str, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "next": next_path if next_path and safe_next(next_path) == next_path else "",
        "has_timed_out": request.GET.get("ended") in (EndReason.IDLE, EndReason.TOO_OLD),
        "was_ended": request.GET.get("ended") == EndReason.NO_LONGER_VALID,
        "demo_people": _DEMO_PEOPLE if settings.DEBUG else (),
    }
    return render(request, "security/sign_in.html", context, status=status)


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
    """Asks for the password again before a sensitive act, then leads back to it."""
    next_path = requested_next(request)
    form = ConfirmAccessForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = _REFUSED
        if form.is_valid():
            try:
                services.confirm_identity(
                    request, user=request.user, password=form.cleaned_data["password"], now=timezone.now()
                )
                return redirect(safe_next(next_path))
            except services.SignInRefused:
                form.add_error("password", _("That is not your password."))
            except TooManyAttempts:
                form.add_error("password", _("There were too many tries. Wait a few minutes, then try again."))
    context = {"form": form, "next": safe_next(next_path)}
    return render(request, "security/confirm_access.html", context, status=status)


@require_GET
@signed_in
def continue_interrupted(request: PortalRequest) -> HttpResponse:
    """After confirming: offers the form that was sent too late once more, as it was filled in."""
    interrupted = step_up.interrupted(request, now=timezone.now())
    if interrupted is None:
        return redirect(reverse("overview"))
    return render(request, "security/continue_interrupted.html", {"interrupted": interrupted})
