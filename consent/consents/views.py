"""Manage consent: looking at a consent, changing it, taking it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent.consents import pages, services, system
from consent.consents.forms import DetailForm, SystemConsentForm
from consent.consents.models import Consent
from consent.consents.selectors import Asking, application_claims, asking_of
from consent.receipts.selectors import latest_receipt
from myaccount.web.features import FeatureState, part_of, state_of
from myaccount.web.redirects import requested_next, safe_next, to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in

SECTION = ("security", "manage-consent")


@require_http_methods(["GET", "POST"])
@signed_in
@part_of("security.manage-consent")
def consent_detail(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """One application's consent: what it may know, what for, and how long."""
    consent = pages.own_consent(request.user, uuid)
    if consent is None:
        raise Http404
    if consent.application is None:
        return redirect("system-consent")
    asking = _asking(request, consent)
    if request.method == "GET":
        return _detail(request, consent, DetailForm(asking))
    form = DetailForm(asking, request.POST)
    if not form.is_valid():
        return _detail(request, consent, form, status=422)
    if form.takes_all_away:
        return redirect("revoke-consent", uuid)
    try:
        changed = services.change(
            consent=consent,
            granted=form.granted,
            valid_until=form.valid_until,
            opened_version=form.cleaned_data["opened_version"],
            origin=origin(request),
            now=timezone.now(),
        )
    except services.ChangedMeanwhile:
        return _changed_meanwhile(request, uuid)
    _say(request, changed=changed, name=consent.application.name)
    return redirect("consent-detail", uuid) if not changed else to_section(*SECTION)


def _changed_meanwhile(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """The consent as it is now, and that nothing was saved (security 28)."""
    consent = pages.own_consent(request.user, uuid)
    if consent is None:
        raise Http404
    return _detail(request, consent, DetailForm(_asking(request, consent)), status=409)


def _asking(request: PortalRequest, consent: Consent) -> Asking:
    application = pages.application_of(consent)
    asked = application_claims(application)
    return asking_of(user=request.user, application=application, asked=asked, now=timezone.now())


def _detail(request: PortalRequest, consent: Consent, form: DetailForm, *, status: int = 200) -> HttpResponse:
    is_in_force = consent.holds(now=timezone.now())
    context = {
        "row": pages.row_of(consent, now=timezone.now()),
        "form": form,
        "application": pages.application_of(consent),
        "version": consent.version,
        "receipt": latest_receipt(request.user, consent.uuid),
        "can_change": is_in_force and _may_change(request),
        "is_conflict": status == 409,
    }
    return render(request, "consent/detail.html", context, status=status)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of("security.manage-consent")
def system_consent(request: PortalRequest) -> HttpResponse:
    """What the organisation keeps beyond what it must, attribute by attribute."""
    shown = pages.system_consent(request.user, now=timezone.now())
    if request.method == "GET":
        return _system(request, shown, SystemConsentForm(shown))
    form = SystemConsentForm(shown, request.POST)
    if not form.is_valid():
        return _system(request, shown, form, status=422)
    if form.takes_all_away and shown.can_revoke and shown.consent is not None and not form.erased:
        return redirect("revoke-consent", shown.consent.uuid)
    try:
        changed = system.change(
            user=request.user,
            granted=form.granted,
            erased=form.erased,
            valid_until=form.valid_until,
            opened_version=form.cleaned_data["opened_version"],
            origin=origin(request),
            now=timezone.now(),
        )
    except services.ChangedMeanwhile:
        shown = pages.system_consent(request.user, now=timezone.now())
        return _system(request, shown, SystemConsentForm(shown), status=409)
    _say(request, changed=changed, name=_("System consent"))
    return to_section(*SECTION) if changed else redirect("system-consent")


def _system(
    request: PortalRequest, shown: pages.SystemConsent, form: SystemConsentForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "shown": shown,
        "form": form,
        "receipt": latest_receipt(request.user, shown.consent.uuid) if shown.consent else None,
        "can_change": _may_change(request),
        "can_revoke": shown.can_revoke,
        "is_conflict": status == 409,
    }
    return render(request, "consent/system.html", context, status=status)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of("security.manage-consent")
def revoke(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """Take a whole consent back; asks first. Easy on purpose: no proof of identity is asked for."""
    consent = pages.own_consent(request.user, uuid)
    row = pages.row_of(consent, now=timezone.now()) if consent else None
    if consent is None or row is None or not row.can_revoke:
        raise Http404
    if request.method == "GET":
        wanted = requested_next(request)
        context = {"row": row, "next": safe_next(wanted) if wanted else ""}
        return render(request, "consent/confirm_revoke.html", context)
    services.revoke(consent=consent, origin=origin(request), now=timezone.now())
    messages.success(request, _("The consent for “%(name)s” was revoked.") % {"name": row.title})
    wanted = requested_next(request)
    return redirect(safe_next(wanted)) if wanted else to_section(*SECTION)


def _may_change(request: PortalRequest) -> bool:
    return state_of("security.manage-consent", request.portal_settings) == FeatureState.ON


def _say(request: PortalRequest, *, changed: bool, name: str) -> None:
    if changed:
        messages.success(request, _("The consent for “%(name)s” was updated.") % {"name": name})
    else:
        messages.info(request, _("Nothing was changed."))
