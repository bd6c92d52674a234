"""Setting up an authenticator app, and giving one a new secret."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from myaccount.limits.services import TooManyAttempts
from myaccount.web.requests import origin
from myaccount.web.selectors import portal_settings
from security.attempts import factor_attempt
from security.factors import guards
from security.factors.guards import EnrolmentRequest, may_enrol
from security.factors.kinds import Authenticator
from security.factors.models import TotpDevice
from security.factors.offered import must_be_offered
from security.factors.totp import candidates, qr, services
from security.factors.totp.forms import AddTotpForm, RegenerateTotpForm


@require_http_methods(["GET", "POST"])
@may_enrol
def add(request: EnrolmentRequest) -> HttpResponse:
    """Shows a new secret as a picture and as text, and takes a name and the first code."""
    must_be_offered(Authenticator.TOTP)
    return _set_up(request, None)


@require_http_methods(["GET", "POST"])
@may_enrol
def regenerate(request: EnrolmentRequest, pk: int) -> HttpResponse:
    """Shows a new secret for an app; the old one works until the first code of the new one is proven."""
    must_be_offered(Authenticator.TOTP)
    device = TotpDevice.objects.filter(pk=pk, user=request.enroller.user).first()
    # Who is still signing in may set a factor up, but not take over one that is there (security 53).
    if device is None or request.enroller.is_signing_in:
        raise Http404
    return _set_up(request, device)


def _set_up(request: EnrolmentRequest, replaces: TotpDevice | None) -> HttpResponse:
    if request.method == "GET":
        guards.remember_next(request)
        form = RegenerateTotpForm() if replaces else AddTotpForm(initial={"name": _("My phone")})
        return _page(request, replaces, form)
    form = (RegenerateTotpForm if replaces else AddTotpForm)(request.POST)
    if form.is_valid():
        done = _prove(request, replaces, form)
        if done:
            return done
    return _page(request, replaces, form)


def _prove(request: EnrolmentRequest, replaces: TotpDevice | None, form: RegenerateTotpForm) -> HttpResponse | None:
    """Take the first code; None if it did not do, with the reason in the form."""
    user, now = request.enroller.user, timezone.now()
    seed = candidates.kept(request.session, user=user, replaces=replaces.pk if replaces else None, now=now)
    if seed is None:
        form.add_error(None, _("The secret you were shown is too old. Scan the new one and enter its code."))
        return None
    attempt = factor_attempt(request, user)
    message = _("The app was given its new secret.") if replaces else _("The authenticator app was added.")
    try:
        attempt.reserve(now=now)
        services.enrol(
            user=user,
            name=replaces.name if replaces else form.cleaned_data["name"],
            seed=seed,
            code=form.cleaned_data["code"],
            replaces=replaces,
            origin=origin(request),
            now=now,
        )
    except TooManyAttempts:
        form.add_error("code", _("There were too many tries. Wait a few minutes, then try again."))
    except services.WrongCode:
        form.add_error(
            "code", _("That is not the code the app shows now. Check that the clock of your phone is right.")
        )
    except services.TooManyApps:
        form.add_error(
            None, _("You have as many authenticator apps as you can have. Delete one you no longer use first.")
        )
    except services.NoSuchApp as error:
        raise Http404 from error
    except services.ProvenAlready:
        attempt.succeeded()
        messages.success(request, message)
        return HttpResponseRedirect(guards.way_back(request))
    else:
        attempt.succeeded()
        candidates.forget(request.session)
        return guards.enrolled(request, Authenticator.TOTP, message)
    return None


def _page(request: EnrolmentRequest, replaces: TotpDevice | None, form: RegenerateTotpForm) -> HttpResponse:
    user = request.enroller.user
    seed = candidates.offer(request.session, user=user, replaces=replaces.pk if replaces else None, now=timezone.now())
    uri = services.provisioning_uri(user, seed, portal_settings().product_name)
    context = {
        "device": replaces,
        "form": form,
        "picture": qr.svg(uri, _("QR code with the secret for your app")),
        "uri": uri,
        "secret": services.grouped_secret(seed),
        "cancel": guards.way_back(request),
    }
    return render(request, "security/totp/set_up.html", context, status=422 if form.is_bound else 200)
