"""Reads of receipts, a person's own only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from consent.receipts.document import UNTIL_REVOKED
from consent.receipts.models import ConsentReceipt
from myaccount.users.models import User
from myaccount.web import formats


@dataclass(frozen=True)
class ReceiptRow:
    """A receipt in a list."""

    uuid: UUID
    version: int
    issued: str
    method: str
    is_revocation: bool
    is_latest: bool
    title: str
    attributes: str
    language: str  # of what the receipt itself says


@dataclass(frozen=True)
class ShownPurpose:
    """A purpose of a receipt in words."""

    name: str
    description: str
    categories: str
    attributes: str
    third_party: str
    until: str
    is_primary: bool


@dataclass(frozen=True)
class ShownReceipt:
    """A receipt as the page shows it: what the document says, and nothing that is known only today."""

    uuid: UUID
    consent_uuid: UUID
    supersedes: UUID | None
    title: str
    description: str
    version: int
    issued: str
    method: str
    is_revocation: bool
    jurisdiction: str
    principal: str
    language: str  # of what the receipt itself says
    policy_url: str
    controller: dict[str, Any]
    address: str
    purposes: tuple[ShownPurpose, ...]


def latest_receipt(user: User, consent_uuid: UUID) -> ReceiptRow | None:
    """The receipt of the last act about a consent. One query."""
    newest = _own(user).filter(consent_uuid=consent_uuid).order_by("-version")[:1]
    return next(iter(_rows(newest)), None)


def history(user: User, consent_uuid: UUID) -> list[ReceiptRow]:
    """All receipts of one of the person's consents, newest first; none of anybody else's. One query."""
    return _rows(_own(user).filter(consent_uuid=consent_uuid).order_by("-version"))


def own_receipt(user: User, uuid: UUID) -> ConsentReceipt | None:
    """One of the person's own receipts, whether or not the consent still is; None for anybody else's. One query."""
    return _own(user).filter(pk=uuid).first()


def _own(user: User) -> QuerySet[ConsentReceipt]:
    return ConsentReceipt.objects.filter(user_uuid=user.uuid)


def _rows(receipts: Iterable[ConsentReceipt]) -> list[ReceiptRow]:
    return [
        ReceiptRow(
            uuid=receipt.uuid,
            version=receipt.version,
            issued=formats.moment(receipt.issued_at),
            method=receipt.document["collectionMethod"],
            is_revocation=receipt.is_revocation,
            is_latest=number == 0,
            title=receipt.document["services"][0]["serviceDisplayName"],
            language=receipt.document["language"],
            attributes=_list(name for p in _purposes(receipt) for name in p["piiCategory"]),
        )
        for number, receipt in enumerate(receipts)
    ]


def shown_receipt(receipt: ConsentReceipt) -> ShownReceipt:
    """A receipt in words. No query."""
    document = receipt.document
    service, controller = document["services"][0], document["piiControllers"][0]
    return ShownReceipt(
        uuid=receipt.uuid,
        consent_uuid=receipt.consent_uuid,
        supersedes=receipt.supersedes,
        title=service["serviceDisplayName"],
        description=service["serviceDescription"],
        version=receipt.version,
        issued=formats.moment(receipt.issued_at),
        method=document["collectionMethod"],
        is_revocation=receipt.is_revocation,
        jurisdiction=document["jurisdiction"],
        principal=document["piiPrincipalId"],
        language=document["language"],
        policy_url=document["policyUrl"],
        controller=controller,
        address=_list(controller["address"].values()),
        purposes=tuple(_shown_purpose(purpose) for purpose in _purposes(receipt)),
    )


def _purposes(receipt: ConsentReceipt) -> list[dict[str, Any]]:
    purposes: list[dict[str, Any]] = receipt.document["services"][0]["purposes"]
    return purposes


def _shown_purpose(purpose: dict[str, Any]) -> ShownPurpose:
    return ShownPurpose(
        name=purpose["purpose"],
        description=purpose["purposeDescription"],
        categories=_list(purpose["purposeCategory"]),
        attributes=_list(purpose["piiCategory"]),
        third_party=purpose["thirdPartyName"],
        until=_until(purpose["termination"]),
        is_primary=purpose["primaryPurpose"],
    )


def _until(termination: str) -> str:
    if termination == UNTIL_REVOKED:
        return _("Until revoked")
    milliseconds = int(termination.partition(":")[2])
    return formats.moment(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _list(words: Iterable[str]) -> str:
    return formats.listed(words)
