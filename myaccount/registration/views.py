"""Pages of self-registration: the form, the proof of the address, and what came of it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from myaccount.limits.services import TooManyAttempts
from myaccount.registration import flows, services
from myaccount.registration.forms import ChosenPasswordForm, RegistrationForm, SentCodeForm
from myaccount.registration.models import Registration, RegistrationSettings, State
from myaccount.registration.selectors import asked
from myaccount.web.requests import origin
from security.captcha.services import CaptchaRefused

_REFUSED = 422


@require_http_methods(["GET", "POST"])
@flows.offered
def register(request: HttpRequest, settings: RegistrationSettings) -> HttpResponse:
    """Asks for all that an account is made of. What follows is the same whoever has the address (security 36)."""
    form = RegistrationForm(request.POST or None, settings=settings, asked=asked())
    if form.is_valid():
        try:
            flows.check_captcha(request, settings)
            return flows.begin(request, form.wanted(), now=timezone.now())
        except CaptchaRefused as refused:
            form.add_error(None, str(refused))
        except services.UsernameTaken:
            form.add_error("username", _("This username is taken. Choose another."))
        except TooManyAttempts:
            form.add_error(None, _("There were too many tries. Wait a few minutes, then try again."))
    context = {"form": form, "settings": settings, "next": flows.own_next(request)}
    return render(request, "registration/register.html", context, status=_REFUSED if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@flows.offered
@flows.under_way
def code(request: HttpRequest, registration: Registration) -> HttpResponse:
    """Takes the code of the message. The page is the same whether the address has an account (security 36)."""
    form = SentCodeForm(request.POST or None)
    if form.is_valid():
        now, entered = timezone.now(), form.cleaned_data["code"]
        try:
            services.prove_by_code(registration=registration, code=entered, origin=origin(request), now=now)
            return redirect("registration-result")
        except services.WrongProof:
            form.add_error("code", _("That is not the code we sent, or it no longer works. You can ask for a new one."))
        except TooManyAttempts:
            form.add_error("code", _("There were too many tries. Wait a few minutes, then try again."))
    context = {"form": form, "address": registration.email}
    return render(request, "registration/code.html", context, status=_REFUSED if form.is_bound else 200)


@require_POST
@flows.offered
@flows.under_way
def resend(request: HttpRequest, registration: Registration) -> HttpResponse:
    """Sends a new message; the old code and its link no longer work."""
    try:
        services.resend(registration=registration, origin=origin(request), now=timezone.now())
        messages.success(request, _("We sent a new message. Codes and links of earlier ones no longer work."))
    except services.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
    except TooManyAttempts:
        messages.error(request, _("Too many codes were sent. Wait a few minutes, then try again."))
    return redirect("registration-code")


@require_GET
@flows.offered
def link(request: HttpRequest, settings: RegistrationSettings, token: str) -> HttpResponse:
    """The link of the e-mail: its token leaves the address at once (security 42)."""
    flows.keep_token(request, token)
    return redirect("registration-by-link")


@require_http_methods(["GET", "POST"])
@flows.offered
def by_link(request: HttpRequest, settings: RegistrationSettings) -> HttpResponse:
    """Proves the address by POST: programs that look at links in mails use nothing up."""
    form = ChosenPasswordForm(request.POST if request.method == "POST" else None)
    try:
        registration = services.check_link(flows.kept_token(request), now=timezone.now())
        is_here = str(registration.pk) == flows.kept_id(request)
        if request.method == "POST" and (is_here or form.is_valid()):
            flows.prove_by_link(request, password=form.cleaned_data["password"] if not is_here else "")
            return redirect("registration-result")
    except services.RegistrationOver:
        return render(request, "registration/link_over.html", status=_REFUSED)
    except services.WrongProof:
        form.add_error("password", _("That is not the password you chose, or there were too many tries."))
    except TooManyAttempts:
        form.add_error("password", _("There were too many tries. Wait a few minutes, then try again."))
    context = {"form": form, "is_here": is_here, "registration": registration}
    return render(request, "registration/by_link.html", context, status=_REFUSED if form.is_bound else 200)


@require_GET
@flows.offered
def result(request: HttpRequest, settings: RegistrationSettings) -> HttpResponse:
    """Says what came of the registration this browser has proven. Nobody is signed in by it."""
    registration = services.find(flows.kept_id(request))
    if registration is None or registration.proven_at is None:
        return flows.over(request)
    if registration.state == State.WAITING:
        return render(request, "security/account_waits.html", {"address": registration.email})
    next_path = flows.kept_next(request)
    sign_in = reverse("sign-in") + (f"?{urlencode({'next': next_path})}" if next_path else "")
    return render(request, "registration/result.html", {"registration": registration, "sign_in_url": sign_in})
