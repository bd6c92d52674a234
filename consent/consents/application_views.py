"""Removing an authorised application, from the Applications page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent.consents import services
from consent.consents.pages import own_consent
from myaccount.web.features import part_of
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in


@require_http_methods(["GET", "POST"])
@signed_in
@part_of("applications.authorized")
def remove_application(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """Revoke the consent an application has; asks first. Easy on purpose, as under Manage consent."""
    consent = own_consent(request.user, uuid)
    now = timezone.now()
    if consent is None or consent.application is None or not consent.holds(now=now):
        raise Http404
    name = consent.application.name
    if request.method == "GET":
        return render(request, "applications/confirm_remove.html", {"uuid": consent.uuid, "name": name})
    services.revoke(consent=consent, origin=origin(request), now=now)
    messages.success(request, _("“%(name)s” was removed: it has no access any more.") % {"name": name})
    return to_section("applications", "authorized-applications")
