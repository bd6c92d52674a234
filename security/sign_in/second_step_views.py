"""The pages of the second step: one for each authenticator, when signing in and when confirming access."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from myaccount.limits.services import TooManyAttempts
from myaccount.web import formats, step_up
from myaccount.web.redirects import go_to, requested_next, safe_next
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in
from security import pending as state
from security.factors.devices import services as devices
from security.factors.kinds import WORDS, Authenticator
from security.factors.models import Purpose
from security.factors.selectors import enrolled
from security.factors.sms import services as sms
from security.policy.selectors import sign_in_policy, usable
from security.sign_in import flows, second_step, services
from security.sign_in.forms import BackupCodeStepForm, SecondStepForm, SecondStepPasswordForm
from security.sign_in.second_step import SecondStep
from security.sign_in.stages import ENROLMENT, SECOND_FACTOR

_REFUSED = 422
_FORMS: Final[dict[Authenticator, type[SecondStepForm | BackupCodeStepForm | SecondStepPasswordForm]]] = {
    Authenticator.BACKUP_CODE: BackupCodeStepForm,
    Authenticator.PASSWORD: SecondStepPasswordForm,
}


# When signing in


@require_GET
def second_step_start(request: HttpRequest) -> HttpResponse:
    """To the page of what the person is asked for first."""
    step = _at_sign_in(request)
    return redirect(step.url_of(step.kinds[0])) if step else redirect("sign-in")


@require_http_methods(["GET", "POST"])
def second_step_with(request: HttpRequest, authenticator: str) -> HttpResponse:
    """Asks for one authenticator, and takes it."""
    step = _at_sign_in(request)
    if step is None:
        return redirect("sign-in")
    if authenticator not in step.kinds:
        return redirect("second-step")
    kind, now = Authenticator(authenticator), timezone.now()
    if request.method == "GET":
        return page(request, step, kind)
    try:
        second_step.check(request, step, kind, now=now)
    except second_step.Refused as refused:
        return page(request, step, kind, error=str(refused))
    return flows.advance(request, method=kind, now=now, wants_trust="trust" in request.POST)


@require_POST
def send_sign_in_code(request: HttpRequest) -> HttpResponse:
    """Sends a code, also once more."""
    step = _at_sign_in(request)
    return send_code(request, step) if step else redirect("sign-in")


@require_POST
def second_step_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to ask for one of the person's security devices."""
    step = _at_sign_in(request)
    return device_options(request, step) if step else JsonResponse({}, status=403)


@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Leads through setting up what the organisation asks for; "Not now" while there is time."""
    now = timezone.now()
    situation = flows.at_stage(request, ENROLMENT, now=now)
    if situation is None or situation.asked is None:
        return redirect("sign-in")
    asked = situation.asked
    if request.method == "POST" and asked.can_postpone_until is not None:
        return flows.postpone(request, situation, now=now)
    context = {
        "choices": [(kind, WORDS[kind]) for kind in asked.authenticators if situation.policy.allows(kind)],
        "until": formats.day(timezone.localtime(asked.can_postpone_until)) if asked.can_postpone_until else "",
    }
    return render(request, "security/enrol.html", context)


def continue_after_enrolment(request: HttpRequest, authenticator: Authenticator) -> HttpResponse:
    """A factor was set up on the way in, which also showed it."""
    return flows.advance(request, method=authenticator, now=timezone.now())


# When confirming access


@require_http_methods(["GET", "POST"])
@signed_in
def confirm_with(request: PortalRequest, authenticator: str) -> HttpResponse:
    """Asks for one authenticator before a sensitive act, then leads back to it."""
    step = to_confirm(request)
    if step is None or authenticator not in step.kinds:
        return step_up.redirect_to_confirm(safe_next(requested_next(request)))
    kind, now = Authenticator(authenticator), timezone.now()
    if request.method == "GET":
        return page(request, step, kind)
    try:
        second_step.check(request, step, kind, now=now)
    except second_step.Refused as refused:
        return page(request, step, kind, error=str(refused))
    services.confirmed(request, user=request.user, level=step_up.TWO_FACTORS, shown=kind, now=now)
    return go_to(request, step.next)


@require_POST
@signed_in
def send_confirmation_code(request: PortalRequest) -> HttpResponse:
    """Sends a code, also once more."""
    step = to_confirm(request)
    return send_code(request, step) if step else redirect("confirm-access")


@require_POST
@signed_in
def confirm_options(request: PortalRequest) -> HttpResponse:
    """What the browser needs to ask for one of the person's security devices."""
    step = to_confirm(request)
    return device_options(request, step) if step else JsonResponse({}, status=403)


def to_confirm(request: PortalRequest) -> SecondStep | None:
    """How a person with a second factor confirms who they are; None for somebody without one."""
    kinds = usable(enrolled(request.user).kinds, sign_in_policy())
    if not kinds:
        return None
    return SecondStep(request.user, Purpose.CONFIRM, tuple(kinds), next=safe_next(requested_next(request)))


# Both


def _at_sign_in(request: HttpRequest) -> SecondStep | None:
    situation = flows.at_stage(request, SECOND_FACTOR, now=timezone.now())
    return second_step.at_sign_in(situation) if situation else None


def send_code(request: HttpRequest, step: SecondStep) -> HttpResponse:
    """Send a code to the person's number, and back to the page that asks for it."""
    if Authenticator.SMS not in step.kinds:
        raise Http404
    try:
        second_step.send(request, step, now=timezone.now())
        messages.success(request, _("We sent a code to your mobile number."))
    except sms.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
    except TooManyAttempts:
        messages.error(request, _("Too many codes were sent. Wait a few minutes, then try again."))
    return redirect(step.url_of(Authenticator.SMS))


def device_options(request: HttpRequest, step: SecondStep) -> HttpResponse:
    """The options of a ceremony with one of the person's devices, as JSON."""
    if Authenticator.DEVICE not in step.kinds:
        return JsonResponse({}, status=403)
    options = devices.options_for_second(
        user=step.user, purpose=step.purpose, binding=state.binding(request.session), now=timezone.now()
    )
    return JsonResponse(options)


def page(request: HttpRequest, step: SecondStep, kind: Authenticator, *, error: str = "") -> HttpResponse:
    """The page that asks for this authenticator, with what was wrong."""
    form_class = _FORMS.get(kind, SecondStepForm)
    form = form_class({}) if error else form_class()
    if error:
        form.errors.clear()
        form.add_error(None if kind == Authenticator.DEVICE else form.only_field, error)
    binding = state.known_binding(request.session)
    context = {
        "step": step,
        "kind": kind,
        "form": form,
        "alternatives": step.alternatives_to(kind),
        "is_signing_in": step.purpose == Purpose.SIGN_IN,
        "is_recovering": step.purpose == Purpose.RECOVER,
        "is_linking": step.purpose == Purpose.LINK,
        "act": step_up.announced(request, step.next) if step.purpose == Purpose.CONFIRM else None,
        "action": step.url_of(kind),
        "code_is_sent": kind == Authenticator.SMS and sms.is_sent(step.user, step.purpose, binding, timezone.now()),
    }
    return render(request, "security/second_step.html", context, status=_REFUSED if error else 200)
