"""Forgotten password: whose account, how it is proven, second factor, new password."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from myaccount.limits.services import TooManyAttempts
from myaccount.web.requests import origin
from security import pending
from security.captcha import services as captcha
from security.factors.kinds import Authenticator
from security.password import services as passwords
from security.password.forms import NewPasswordForm
from security.recovery import flows, services
from security.recovery.forms import IdentifierForm, SentCodeForm
from security.recovery.models import Recovery
from security.recovery.selectors import recovery_settings
from security.recovery.steps import Step, Way, offered_ways
from security.sign_in import second_step, second_step_views

_REFUSED = 422


@require_http_methods(["GET", "POST"])
def forgot_password(request: HttpRequest) -> HttpResponse:
    """Asks whose account it is. What follows is the same whoever was named (security 36)."""
    settings, now = flows.must_be_offered(), timezone.now()
    asks_captcha = flows.asks_captcha(request, settings, now=now)
    form = IdentifierForm(request.POST or None)
    if form.is_valid():
        try:
            if asks_captcha:
                check_captcha(request)
            return flows.begin(request, identifier=form.cleaned_data["identifier"], now=now)
        except captcha.CaptchaRefused as refused:
            form.add_error(None, str(refused))
        except TooManyAttempts:
            form.add_error(None, _("There were too many tries. Wait a few minutes, then try again."))
    context = {"form": form, "asks_captcha": asks_captcha, "can_recover_username": settings.username_recovery}
    return render(request, "security/recovery/start.html", context, status=_REFUSED if form.is_bound else 200)


def check_captcha(request: HttpRequest) -> None:
    """Raises captcha.CaptchaRefused unless the form brought a solved one."""
    captcha.check(
        payload=request.POST.get("captcha", ""),
        action=flows.CAPTCHA_ACTION,
        binding=pending.known_binding(request.session),
        now=timezone.now(),
    )


@require_http_methods(["GET", "POST"])
@flows.at_step(Step.WAY)
def ways(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """How the account may be proven to be one's own. The same ways for everybody, whatever the account has."""
    settings = flows.must_be_offered()
    offered = offered_ways(settings)
    if request.method == "GET":
        return render(request, "security/recovery/ways.html", {"ways": [way.value for way in offered]})
    value = request.POST.get("way", "")
    if value not in offered:
        raise Http404
    way = Way(value)
    if way == Way.QUESTIONS:
        services.choose_questions(recovery=recovery)
        if not settings.email_before_questions or Way.EMAIL.value in recovery.shown:
            return redirect("recovery-questions")
        way = Way.EMAIL
    return _send(request, recovery, way, is_for_questions=value == Way.QUESTIONS)


def _send(request: HttpRequest, recovery: Recovery, way: Way, *, is_for_questions: bool = False) -> HttpResponse:
    try:
        services.send(recovery=recovery, way=way, is_for_questions=is_for_questions, now=timezone.now())
    except services.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
    except TooManyAttempts:
        messages.error(request, _("Too many codes were sent. Wait a few minutes, then try again."))
    return redirect("recovery-code")


