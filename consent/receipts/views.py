"""Receipts: a person reads, keeps and verifies their own, those of revoked consents too."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consent.receipts import selectors
from consent.receipts.models import ConsentReceipt
from myaccount.web.features import part_of
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in


@require_safe
@signed_in
@part_of("security.manage-consent")
def consent_receipts(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """The whole history of a consent."""
    rows = selectors.history(request.user, uuid)
    if not rows:
        raise Http404
    return render(request, "consent/receipts.html", {"rows": rows, "title": rows[0].title})


@require_safe
@signed_in
@part_of("security.manage-consent")
def consent_receipt(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """A receipt to read."""
    return render(request, "consent/receipt.html", {"receipt": selectors.shown_receipt(_own(request, uuid))})


@require_safe
@signed_in
@part_of("security.manage-consent")
def download_receipt(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """The document as JSON."""
    receipt = _own(request, uuid)
    content = json.dumps(receipt.document, ensure_ascii=False, indent=2) + "\n"
    return _file(content, name=f"consent-receipt-{receipt.uuid}.json", content_type="application/json")


@require_safe
@signed_in
@part_of("security.manage-consent")
def signed_receipt(request: PortalRequest, uuid: UUID) -> HttpResponse:
    """The same, signed, for anybody who has the public keys."""
    receipt = _own(request, uuid)
    return _file(receipt.signed, name=f"consent-receipt-{receipt.uuid}.jws", content_type="application/jose")


def _own(request: PortalRequest, uuid: UUID) -> ConsentReceipt:
    receipt = selectors.own_receipt(request.user, uuid)
    if receipt is None:
        raise Http404
    return receipt


def _file(content: str, *, name: str, content_type: str) -> HttpResponse:
    """To be kept and not shown: never as a page, whatever is in it."""
    response = HttpResponse(content.encode(), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
