"""What people do on the Applications page, and the logos."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from consent.applications import selectors, services
from myaccount.web.features import part_of
from myaccount.web.redirects import requested_next, safe_next
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in

_A_YEAR = 365 * 24 * 3600  # seconds


@require_POST
@signed_in
@part_of("applications.open")
def toggle_favourite(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """Add an application to the person's favourites, or take it away."""
    application = selectors.may_open(request.user, uuid)
    if application is None:
        raise Http404
    services.set_favourite(user=request.user, application=application, is_favourite="favourite" in request.POST)
    return redirect(safe_next(requested_next(request), default="applications"))


@require_safe
@signed_in
def logo(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """An application's logo, a PNG of ours. Its address changes with it, so the browser keeps it."""
    content = selectors.logo_of(uuid)
    if not content:
        raise Http404
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = f"private, max-age={_A_YEAR}, immutable"
    return response
