"""The pages. What is on them is in the registry; what it shows is the areas'."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from myaccount.web.features import part_of
from myaccount.web.pages import pages_for, render_page
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in


@require_GET
@signed_in
def overview(request: PortalRequest) -> HttpResponse:
    """Where one stands, and what to do next. Everything leads here: while it is off, to the first page that is on."""
    first = next(iter(pages_for(request)), None)
    if first is None:
        raise Http404
    return render_page(request, "overview") if first.id == "overview" else redirect(first.url_name)


@require_GET
@signed_in
@part_of("personal-info")
def personal_info(request: PortalRequest) -> HttpResponse:
    """What the organisation knows about the person."""
    return render_page(request, "personal-info")


@require_GET
@signed_in
@part_of("security")
def security(request: PortalRequest) -> HttpResponse:
    """How one signs in, and where one is signed in."""
    return render_page(request, "security")


@require_GET
@signed_in
@part_of("applications")
def applications(request: PortalRequest) -> HttpResponse:
    """What one can open, and what one lets know something."""
    return render_page(request, "applications")
