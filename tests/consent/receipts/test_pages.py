"""Receipts are read, kept and followed through their history by the person they are about, and by nobody else."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent import keys
from consent.consents import services
from consent.consents.models import Consent
from consent.receipts.models import ConsentReceipt
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from tests.consent.support import consent_to, make_application
from tests.web.test_errors import words_of

PAGES = ("consent-receipt", "download-receipt", "signed-receipt")


@pytest.fixture
def consent(alice: User) -> Consent:
    return consent_to(alice, make_application(), valid_until=timezone.now() + timedelta(days=3))


def receipt_of(consent: Consent) -> ConsentReceipt:
    return ConsentReceipt.objects.filter(consent_uuid=consent.uuid).latest("version")


def test_a_receipt_is_readable(alices: Client, consent: Consent) -> None:
    receipt = receipt_of(consent)
    page = words_of(alices.get(reverse("consent-receipt", args=[receipt.pk])))
    for words in (str(receipt.pk), "Pickup", "alice", "Consent page when signing in", "Providing the service",
                  "First Name", "Contracted service", "My Organisation", "EU", "Nobody else"):  # fmt: skip
        assert words in page, words


def test_the_download_is_the_document_as_a_file(alices: Client, consent: Consent) -> None:
    receipt = receipt_of(consent)
    response = alices.get(reverse("download-receipt", args=[receipt.pk]))
    assert json.loads(response.content) == receipt.document
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == f'attachment; filename="consent-receipt-{receipt.pk}.json"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


def test_the_signed_file_verifies_with_the_public_keys(alices: Client, consent: Consent) -> None:
    receipt = receipt_of(consent)
    response = alices.get(reverse("signed-receipt", args=[receipt.pk]))
    _header, payload = keys.verify(response.content.decode(), keys.public_key_set())
    assert json.loads(payload) == receipt.document
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


def test_the_history_is_whole_newest_first_also_of_a_revoked_consent(alices: Client, consent: Consent) -> None:
    services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    assert consent.application is not None
    consent_to(consent.user, consent.application, ["given_name"])
    page = words_of(alices.get(reverse("consent-receipts", args=[consent.pk])))
    places = [page.index(words) for words in ("Version 3", "Latest", "Version 2", "Revocation", "Version 1")]
    assert places == sorted(places)


def test_the_history_stays_when_the_application_is_gone(alices: Client, consent: Consent) -> None:
    assert consent.application is not None
    uuid_ = consent.pk
    consent.application.delete()
    assert "Receipts for Pickup" in words_of(alices.get(reverse("consent-receipts", args=[uuid_])))


@pytest.mark.parametrize("name", [*PAGES, "consent-receipts"])
def test_nobody_elses_receipts_open(alices: Client, bob: User, name: str) -> None:
    """Security 17: a foreign id is unknown, an administrator's own rights or not."""
    foreign = consent_to(bob, make_application())
    for key in (receipt_of(foreign).pk, foreign.pk, uuid.uuid4()):
        assert alices.get(reverse(name, args=[key])).status_code == 404


@pytest.mark.parametrize("name", [*PAGES, "consent-receipts"])
def test_receipts_take_no_forms(alices: Client, consent: Consent, name: str) -> None:
    """Security 82."""
    key = consent.pk if name == "consent-receipts" else receipt_of(consent).pk
    assert alices.post(reverse(name, args=[key])).status_code == 405


@pytest.mark.parametrize("versions", [1, 30])
def test_the_history_costs_the_same_however_long_it_is(
    alices: Client, consent: Consent, versions: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert consent.application is not None
    for number in range(versions):
        consent_to(consent.user, consent.application, valid_until=timezone.now() + timedelta(days=number + 10))
    with django_assert_num_queries(3):
        assert alices.get(reverse("consent-receipts", args=[consent.pk])).status_code == 200
    newest = receipt_of(consent)
    with django_assert_num_queries(3):
        assert alices.get(reverse("consent-receipt", args=[newest.pk])).status_code == 200
