"""Forgotten user name: told by mail to the address it belongs to."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from myaccount.limits.services import TooManyAttempts
from security.captcha.services import CaptchaRefused
from security.recovery import flows, services
from security.recovery.forms import AddressForm
from security.recovery.selectors import recovery_settings
from security.recovery.views import check_captcha


@require_http_methods(["GET", "POST"])
def forgot_username(request: HttpRequest) -> HttpResponse:
    """Asks for the address. The answer is the same whether it belongs to somebody (security 36)."""
    settings, now = recovery_settings(), timezone.now()
    if not settings.username_recovery:
        raise Http404
    asks_captcha = flows.asks_captcha(request, settings, now=now)
    form = AddressForm(request.POST or None)
    if form.is_valid():
        try:
            if asks_captcha:
                check_captcha(request)
            services.request_usernames(request, address=form.cleaned_data["email"], now=now)
            return render(request, "security/recovery/username_sent.html")
        except CaptchaRefused as refused:
            form.add_error(None, str(refused))
        except TooManyAttempts:
            form.add_error(None, _("There were too many tries. Wait a few minutes, then try again."))
    context = {"form": form, "asks_captcha": asks_captcha}
    return render(request, "security/recovery/username.html", context, status=422 if form.is_bound else 200)
