"""What people read after they asked for a change."""

from __future__ import annotations

from django.contrib import messages
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from myaccount.operations.services import Outcome, Waiting
from myaccount.web.features import FeatureState, state_of
from myaccount.web.requests import PortalRequest


def tell(request: PortalRequest, outcome: Outcome, done: str) -> None:
    """Say that it was done, in these words, or that it waits, and where."""
    if not isinstance(outcome, Waiting):
        messages.success(request, done)
        return
    text = _("Your change waits for approval.")
    if are_requests_shown(request):
        page = reverse("own-request", args=[outcome.request_uuid])
        text = format_html('{} <a href="{}">{}</a>', text, page, _("See the request"))
    messages.info(request, text)


def are_requests_shown(request: PortalRequest) -> bool:
    """Whether people have a page of what they asked for."""
    return state_of("approvals.requests", request.portal_settings) != FeatureState.OFF
