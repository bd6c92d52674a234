"""What Personal info shows of deleting one's account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest


def _load(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


DELETE_ACCOUNT = Section(
    id="delete-account",
    title=_("Delete account"),
    explanation=_("When you no longer want to have one here."),
    template="deletion/sections/delete_account.html",
    load=_load,
    feature_id="personal-info.delete-account",
)
