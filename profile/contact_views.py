"""Changing the e-mail address and the mobile number: ask, prove, resend, cancel."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import profile.contacts as contacts
from myaccount.claims.models import Claim
from myaccount.claims.selectors import editable_claim
from myaccount.limits.services import TooManyAttempts
from myaccount.operations.messages import tell
from myaccount.operations.services import Done, Outcome
from myaccount.users.models import User
from myaccount.users.signals import ChangeRefused
from myaccount.web.features import part_of
from myaccount.web.pages import render_page
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up
from profile.forms import AttributeForm, CodeForm
from profile.models import ContactKind
from profile.selectors import country_of, held_contact
from profile.services import fingerprint

_FEATURE = "personal-info.profile"


@require_GET
@signed_in
@part_of(_FEATURE)
@require_step_up
def edit(request: PortalRequest, kind: str) -> HttpResponse:
    """Open the row, once it is clear who asks."""
    _claim(kind)
    return redirect(f"{reverse('personal-info')}?edit={kind}#id_value")


@require_POST
@signed_in
@part_of(_FEATURE)
@require_step_up
def change(request: PortalRequest, kind: str) -> HttpResponse:
    """Take a new address or number; unless an administrator says otherwise it has to be proven first."""
    claim = _claim(kind)
    form = AttributeForm(request.POST, claim=claim, region=country_of(request.user))
    if not form.is_valid():
        return _with_form(request, kind, form)
    value, now = form.cleaned_data["value"], timezone.now()
    if _is_same(request, ContactKind(kind), value):
        return to_section("personal-info", kind)
    try:
        return _apply(request, ContactKind(kind), value, now=now)
    except contacts.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
        return to_section("personal-info", f"id_{kind}_code")
    except contacts.AddressTaken:
        form.add_error("value", _("This address cannot be used."))
    except ChangeRefused as refused:
        request.user.refresh_from_db()  # what was refused is not shown as if it were true
        form.add_error("value", str(refused))
    except TooManyAttempts:
        form.add_error("value", _("Too many codes were sent. Wait a few minutes, then try again."))
    return _with_form(request, kind, form)


@require_POST
@signed_in
@part_of(_FEATURE)
def prove(request: PortalRequest, kind: str) -> HttpResponse:
    """Take the code that was sent."""
    _claim(kind)
    form = CodeForm(request.POST, auto_id=f"id_{kind}_%s")
    if form.is_valid():
        try:
            outcome = contacts.prove_by_code(
                user=request.user,
                kind=ContactKind(kind),
                code=form.cleaned_data["code"],
                session_uuid=request.login_session.uuid,
                origin=origin(request),
                now=timezone.now(),
            )
            return _proven(request, kind, outcome)
        except contacts.WrongCode as error:
            text = (
                _("That is not the code we sent.") if error.tries_left else _("Too many wrong codes. Send a new one.")
            )
            form.add_error("code", text)
        except ChangeRefused as refused:
            form.add_error("code", str(refused))
        except (contacts.NothingPending, contacts.AddressTaken):
            outcome_before = _outcome_before(request, ContactKind(kind))
            if outcome_before is not None:
                return _proven(request, kind, outcome_before)
            messages.error(request, _("This change can no longer be completed. Start it again."))
            return to_section("personal-info", kind)
    states = {"profile": {"proving": kind, "code_form": form}}
    return render_page(request, "personal-info", states=states, status=422)


@require_POST
@signed_in
@part_of(_FEATURE)
def resend(request: PortalRequest, kind: str) -> HttpResponse:
    """Send a new code; the old one no longer works."""
    _claim(kind)
    try:
        contacts.resend(
            user=request.user,
            kind=ContactKind(kind),
            session_uuid=request.login_session.uuid,
            now=timezone.now(),
        )
        messages.success(request, _("A new code is on its way. The old one no longer works."))
    except contacts.ResendTooSoon:
        messages.info(request, _("A code was sent a moment ago. Wait a minute before you ask for another."))
    except TooManyAttempts:
        messages.error(request, _("Too many codes were sent. Wait a few minutes, then try again."))
    except contacts.NothingPending:
        messages.error(request, _("This change can no longer be completed. Start it again."))
        return to_section("personal-info", kind)
    return to_section("personal-info", f"id_{kind}_code")


@require_POST
@signed_in
@part_of(_FEATURE)
def cancel(request: PortalRequest, kind: str) -> HttpResponse:
    """Give the change up."""
    _claim(kind)
    if contacts.cancel(user=request.user, kind=ContactKind(kind), origin=origin(request), now=timezone.now()):
        messages.success(request, _("The change was cancelled. Nothing is different."))
    return to_section("personal-info", kind)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(_FEATURE)
def prove_by_link(request: PortalRequest, token: str) -> HttpResponse:
    """The link of the e-mail: asks, and proves by POST."""
    if request.method == "GET":
        return render(request, "profile/prove_email.html", {"token": token})
    try:
        outcome = contacts.prove_by_token(
            user=request.user,
            token=token,
            session_uuid=request.login_session.uuid,
            origin=origin(request),
            now=timezone.now(),
        )
    except (contacts.NothingPending, contacts.AddressTaken):
        return render(request, "profile/prove_email_failed.html", status=422)
    return _proven(request, ContactKind.EMAIL, outcome)


def _apply(request: PortalRequest, kind: ContactKind, value: str, *, now: datetime) -> HttpResponse:
    if not value or not request.portal_settings.prove_contact_changes:
        outcome = contacts.set_without_proof(user=request.user, kind=kind, value=value, origin=origin(request), now=now)
        return _proven(request, kind, outcome)
    contacts.request_change(
        user=request.user,
        kind=kind,
        value=value,
        session_uuid=request.login_session.uuid,
        origin=origin(request),
        now=now,
    )
    text = {
        ContactKind.EMAIL: _("We sent a code to the new address. Until you enter it, nothing changes."),
        ContactKind.MOBILE: _("We sent a code to the new number. Until you enter it, nothing changes."),
    }
    messages.info(request, text[kind])
    return to_section("personal-info", f"id_{kind}_code")


def _proven(request: PortalRequest, kind: str, outcome: Outcome) -> HttpResponse:
    done = {"email": _("Your e-mail address was updated."), "mobile": _("Your mobile number was updated.")}
    tell(request, outcome, done[kind])
    return to_section("personal-info", kind)


def _with_form(request: PortalRequest, kind: str, form: AttributeForm) -> HttpResponse:
    states = {"profile": {"editing": kind, "form": form}}
    return render_page(request, "personal-info", states=states, status=422)


def _claim(kind: str) -> Claim:
    claim = editable_claim(kind) if kind in ContactKind.values else None
    if claim is None:
        raise Http404
    return claim


def _is_same(request: PortalRequest, kind: ContactKind, value: str) -> bool:
    """Whether there is nothing to do: it is the value already, in this very spelling, as proven as it can be."""
    old, proven_at = _stored(request.user, kind)
    can_be_proven = bool(value) and request.portal_settings.prove_contact_changes
    return value == old and (proven_at is not None or not can_be_proven)


def _outcome_before(request: PortalRequest, kind: ContactKind) -> Outcome | None:
    """What became of a form that was sent twice: both times the same is said. None if what it is about is not there."""
    request.user.refresh_from_db()
    value, proven_at = _stored(request.user, kind)
    if proven_at is not None and request.POST.get("about") == fingerprint(value):
        return Done(result=True)
    return held_contact(request.user, kind, request.POST.get("about", ""))


def _stored(user: User, kind: ContactKind) -> tuple[str, datetime | None]:
    if kind == ContactKind.EMAIL:
        return user.email, user.email_verified_at
    return user.mobile, user.mobile_verified_at
