"""The pages of deleting one's own account."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from myaccount.deletion import farewell, selectors, services
from myaccount.deletion.forms import DeleteAccountForm
from myaccount.operations.registry import OperationImpossible
from myaccount.web.features import FeatureState, part_of, state_of
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up

FEATURE = "personal-info.delete-account"


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def delete_account(request: PortalRequest) -> HttpResponse:
    """Says what goes, what stays and until when it can be cancelled; then begins."""
    now = timezone.now()
    form = DeleteAccountForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {
            "form": form,
            "has_export": state_of("personal-info.export", request.portal_settings) != FeatureState.OFF,
            "outlook": selectors.outlook(request.user, now=now),
        }
        return render(request, "deletion/delete_account.html", context, status=422 if form.is_bound else 200)
    try:
        deletion = services.submit(user=request.user, origin=origin(request), now=now)
    except (services.Administrator, OperationImpossible):
        return redirect("delete-account")  # which says why
    if deletion is None:
        messages.info(request, _("Your request waits for approval. Nothing has changed yet; you will be told."))
        return to_section("personal-info", "delete-account")
    return farewell.say(request, deletion)


@require_GET
def to_be_deleted(request: HttpRequest) -> HttpResponse:
    """Says until when the account can be kept, and how; in the browser it was asked for in."""
    day = farewell.day(request)
    return render(request, "deletion/to_be_deleted.html", {"day": day}) if day else redirect("sign-in")
