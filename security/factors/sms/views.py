"""Setting up the SMS number: give it, prove it by a code."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

import profile.contacts as contacts
import profile.selectors as profiles
from myaccount.limits.services import TooManyAttempts
from myaccount.operations.messages import tell
from myaccount.operations.services import Waiting
from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.requests import PortalRequest, origin
from profile.services import fingerprint
from security.attempts import factor_attempt
from security.factors import guards
from security.factors.guards import EnrolmentRequest, may_enrol
from security.factors.kinds import Authenticator
from security.factors.offered import must_be_offered
from security.factors.sms import services
from security.factors.sms.forms import SmsCodeForm, SmsNumberForm

_MOBILE = contacts.MOBILE


@require_http_methods(["GET", "POST"])
@may_enrol
def edit(request: EnrolmentRequest) -> HttpResponse:
    """Takes the mobile number and sends a code there. Until it is entered, nothing changes."""
    must_be_offered(Authenticator.SMS)
    user, can_change = request.enroller.user, profiles.can_change_mobile()
    if request.method == "GET":
        guards.remember_next(request)
        form = SmsNumberForm(user=user, can_change=can_change)
    else:
        form = SmsNumberForm(request.POST, user=user, can_change=can_change)
        if form.is_valid():
            done = _ask(request, form)
            if done:
                return done
    context = {
        "form": form,
        "is_missing": not can_change and not user.mobile,
        "is_on": services.has_device(user),
        "cancel": guards.way_back(request),
    }
    return render(request, "security/sms/edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@may_enrol
def prove(request: EnrolmentRequest) -> HttpResponse:
    """Takes the code that was sent."""
    must_be_offered(Authenticator.SMS)
    if request.method == "POST":
        form = SmsCodeForm(request.POST)
        done = _prove(request, form) if form.is_valid() else None
        if done:
            return done
    else:
        form = SmsCodeForm()
    waiting = _waiting(request)
    if waiting is None:
        return redirect("edit-sms")
    context = {
        "form": form,
        "number": waiting.shown,
        "about": fingerprint(waiting.value),
        "until": formats.moment(waiting.expires_at),
    }
    return render(request, "security/sms/prove.html", context, status=422 if form.is_bound else 200)


@require_POST
@may_enrol
def resend(request: EnrolmentRequest) -> HttpResponse:
    """Sends a new code; the old one no longer works."""
    must_be_offered(Authenticator.SMS)
    if _waiting(request) is None:
        return _over(request)
    try:
        contacts.resend(
            user=request.enroller.user, kind=_MOBILE, session_uuid=services.session_id(request), now=timezone.now()
        )
        messages.success(request, _("A new code is on its way. The old one no longer works."))
    except contacts.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
    except TooManyAttempts:
        messages.error(request, _("Too many codes were sent. Wait a few minutes, then try again."))
    except contacts.NothingPending:
        return _over(request)
    return redirect("prove-sms")


@require_POST
@may_enrol
def cancel(request: EnrolmentRequest) -> HttpResponse:
    """Gives the change up."""
    if _waiting(request) is not None:
        contacts.cancel(user=request.enroller.user, kind=_MOBILE, origin=origin(request), now=timezone.now())
        messages.success(request, _("The change was cancelled. Nothing is different."))
    return HttpResponseRedirect(guards.way_back(request))


def _ask(request: EnrolmentRequest, form: SmsNumberForm) -> HttpResponse | None:
    """Send a code to the number; None if that is not possible now, with the reason in the form."""
    user, number, now = request.enroller.user, form.cleaned_data["mobile"], timezone.now()
    if number == user.mobile and user.mobile_verified_at and services.has_device(user):
        messages.info(request, _("This is your SMS number already. Nothing is different."))
        return HttpResponseRedirect(guards.way_back(request))
    try:
        contacts.request_change(
            user=user,
            kind=_MOBILE,
            value=number,
            session_uuid=services.session_id(request),
            origin=origin(request),
            now=now,
            purpose=services.PURPOSE,
        )
    except contacts.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
    except TooManyAttempts:
        form.add_error("mobile", _("Too many codes were sent. Wait a few minutes, then try again."))
        return None
    return redirect("prove-sms")


def _prove(request: EnrolmentRequest, form: SmsCodeForm) -> HttpResponse | None:
    """Take the code; None if it did not do, with the reason in the form."""
    user, now = request.enroller.user, timezone.now()
    if _waiting(request) is None:
        return _proven_already(request, user)
    attempt = factor_attempt(request, user)
    try:
        attempt.reserve(now=now)
        outcome = contacts.prove_by_code(
            user=user,
            kind=_MOBILE,
            code=form.cleaned_data["code"],
            session_uuid=services.session_id(request),
            origin=origin(request),
            now=now,
        )
    except TooManyAttempts:
        form.add_error("code", _("There were too many tries. Wait a few minutes, then try again."))
    except contacts.WrongCode as error:
        text = _("That is not the code we sent.") if error.tries_left else _("Too many wrong codes. Send a new one.")
        form.add_error("code", text)
    except (contacts.NothingPending, contacts.AddressTaken):
        return _proven_already(request, user)
    else:
        attempt.succeeded()
        if isinstance(outcome, Waiting):  # the number, and with it the factor
            return _waits(request, outcome)
        return guards.enrolled(request, Authenticator.SMS, _("Your SMS number was updated."))
    return None


def _proven_already(request: EnrolmentRequest, user: User) -> HttpResponse:
    """The form was sent twice and both are told the same, or there is nothing to prove any more.

    Nobody gets further in by this: it proves nothing (security 53).
    """
    user.refresh_from_db()
    about = request.POST.get("about", "")
    held = profiles.held_contact(user, _MOBILE, about)
    if held is not None:
        return _waits(request, held)
    is_done = bool(user.mobile_verified_at) and about == fingerprint(user.mobile)
    if is_done and not request.enroller.is_signing_in and services.has_device(user):
        messages.success(request, _("Your SMS number was updated."))
        return HttpResponseRedirect(guards.way_back(request))
    return _over(request)


def _waits(request: EnrolmentRequest, outcome: Waiting) -> HttpResponse:
    """Only who is in has a page of what they asked for."""
    if request.enroller.is_signing_in:
        messages.info(request, _("Your change waits for approval."))
    else:
        tell(cast("PortalRequest", request), outcome, "")
    return HttpResponseRedirect(guards.way_back(request))


def _over(request: EnrolmentRequest) -> HttpResponse:
    messages.error(request, _("This change can no longer be completed. Start it again."))
    return redirect("edit-sms")


def _waiting(request: EnrolmentRequest) -> contacts.Waiting | None:
    return contacts.waiting(
        user=request.enroller.user,
        kind=_MOBILE,
        session_uuid=services.session_id(request),
        purpose=services.PURPOSE,
        now=timezone.now(),
    )
