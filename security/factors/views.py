"""Looking after the factors one has: which comes first, names, removal; and trusted browsers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from myaccount.web.features import FeatureState, part_of, state_of
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up
from security.factors import guards, removal, selectors, services, trusted
from security.factors.forms import NameForm
from security.factors.guards import FEATURE, SECTION, EnrolmentRequest
from security.factors.kinds import WORDS, Authenticator
from security.factors.models import Factor
from security.policy.selectors import sign_in_policy


@require_GET
@guards.may_enrol
def add(request: EnrolmentRequest) -> HttpResponse:
    """What can be set up, each with its explanation; where administrators without a second factor are led."""
    guards.remember_next(request)
    choices = [(kind, WORDS[kind]) for kind in sign_in_policy().enrollable]
    context = {"choices": choices, "back": guards.way_back(request), "is_required": "next" in request.GET}
    return render(request, "security/add_factor.html", context)


@require_POST
@signed_in
@part_of(FEATURE)
@require_step_up
def prefer(request: PortalRequest) -> HttpResponse:
    """Ask for this kind first."""
    value = request.POST.get("authenticator", "")
    if value not in Authenticator.values:
        raise Http404
    kind = Authenticator(value)
    if services.prefer(user=request.user, authenticator=kind, origin=origin(request), now=timezone.now()):
        messages.success(request, _("You will be asked for this first: %(factor)s.") % {"factor": WORDS[kind].title})
    return to_section("security", SECTION)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def rename(request: PortalRequest, authenticator: str, pk: int) -> HttpResponse:
    """Call one of one's factors something else."""
    factor = _named(request, authenticator, pk)
    form = NameForm(request.POST or None, initial={"name": factor.name})
    if form.is_valid():
        name = form.cleaned_data["name"]
        services.rename(factor=factor, name=name, origin=origin(request), now=timezone.now())
        messages.success(request, _("It is now called “%(name)s”.") % {"name": name})
        return to_section("security", SECTION)
    context = {"form": form, "factor": factor}
    return render(request, "security/rename_factor.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def remove(request: PortalRequest, authenticator: str, pk: int) -> HttpResponse:
    """Remove one of one's factors; asks first, and warns when it is the last."""
    factor = _own(request, authenticator, pk)
    is_last = removal.is_last(request.user, factor)
    context = {
        "factor": factor,
        "name": removal.shown_name(factor),
        "is_last": is_last,
        "is_refused": is_last and removal.is_required(request.user),
    }
    if request.method == "GET":
        return render(request, "security/remove_factor.html", context)
    try:
        removal.remove(factor=factor, origin=origin(request), now=timezone.now())
    except removal.LastWayIn as refused:
        return render(request, "security/remove_factor.html", {**context, "refused": str(refused)}, status=422)
    except removal.StillRequired:
        return render(request, "security/remove_factor.html", {**context, "is_refused": True}, status=422)
    messages.success(request, _("“%(name)s” was removed.") % {"name": context["name"]})
    return to_section("security", SECTION)


@require_GET
@signed_in
@part_of(FEATURE)
def trusted_browsers(request: PortalRequest) -> HttpResponse:
    """The browsers that are not asked for a second step."""
    editable = state_of(FEATURE, request.portal_settings) == FeatureState.ON
    context = {"rows": selectors.browser_rows(request.user, now=timezone.now()), "editable": editable}
    return render(request, "security/trusted_browsers.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def forget(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """Trust one browser no longer."""
    if not any(row.uuid == uuid for row in selectors.trusted_browsers(request.user, now=timezone.now())):
        raise Http404
    return _forget(request, uuid)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def forget_all(request: PortalRequest) -> HttpResponse:
    """Trust no browser any longer."""
    return _forget(request, None)


def _forget(request: PortalRequest, uuid: UUID | None) -> HttpResponse:
    if request.method == "GET":
        return render(request, "security/forget_browsers.html", {"uuid": uuid})
    trusted.forget(user=request.user, uuid=uuid, origin=origin(request), now=timezone.now())
    messages.success(request, _("The second step will be asked for there again."))
    return redirect("trusted-browsers")


def _own(request: PortalRequest, authenticator: str, pk: int) -> Factor:
    factor = selectors.own_factor(request.user, authenticator, pk)
    if factor is None:
        raise Http404
    return factor


def _named(request: PortalRequest, authenticator: str, pk: int) -> Factor:
    """One that has a name: an SMS number and the backup codes are what they are."""
    if authenticator not in (Authenticator.TOTP, Authenticator.DEVICE):
        raise Http404
    return _own(request, authenticator, pk)
