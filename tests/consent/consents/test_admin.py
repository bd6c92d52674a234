"""Consents and receipts in Django admin: read, and consents revoked on somebody's behalf."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent.consents.models import Consent, State
from consent.consents.selectors import may_release
from consent.receipts.models import ConsentReceipt
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from tests.consent.support import consent_to, make_application
from tests.web.test_errors import words_of

CONSENTS = "/admin/consent/consent/"
RECEIPTS = "/admin/consent/consentreceipt/"


@pytest.fixture
def consent(alice: User) -> Consent:
    return consent_to(alice, make_application(claims={"email": True}))


def test_support_finds_what_a_person_has_agreed_to(adas: Client, bob: User, consent: Consent) -> None:
    consent_to(bob, make_application("Other", claims={"email": True}))
    page = words_of(adas.get(CONSENTS, {"q": "ALICE@example.org"}))
    assert "Pickup" in page
    assert "Other" not in page
    page = words_of(adas.get(reverse("admin:consent_consent_change", args=[consent.pk])))
    assert "Email" in page
    assert "Providing the service" in page


def test_receipts_are_found_by_their_id_and_by_person(adas: Client, bob: User, consent: Consent) -> None:
    receipt = ConsentReceipt.objects.get(consent_uuid=consent.pk)
    consent_to(bob, make_application("Other", claims={"email": True}))
    for query in (str(receipt.pk), "alice", str(consent.user.uuid)):
        page = words_of(adas.get(RECEIPTS, {"q": query}))
        assert "Pickup" in page
        assert "Other" not in page
    assert "KI-CR-v1.1.0" in words_of(adas.get(reverse("admin:consent_consentreceipt_change", args=[receipt.pk])))


@pytest.mark.parametrize("address", [CONSENTS, RECEIPTS])
def test_nothing_is_added_changed_or_deleted(adas: Client, consent: Consent, address: str) -> None:
    """Security 82."""
    key = consent.pk if address == CONSENTS else ConsentReceipt.objects.get(consent_uuid=consent.pk).pk
    assert adas.get(f"{address}add/").status_code == 403
    assert adas.post(f"{address}{key}/change/", {"version": "9"}).status_code == 403
    assert adas.post(f"{address}{key}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in adas.get(address).content.decode()


def test_an_administrator_revokes_and_that_is_on_record(ada: User, adas: Client, consent: Consent) -> None:
    """A consent revoked by an administrator really ends."""
    assert consent.application is not None
    adas.post(CONSENTS, {"action": "revoke_selected", "_selected_action": [str(consent.pk)]})
    consent.refresh_from_db()
    assert consent.state == State.REVOKED
    assert may_release(user=consent.user, application=consent.application, now=timezone.now()) == frozenset()
    event = Event.objects.get(kind=EventKind.CONSENT_REVOKED)
    assert (event.user_uuid, event.by_uuid) == (consent.user.uuid, ada.uuid)
    receipt = ConsentReceipt.objects.latest("version")
    assert receipt.document["collectionMethod"] == "Revocation by an administrator"
