"""Ending sessions. Each act has a page that asks first, and happens by POST."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from myaccount.web.features import part_of
from myaccount.web.models import PortalSettings
from myaccount.web.redirects import to_section, to_signed_out
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up
from sessions_app import selectors, services
from sessions_app.models import EndReason, LoginSession


@require_http_methods(["GET", "POST"])
@signed_in
@part_of("security.active-sessions")
@require_step_up
def terminate(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """End one other session."""
    login_session = selectors.own_session(request.user, uuid)
    if login_session is None or login_session.uuid == request.login_session.uuid:
        raise Http404
    now = timezone.now()
    if request.method == "GET":
        row = selectors.row_of(login_session, of=request.user, current=None, now=now)
        return render(request, "sessions/confirm_terminate.html", {"row": row})
    if services.terminate(user=request.user, login_session=login_session, origin=origin(request), now=now):
        messages.success(request, _("You have successfully revoked your session!"))
    else:
        messages.warning(request, _("That session had just ended. Look whether it goes on as another one."))
    return to_section("security", "active-sessions")


@require_http_methods(["GET", "POST"])
@signed_in
@part_of("security.active-sessions")
@require_step_up
def terminate_others(request: PortalRequest) -> HttpResponse:
    """Sign out everywhere else: this session stays."""
    if request.method == "GET":
        return render(request, "sessions/confirm_terminate_others.html")
    ended = services.end_all(
        user=request.user,
        reason=EndReason.TERMINATED,
        origin=origin(request),
        now=timezone.now(),
        keep=request.login_session.uuid,
    )
    message = ngettext(
        "%(count)s other session was ended. You are signed in here only.",
        "%(count)s other sessions were ended. You are signed in here only.",
        ended,
    )
    messages.success(request, message % {"count": ended})
    return to_section("security", "active-sessions")


@require_http_methods(["GET", "POST"])
@signed_in
@part_of("security.active-sessions")
@require_step_up
def terminate_all(request: PortalRequest) -> HttpResponse:
    """End every session, this one too, and offline access of applications where that is ticked."""
    if request.method == "GET":
        return render(request, "sessions/confirm_terminate_all.html")
    services.end_all(
        user=request.user,
        reason=EndReason.TERMINATED,
        origin=origin(request),
        now=timezone.now(),
        ends_offline="ends_offline" in request.POST,
    )
    request.session.flush()
    return to_signed_out(everywhere=True)


@require_GET
def remaining(request: HttpRequest) -> JsonResponse:
    """How many seconds the session has left; asking does not prolong it. 0 for people who are not signed in."""
    return JsonResponse({"seconds": _seconds_left(request)})


@require_POST
def extend(request: HttpRequest) -> JsonResponse:
    """Somebody is still there: like any page, this request prolongs the session."""
    return JsonResponse({"seconds": _seconds_left(request)})


def _seconds_left(request: HttpRequest) -> int:
    login_session: LoginSession | None = request.login_session  # type: ignore[attr-defined]
    if login_session is None:
        return 0
    portal_settings: PortalSettings = request.portal_settings  # type: ignore[attr-defined]
    return services.seconds_left(login_session, portal_settings=portal_settings, now=timezone.now())
