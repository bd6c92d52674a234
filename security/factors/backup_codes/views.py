"""Making backup codes, and showing them once."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from myaccount.web import formats
from myaccount.web.features import part_of
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up
from security.factors.backup_codes import services, showing
from security.factors.backup_codes.forms import MakeCodesForm, SavedForm
from security.factors.guards import FEATURE, SECTION
from security.factors.kinds import Authenticator
from security.factors.offered import must_be_offered
from security.factors.selectors import enrolled


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def make(request: PortalRequest) -> HttpResponse:
    """Asks first, since old codes stop working; then makes ten new ones."""
    must_be_offered(Authenticator.BACKUP_CODE)
    have = enrolled(request.user)
    if not have.real:
        return _needs_another(request)
    if request.method == "POST":
        return _make(request)
    context = {
        "form": MakeCodesForm(initial={"replaces": services.current_set(request.user)}),
        "codes_left": have.codes_left,
        "how_many": services.HOW_MANY,
    }
    return render(request, "security/backup_codes/make.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def show(request: PortalRequest) -> HttpResponse:
    """Shows the codes that were just made, until the person says that they are saved."""
    now = timezone.now()
    shown = showing.kept(request.session, user=request.user, now=now)
    if shown is None:
        return _over(request)
    form = SavedForm(request.POST) if request.method == "POST" else SavedForm()
    if form.is_valid():
        showing.forget(request.session)
        messages.success(request, _("Your backup codes are ready. Keep them somewhere safe."))
        return to_section("security", SECTION)
    context = {"form": form, "codes": shown.codes, "made_on": formats.day(shown.made_at)}
    return render(request, "security/backup_codes/show.html", context, status=422 if form.is_bound else 200)


@require_GET
@signed_in
@part_of(FEATURE)
@require_step_up
def download(request: PortalRequest) -> HttpResponse:
    """The same codes as a text file."""
    shown = showing.kept(request.session, user=request.user, now=timezone.now())
    if shown is None:
        return _over(request)
    context = {"codes": shown.codes, "made_on": formats.day(shown.made_at)}
    text = render_to_string("security/backup_codes/codes.txt", context, request)
    name = f"my-account-backup-codes-{shown.made_at:%Y-%m-%d}.txt"
    return HttpResponse(
        text.strip() + "\n",
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _make(request: PortalRequest) -> HttpResponse:
    form, now = MakeCodesForm(request.POST), timezone.now()
    if not form.is_valid():
        return redirect("make-backup-codes")
    try:
        with transaction.atomic():
            codes = services.make(
                user=request.user, replaces=form.cleaned_data["replaces"], origin=origin(request), now=now
            )
            showing.keep(request.session, codes, user=request.user, now=now)
    except services.NeedsAnotherFactor:
        return _needs_another(request)
    except services.MadeMeanwhile:
        pass  # sent twice: the codes that were made are on the next page
    return redirect("show-backup-codes")


def _needs_another(request: PortalRequest) -> HttpResponse:
    messages.info(request, _("Set up another second factor first. Backup codes stand in for it."))
    return to_section("security", SECTION)


def _over(request: PortalRequest) -> HttpResponse:
    messages.info(request, _("Backup codes are shown once only. If you did not save them, make new ones."))
    return to_section("security", SECTION)
