"""My requests: what one has asked for, where it stands, and taking it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from approvals.requests import services
from approvals.requests.listing import tabs_beside
from approvals.requests.models import ApprovalRequest, RequestState
from approvals.requests.pages import request_detail, request_rows
from approvals.requests.selectors import own_request, own_requests
from approvals.requests.submissions import title_of
from myaccount.web.features import FeatureState, part_of, state_of
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in

FEATURE = "approvals.requests"


@require_GET
@signed_in
@part_of(FEATURE)
def requests(request: PortalRequest) -> HttpResponse:
    """What the person has asked for, newest first."""
    before = request.GET.get("before", "")
    older_than = int(before) if before.isdecimal() and len(before) < 19 else None
    found, next_one = own_requests(request.user, older_than=older_than)
    context = {
        "tabs": tabs_beside(request),
        "rows": request_rows(found),
        "newest": "" if older_than is None else request.path,
        "older": f"?before={next_one}" if next_one else "",
    }
    return render(request, "approvals/requests.html", context)


@require_GET
@signed_in
@part_of(FEATURE)
def detail(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """One request: what would be done, and where it stands."""
    found = _own(request, uuid)
    can_withdraw = found.state == RequestState.WAITING and (
        state_of(FEATURE, request.portal_settings) == FeatureState.ON
    )
    context = {"request_shown": request_detail(found), "uuid": uuid, "can_withdraw": can_withdraw}
    return render(request, "approvals/request.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
def withdraw(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """Take a request back; asks first."""
    found = _own(request, uuid)
    if request.method == "GET":
        if found.state != RequestState.WAITING:
            return redirect("own-request", uuid)
        return render(request, "approvals/confirm_withdraw.html", {"title": title_of(found), "uuid": uuid})
    try:
        services.withdraw(request_pk=found.pk, by=request.user, origin=origin(request), now=timezone.now())
    except services.NoLongerWaiting:
        messages.error(request, _("It is too late: this was already decided."))
        return redirect("own-request", uuid)
    messages.success(request, _("Your request was withdrawn."))
    return redirect("own-requests")


def _own(request: PortalRequest, uuid: UUID) -> ApprovalRequest:
    found = own_request(request.user, uuid)
    if found is None:
        raise Http404
    return found
