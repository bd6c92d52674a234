"""How many tasks wait, beside the page's name in the side panel. Asked once a page, and of approvers only."""

from __future__ import annotations

from typing import Any, Final

from approvals.requests.asked import asked_in
from approvals.requests.pages import counted
from approvals.requests.selectors import count_waiting
from myaccount.web.features import FeatureState, state_of
from myaccount.web.requests import PortalRequest

_ATTRIBUTE: Final = "approvals_waiting"


def badge(request: PortalRequest) -> str:
    """The number in words; empty for none. At most one query, none for people nobody asks."""
    kept: Any = getattr(request, _ATTRIBUTE, None)
    if kept is None:
        is_off = state_of("approvals.tasks", request.portal_settings) == FeatureState.OFF
        kept = 0 if is_off else count_waiting(request.user, asked_in(request))
    return counted(kept)


def remember(request: PortalRequest, number: int) -> None:
    """The page has counted already."""
    setattr(request, _ATTRIBUTE, number)
