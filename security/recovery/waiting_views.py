"""Lost every second factor: the waiting time, and the link that stops it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from myaccount.web import formats
from myaccount.web.requests import origin
from security.recovery import flows, waiting
from security.recovery.models import Recovery
from security.recovery.selectors import recovery_settings
from security.recovery.steps import Step


@require_http_methods(["GET", "POST"])
@flows.at_step(Step.SECOND_FACTOR)
def lost_everything(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """Explains the wait, and starts it. Nothing gets past a second factor at once (security 41)."""
    if request.method == "GET":
        context = {"hours": recovery_settings().waiting_hours}
        return render(request, "security/recovery/lost_everything.html", context)
    assert recovery.user is not None  # noqa: S101 (this step is a known person's)
    started = waiting.begin(user=recovery.user, origin=origin(request), now=timezone.now())
    return render(request, "security/recovery/waiting.html", {"ready_at": formats.moment(started.ready_at)})


@require_http_methods(["GET", "POST"])
def cancel_waiting(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the messages: asks, and stops the wait by POST. Whoever reads the person's messages may."""
    is_done = False
    if request.method == "POST":
        is_done = waiting.cancel(token=token, origin=origin(request), now=timezone.now())
    elif waiting.is_known(token):
        return render(request, "security/recovery/cancel_waiting.html", {"token": token})
    return render(
        request, "security/recovery/waiting_cancelled.html", {"is_done": is_done}, status=200 if is_done else 422
    )
