"""What the pages show of linked accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linked_accounts.federated.selectors import federated_part
from linked_accounts.local.selectors import linked_accounts
from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest


def _load(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "local": linked_accounts(request.user, switched_from=request.login_session.switched_from),
        "federated": federated_part(request.user, now=timezone.now()),
    }


LINKED_ACCOUNTS = Section(
    id="linked-accounts",
    title=_("Linked accounts"),
    explanation=_("Other accounts of yours, here and elsewhere. Switch between those here without signing in again."),
    template="linked_accounts/sections/linked_accounts.html",
    load=_load,
    feature_id="personal-info.linked-accounts",
)
