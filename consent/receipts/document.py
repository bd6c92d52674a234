"""The content of a receipt: Kantara Consent Receipt 1.1, with a few members of ours beside the standard's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.applications.models import Application
from consent.purposes.models import Controller, Purpose
from myaccount.claims.models import Claim

VERSION: Final = "KI-CR-v1.1.0"
SIGN_IN_CATEGORIES: Final = ("Core function",)
UNTIL_REVOKED: Final = "DATE_UNTIL:INDEFINITE"
IDENTIFIER: Final = "sub"

# What the standard requires of a receipt and of its parts, whatever its value.
REQUIRED: Final = (
    "version", "jurisdiction", "consentTimestamp", "collectionMethod", "consentReceiptID", "publicKey", "language",
    "piiPrincipalId", "piiControllers", "policyUrl", "services", "sensitive", "spiCat",
)  # fmt: skip
REQUIRED_OF_CONTROLLER: Final = ("piiController", "contact", "address", "email", "phone")
REQUIRED_OF_SERVICE: Final = ("service", "purposes")
REQUIRED_OF_PURPOSE: Final = (
    "purpose", "purposeCategory", "consentType", "piiCategory", "primaryPurpose", "termination",
    "thirdPartyDisclosure", "thirdPartyName",
)  # fmt: skip


@dataclass(frozen=True)
class AgreedClaim:
    """An attribute agreed to, and what for."""

    claim: Claim
    purpose: Purpose
    categories: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True)
class Agreement:
    """What a receipt records: a consent as it is after an act of the person's, or as it was until its revocation."""

    consent_uuid: UUID
    version: int
    application: Application | None  # none: what the organisation itself keeps
    claims: Sequence[AgreedClaim]
    valid_until: datetime | None
    scope: str
    collection_method: str


def build(
    agreement: Agreement,
    *,
    uuid: UUID,
    supersedes: UUID | None,
    principal: str,
    controller: Controller,
    public_key: dict[str, Any],
    now: datetime,
    is_revocation: bool,
) -> dict[str, Any]:
    """The document. The controller's data, and the words of purposes and attributes, are as they are now, for ever."""
    application = agreement.application
    return {
        "version": VERSION,
        "jurisdiction": controller.jurisdiction,
        "consentTimestamp": int(now.timestamp()),  # seconds, as the standard has it
        "collectionMethod": agreement.collection_method,
        "consentReceiptID": str(uuid),
        "publicKey": json.dumps(public_key, separators=(",", ":"), sort_keys=True),
        "language": get_language() or "en",
        "piiPrincipalId": principal,
        "piiControllers": [_controller(controller)],
        "policyUrl": (application.policy_url if application else "") or controller.policy_url or controller.url,
        "services": [
            {
                "service": application.name if application else controller.name,
                "serviceId": str(application.uuid) if application else "",
                "serviceDisplayName": application.name if application else controller.name,
                "serviceDescription": application.description if application else "",
                "purposes": _purposes(agreement),
            }
        ],
        "sensitive": False,
        "spiCat": [],
        "state": "REVOKED" if is_revocation else "ACTIVE",
        "consentID": str(agreement.consent_uuid),
        "consentVersion": agreement.version,
        "scope": agreement.scope,
        "supersedes": str(supersedes) if supersedes else None,
    }


def _controller(controller: Controller) -> dict[str, Any]:
    address = {
        "streetAddress": controller.street,
        "addressLocality": controller.locality,
        "addressRegion": controller.region,
        "postalCode": controller.postal_code,
        "addressCountry": controller.country,
    }
    return {
        "piiController": controller.name,
        "onBehalf": controller.is_on_behalf,
        "contact": controller.contact,
        "address": {part: value for part, value in address.items() if value},
        "email": controller.email,
        "phone": controller.phone,
        "piiControllerUrl": controller.url,
    }


def _purposes(agreement: Agreement) -> list[dict[str, Any]]:
    """Each purpose with its attributes. An application learns an identifier in any case."""
    of_purpose: dict[int, list[AgreedClaim]] = {}
    for agreed in agreement.claims:
        of_purpose.setdefault(agreed.purpose.pk, []).append(agreed)
    first = [_signing_in(agreement)] if agreement.application else []
    return first + [_purpose(agreed) for agreed in of_purpose.values()]


def _signing_in(agreement: Agreement) -> dict[str, Any]:
    label = _("Identifier")
    return {
        "purpose": _("Signing you in"),
        "purposeId": "",
        "purposeVersion": 1,
        "purposeDescription": _("The application learns which of its accounts is yours."),
        "purposeCategory": list(SIGN_IN_CATEGORIES),
        "consentType": "EXPLICIT",
        "piiCategory": [label],
        "piiCategoryDetails": [_category(IDENTIFIER, IDENTIFIER, label, agreement.valid_until)],
        "primaryPurpose": True,
        "termination": termination(agreement.valid_until),
        "thirdPartyDisclosure": False,
        "thirdPartyName": "",
    }


def _purpose(agreed: Sequence[AgreedClaim]) -> dict[str, Any]:
    purpose = agreed[0].purpose
    return {
        "purpose": purpose.shown_name,
        "purposeId": str(purpose.pk),
        "purposeVersion": purpose.version,
        "purposeDescription": purpose.shown_description,
        "purposeCategory": list(agreed[0].categories),
        "consentType": "EXPLICIT",
        "piiCategory": [str(each.claim.shown_label) for each in agreed],
        "piiCategoryDetails": [
            _category(each.claim.name, str(each.claim.pk), str(each.claim.shown_label), each.expires_at)
            for each in agreed
        ],
        "primaryPurpose": purpose.is_primary,
        "termination": termination(agreed[0].expires_at),
        "thirdPartyDisclosure": bool(purpose.third_party),
        "thirdPartyName": purpose.third_party,
    }


def _category(name: str, id_: str, label: str, until: datetime | None) -> dict[str, str]:
    return {
        "piiCategoryName": name,
        "piiCategoryId": id_,
        "piiCategoryDisplayName": label,
        "validity": termination(until),
    }


def termination(until: datetime | None) -> str:
    """Until when something may be used, in milliseconds since the epoch, or that it is until revoked."""
    return f"VALID_UNTIL:{int(until.timestamp() * 1000)}" if until else UNTIL_REVOKED


def serialized(document: dict[str, Any]) -> bytes:
    """The document as it is signed."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
