"""Hands out challenges of the captcha."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from myaccount.web.requests import client_address
from security import pending
from security.captcha import services


@require_POST
def captcha_challenge(request: HttpRequest) -> HttpResponse:
    """A challenge for this browser's session and for what the form is for (security 46)."""
    action, now = request.POST.get("action", ""), timezone.now()
    if action not in services.ACTIONS:
        raise Http404
    services.reserve(client_address(request), now=now)
    return JsonResponse(services.issue(action=action, binding=pending.binding(request.session), now=now))
