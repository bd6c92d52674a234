"""The profile's e-mail address and mobile number as ways back in: changed here as there, and proven first."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

import profile.contacts as contacts
from myaccount.claims.selectors import editable_claim
from myaccount.limits.services import TooManyAttempts
from myaccount.operations.messages import tell
from myaccount.operations.services import Outcome
from myaccount.users.signals import ChangeRefused
from myaccount.web.features import part_of
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up
from security.recovery.forms import EmailRecoveryForm, SentCodeForm, SmsRecoveryForm
from security.recovery.sections import FEATURE, SECTION

_PURPOSE: Final = "security.recovery"
_KINDS: Final = {"email": contacts.EMAIL, "mobile": contacts.MOBILE}


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def edit(request: PortalRequest, kind: str) -> HttpResponse:
    """Takes an address or number; it becomes the profile's once it is proven."""
    if kind not in _KINDS or editable_claim(kind) is None:
        raise Http404
    form_class = EmailRecoveryForm if kind == "email" else SmsRecoveryForm
    form = form_class(request.POST or None, user=request.user)
    if form.is_valid():
        done = _change(request, kind, form)
        if done is not None:
            return done
    context = {"form": form, "kind": kind}
    return render(request, "security/recovery/contact.html", context, status=422 if form.is_bound else 200)


def _change(request: PortalRequest, kind: str, form: EmailRecoveryForm | SmsRecoveryForm) -> HttpResponse | None:
    """Ask for the proof, or do without where an administrator says so; None with the reason in the form."""
    user, value, now = request.user, form.cleaned_data["value"], timezone.now()
    try:
        if not request.portal_settings.prove_contact_changes:
            outcome = contacts.set_without_proof(
                user=user, kind=_KINDS[kind], value=value, origin=origin(request), now=now
            )
            return _updated(request, kind, outcome)
        contacts.request_change(
            user=user,
            kind=_KINDS[kind],
            value=value,
            session_uuid=request.login_session.uuid,
            origin=origin(request),
            now=now,
            purpose=_PURPOSE,
        )
    except contacts.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
    except contacts.AddressTaken:
        form.add_error("value", _("This address cannot be used."))
        return None
    except ChangeRefused as refused:
        form.add_error("value", str(refused))
        return None
    except TooManyAttempts:
        form.add_error("value", _("Too many codes were sent. Wait a few minutes, then try again."))
        return None
    return redirect("prove-recovery-contact", kind)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
def prove(request: PortalRequest, kind: str) -> HttpResponse:
    """Takes the code that was sent."""
    waiting = _waiting(request, kind)
    if waiting is None:
        return redirect("edit-recovery-contact", kind)
    form = SentCodeForm(request.POST or None)
    if form.is_valid():
        try:
            outcome = contacts.prove_by_code(
                user=request.user,
                kind=_KINDS[kind],
                code=form.cleaned_data["code"],
                session_uuid=request.login_session.uuid,
                origin=origin(request),
                now=timezone.now(),
            )
            return _updated(request, kind, outcome)
        except contacts.WrongCode as error:
            text = (
                _("That is not the code we sent.") if error.tries_left else _("Too many wrong codes. Send a new one.")
            )
            form.add_error("code", text)
        except (contacts.NothingPending, contacts.AddressTaken):
            messages.error(request, _("This change can no longer be completed. Start it again."))
            return redirect("edit-recovery-contact", kind)
    context = {"form": form, "kind": kind, "value": waiting.shown}
    return render(request, "security/recovery/prove_contact.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
@part_of(FEATURE)
def resend(request: PortalRequest, kind: str) -> HttpResponse:
    """Sends a new code; the old one no longer works."""
    if _waiting(request, kind) is None:
        return redirect("edit-recovery-contact", kind)
    try:
        contacts.resend(
            user=request.user, kind=_KINDS[kind], session_uuid=request.login_session.uuid, now=timezone.now()
        )
        messages.success(request, _("A new code is on its way. The old one no longer works."))
    except contacts.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
    except TooManyAttempts:
        messages.error(request, _("Too many codes were sent. Wait a few minutes, then try again."))
    except contacts.NothingPending:
        return redirect("edit-recovery-contact", kind)
    return redirect("prove-recovery-contact", kind)


def _updated(request: PortalRequest, kind: str, outcome: Outcome) -> HttpResponse:
    done = {"email": _("Your e-mail address was updated."), "mobile": _("Your mobile number was updated.")}
    tell(request, outcome, done[kind])
    return to_section("security", SECTION)


def _waiting(request: PortalRequest, kind: str) -> contacts.Waiting | None:
    if kind not in _KINDS:
        raise Http404
    return contacts.waiting(
        user=request.user,
        kind=_KINDS[kind],
        session_uuid=request.login_session.uuid,
        purpose=_PURPOSE,
        now=timezone.now(),
    )