@require_http_methods(["GET", "POST"])
@flows.at_step(Step.WAY)
def code(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """Takes the code of the message."""
    if recovery.sent_at is None:
        return redirect("recovery-ways")
    form = SentCodeForm(request.POST or None)
    if form.is_valid():
        now = timezone.now()
        try:
            services.prove_by_code(recovery=recovery, code=form.cleaned_data["code"], origin=origin(request), now=now)
            flows.keep(request, recovery)
            return flows.go_on(recovery, now=now)
        except services.WrongProof:
            form.add_error("code", _("That is not the code we sent, or it no longer works. You can ask for a new one."))
        except TooManyAttempts:
            form.add_error("code", _("There were too many tries. Wait a few minutes, then try again."))
    context = {"form": form, "is_sms": recovery.channel == Way.SMS}
    return render(request, "security/recovery/code.html", context, status=_REFUSED if form.is_bound else 200)


@require_POST
@flows.at_step(Step.WAY)
def resend(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """Sends a new code; the old one and its link no longer work."""
    if recovery.sent_at is None:
        return redirect("recovery-ways")
    return _send(request, recovery, Way(recovery.channel), is_for_questions=recovery.is_for_questions)


@require_GET
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the e-mail: its token leaves the address at once (security 42)."""
    flows.keep_token(request, token)
    return redirect("recovery-by-link")


@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest) -> HttpResponse:
    """Goes on with the opened link, by POST: programs that look at links in mails use nothing up."""
    token, now = flows.kept_token(request), timezone.now()
    try:
        if request.method == "GET":
            services.check_link(token, binding=pending.known_binding(request.session), now=now)
            return render(request, "security/recovery/by_link.html")
        recovery = services.prove_by_link(token, binding=pending.binding(request.session), now=now)
    except services.RecoveryOver:
        context = {"can_begin_again": bool(offered_ways(recovery_settings()))}
        return render(request, "security/recovery/link_over.html", context, status=_REFUSED)
    flows.keep(request, recovery)
    return flows.go_on(recovery, now=now)


@require_GET
@flows.at_step(Step.SECOND_FACTOR)
def second_step_start(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """To the page of what is asked for first; or, where nothing is left to ask for, to the waiting time."""
    step = flows.second_step_of(recovery, now=timezone.now())
    return redirect(step.url_of(step.kinds[0])) if step and step.kinds else redirect("lost-everything")


@require_http_methods(["GET", "POST"])
@flows.at_step(Step.SECOND_FACTOR)
def second_step_with(request: HttpRequest, recovery: Recovery, authenticator: str) -> HttpResponse:
    """Asks for one authenticator, and takes it: a reset never goes round a second factor (security 41)."""
    now = timezone.now()
    step = flows.second_step_of(recovery, now=now)
    if step is None or authenticator not in step.kinds:
        return redirect("recovery-second-step")
    kind = Authenticator(authenticator)
    if request.method == "GET":
        return second_step_views.page(request, step, kind)
    try:
        second_step.check(request, step, kind, now=now)
    except second_step.Refused as refused:
        return second_step_views.page(request, step, kind, error=str(refused))
    services.note_shown(recovery=recovery, what=f"factor:{kind}")
    flows.keep(request, recovery)
    return redirect("recovery-password")


@require_POST
@flows.at_step(Step.SECOND_FACTOR)
def send_second_code(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """Sends a code for the second step."""
    step = flows.second_step_of(recovery, now=timezone.now())
    return second_step_views.send_code(request, step) if step else redirect("recovery-second-step")


@require_POST
@flows.at_step(Step.SECOND_FACTOR)
def second_step_options(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """What the browser needs to ask for one of the person's security devices."""
    step = flows.second_step_of(recovery, now=timezone.now())
    return second_step_views.device_options(request, step) if step else JsonResponse({}, status=403)


@require_http_methods(["GET", "POST"])
@flows.at_step(Step.PASSWORD)
def new_password(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """Takes the new password; then one signs in with it as always (security 41)."""
    assert recovery.user is not None  # noqa: S101 (only a known person's recovery gets here)
    form = NewPasswordForm(request.POST or None, user=recovery.user)
    if form.is_valid():
        new = form.cleaned_data["new_password"]
        try:
            passwords.check_not_used_before(user=recovery.user, password=new)
            services.set_password(recovery=recovery, new=new, origin=origin(request), now=timezone.now())
        except ValidationError as reason:
            form.add_error("new_password", reason)
        else:
            flows.forget(request)
            messages.success(
                request, _("Your password was changed, and all your sessions were ended. Sign in with it.")
            )
            return redirect(reverse("sign-in"))
    context = {"form": form, "username": recovery.user.username}
    return render(request, "security/recovery/password.html", context, status=_REFUSED if form.is_bound else 200)
