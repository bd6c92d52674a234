"""What the Personal info page shows of the export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from myaccount.export.contents import PARTS
from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest


def _load(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """No query."""
    return {"parts": PARTS, "manage_consent_url": f"{reverse('security')}#manage-consent"}


EXPORT: Final = Section(
    id="export-profile",
    title=_("Export profile"),
    explanation=_("Everything we keep about you, to read, to keep or to take elsewhere."),
    template="export/section.html",
    load=_load,
    feature_id="personal-info.export",
)
