"""What people do with accounts at identity providers."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from linked_accounts.federated import flows, selectors, services
from linked_accounts.federated.asked import Purpose
from linked_accounts.federated.flows import FEATURE, SECTION
from myaccount.web.features import part_of
from myaccount.web.redirects import requested_next, safe_next, to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import ONE_FACTOR, redirect_to_confirm, require_step_up, required_level

_A_YEAR: Final = 365 * 24 * 3600  # seconds


@require_POST
@signed_in
@part_of(FEATURE)
@require_step_up
def connect(request: PortalRequest, slug: str) -> HttpResponse:
    """On to a provider, to connect an account there."""
    return flows.begin(request, slug, Purpose.CONNECT, next_path="", now=timezone.now())


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def connect_found(request: PortalRequest) -> HttpResponse:
    """What the person has shown at the provider is connected once they have seen what it is."""
    return flows.connect(request, now=timezone.now())


@require_POST
def sign_in_with(request: HttpRequest, slug: str) -> HttpResponse:
    """On to a provider, to sign in by an account there."""
    return flows.begin(request, slug, Purpose.SIGN_IN, next_path=requested_next(request), now=timezone.now())


@require_POST
@signed_in
def confirm_with(request: PortalRequest, slug: str) -> HttpResponse:
    """On to a provider, to show once more who one is; not for people who have a second factor to show."""
    next_path = safe_next(requested_next(request))
    if required_level(request.user) > ONE_FACTOR:
        return redirect_to_confirm(next_path)
    return flows.begin(request, slug, Purpose.CONFIRM, next_path=next_path, now=timezone.now())


@require_GET
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a provider sends people back to. It changes what this browser has asked for by POST, and once."""
    return flows.finish(request, slug, now=timezone.now())


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def remove(request: PortalRequest, pk: int) -> HttpResponse:
    """Take an identity away; asks first, and refuses when it is the last way in."""
    identity = selectors.own_identity(request.user, pk)
    if identity is None:
        raise Http404
    context = {"identity": identity, "account_name": identity.account_name or identity.subject}
    if request.method == "GET":
        return render(request, "linked_accounts/federated/confirm_remove.html", context)
    try:
        services.remove(user=request.user, identity=identity, origin=origin(request), now=timezone.now())
    except services.LastWayIn as refused:
        context["refused"] = str(refused)
        return render(request, "linked_accounts/federated/confirm_remove.html", context, status=422)
    messages.success(request, _("The link to %(name)s was removed.") % {"name": identity.provider.name})
    return to_section("personal-info", SECTION)


@require_safe
def logo(request: HttpRequest, slug: str) -> HttpResponse:
    """A provider's logo, a PNG of ours. Its address changes with it, so the browser keeps it."""
    content = selectors.logo_of(slug)
    if not content:
        raise Http404
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = f"private, max-age={_A_YEAR}, immutable"
    return response
