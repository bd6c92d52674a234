"""The recovery address: enter, prove, remove."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from myaccount.limits.services import TooManyAttempts
from myaccount.web.features import part_of
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up
from security.recovery import addresses
from security.recovery.forms import AddressForm, SentCodeForm
from security.recovery.models import RecoveryAddress
from security.recovery.sections import FEATURE, SECTION


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def edit(request: PortalRequest) -> HttpResponse:
    """Takes an address and sends a code there."""
    row = RecoveryAddress.objects.filter(user=request.user).first()
    form = AddressForm(request.POST or None, initial={"email": row.email if row else ""})
    if form.is_valid():
        try:
            addresses.request_change(
                user=request.user,
                email=form.cleaned_data["email"],
                session_uuid=request.login_session.uuid,
                now=timezone.now(),
            )
            return redirect("prove-recovery-address")
        except addresses.SameAsProfile:
            form.add_error(
                "email", _("That is the address of your profile. Use another one, so that it is a second way in.")
            )
        except addresses.ResendTooSoon:
            messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
            return redirect("prove-recovery-address")
        except TooManyAttempts:
            form.add_error("email", _("Too many codes were sent. Wait a few minutes, then try again."))
    context = {"form": form, "has_one": bool(row and row.verified_at)}
    return render(request, "security/recovery/address.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def prove(request: PortalRequest) -> HttpResponse:
    """Takes the code that was sent."""
    now = timezone.now()
    row = RecoveryAddress.objects.filter(
        user=request.user, session_uuid=request.login_session.uuid, expires_at__gt=now
    ).first()
    if row is None or not row.pending_email:
        return redirect("edit-recovery-address")
    form = SentCodeForm(request.POST or None)
    if form.is_valid():
        try:
            addresses.prove(
                user=request.user,
                code=form.cleaned_data["code"],
                session_uuid=request.login_session.uuid,
                origin=origin(request),
                now=now,
            )
            messages.success(request, _("Your recovery address was updated."))
            return to_section("security", SECTION)
        except addresses.WrongCode:
            form.add_error("code", _("That is not the code we sent, or it no longer works. You can ask for a new one."))
    context = {"form": form, "email": row.pending_email}
    return render(request, "security/recovery/prove_address.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def remove(request: PortalRequest) -> HttpResponse:
    """Keeps no recovery address; asks first."""
    if request.method == "GET":
        return render(request, "security/recovery/remove_address.html")
    if addresses.remove(user=request.user, origin=origin(request), now=timezone.now()):
        messages.success(request, _("Your recovery address was removed."))
    return to_section("security", SECTION)
