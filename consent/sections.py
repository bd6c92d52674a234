"""What the pages show of consents and applications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.applications import selectors
from consent.consents.authorized import authorized
from consent.consents.pages import manage_consent
from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest

SEARCH_MAX_LENGTH: Final = 100


def _load(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"consents": manage_consent(request.user, now=timezone.now())}


MANAGE_CONSENT = Section(
    id="manage-consent",
    title=_("Manage consent"),
    explanation=_("Who may know what about you, and until when. What you revoke is no longer shared from then on."),
    template="consent/sections/manage_consent.html",
    load=_load,
    feature_id="security.manage-consent",
)


def _load_open(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    search = request.GET.get("q", "").strip()[:SEARCH_MAX_LENGTH]
    return {"search": search, "openable": selectors.openable(request.user, search=search, now=timezone.now())}


def _load_authorized(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"rows": authorized(request.user, now=timezone.now())}


OPEN_APPLICATIONS = Section(
    id="open-applications",
    title=_("Applications you can open"),
    explanation=_("What your organisation offers you. You are signed in there without a password of its own."),
    template="applications/sections/open.html",
    load=_load_open,
    feature_id="applications.open",
)

AUTHORIZED_APPLICATIONS = Section(
    id="authorized-applications",
    title=_("Authorized applications"),
    explanation=_("Those you let know something about you. Removing one ends its access at once."),
    template="applications/sections/authorized.html",
    load=_load_authorized,
    feature_id="applications.authorized",
)
