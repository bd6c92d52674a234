"""What a receipt says, and that it goes on saying it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from consent import keys
from consent.consents.models import Consent
from consent.purposes.models import Controller, Purpose
from consent.receipts.models import ConsentReceipt
from consent.receipts.verification import missing_members
from myaccount.claims.models import Claim
from myaccount.users.models import User
from tests.consent.support import ask_for, consent_to, make_application

# The standard's members with the types its JSON Schema gives them (Kantara Consent Receipt 1.1, appendix).
TYPES: dict[str, type] = {
    "version": str, "jurisdiction": str, "consentTimestamp": int, "collectionMethod": str, "consentReceiptID": str,
    "publicKey": str, "language": str, "piiPrincipalId": str, "piiControllers": list, "policyUrl": str,
    "services": list, "sensitive": bool, "spiCat": list,
}  # fmt: skip
OF_CONTROLLER: dict[str, type] = {
    "piiController": str, "onBehalf": bool, "contact": str, "address": dict, "email": str, "phone": str,
    "piiControllerUrl": str,
}  # fmt: skip
OF_PURPOSE: dict[str, type] = {
    "purpose": str, "purposeCategory": list, "consentType": str, "piiCategory": list, "primaryPurpose": bool,
    "termination": str, "thirdPartyDisclosure": bool, "thirdPartyName": str,
}  # fmt: skip


def assert_typed(part: dict[str, Any], types: dict[str, type]) -> None:
    assert {name: type(part.get(name)) for name in types} == types


def receipt_of(consent: Consent) -> ConsentReceipt:
    return ConsentReceipt.objects.filter(consent_uuid=consent.uuid).latest("version")


@pytest.fixture
def consent(alice: User) -> Consent:
    Controller(name="Wonderland University", contact="Dr Hare", email="privacy@wonderland.example", street="Main 1",
               locality="Oxford", country="GB", policy_url="https://wonderland.example/privacy").save()  # fmt: skip
    pickup = make_application(claims={"given_name": True, "family_name": False, "birthdate": False})
    ask_for(pickup, "email", purpose="Contacting you")
    return consent_to(alice, pickup, ["given_name", "email"])


def test_it_has_every_member_the_standard_requires(consent: Consent) -> None:
    for receipt in ConsentReceipt.objects.all():
        document = receipt.document
        assert_typed(document, TYPES)
        assert document["version"] == "KI-CR-v1.1.0"
        for controller in document["piiControllers"]:
            assert_typed(controller, OF_CONTROLLER)
        (service,) = document["services"]
        assert service["service"]
        assert service["purposes"]
        for purpose in service["purposes"]:
            assert_typed(purpose, OF_PURPOSE)
            assert purpose["piiCategory"]
            assert purpose["purposeCategory"]
            assert all(isinstance(name, str) for name in (*purpose["piiCategory"], *purpose["purposeCategory"]))
            assert purpose["consentType"] == "EXPLICIT"
        assert missing_members(document) == []
    assert ConsentReceipt.objects.count() == 2


def test_it_says_who_what_for_and_what(consent: Consent, alice: User) -> None:
    receipt = receipt_of(consent)
    document = receipt.document
    assert document["piiPrincipalId"] == "alice"
    assert document["consentReceiptID"] == str(receipt.uuid)
    assert abs(document["consentTimestamp"] - timezone.now().timestamp()) < 60
    assert document["piiControllers"][0]["address"] == {
        "streetAddress": "Main 1",
        "addressLocality": "Oxford",
        "addressCountry": "GB",
    }
    (service,) = document["services"]
    assert service["service"] == "Pickup"
    assert [(purpose["purpose"], purpose["piiCategory"]) for purpose in service["purposes"]] == [
        ("Signing you in", ["Identifier"]),
        ("Contacting you", ["Email"]),
        ("Providing the service", ["First Name"]),
    ]


def test_values_are_in_no_receipt(consent: Consent) -> None:
    """It says which attributes, never what they are."""
    text = json.dumps([receipt.document for receipt in ConsentReceipt.objects.all()])
    assert "Liddell" not in text
    assert "alice@example.org" not in text


def test_the_signed_form_holds_the_same_document(consent: Consent) -> None:
    receipt = receipt_of(consent)
    header, payload = keys.verify(receipt.signed, keys.public_key_set())
    assert json.loads(payload) == receipt.document
    assert header["typ"] == "consent-receipt+jwt"
    assert header["kid"] == json.loads(receipt.document["publicKey"])["kid"]


def test_no_private_key_is_in_a_receipt(consent: Consent) -> None:
    """Security 88."""
    assert set(json.loads(receipt_of(consent).document["publicKey"])) <= {"kty", "n", "e", "kid", "use", "alg"}


def test_the_controller_stays_as_it_was_when_the_receipt_was_issued(consent: Consent, alice: User) -> None:
    """Security 82; manual: a changed controller is not reflected in existing receipts."""
    before = receipt_of(consent)
    Controller(name="Looking-Glass Ltd", email="other@example.org", jurisdiction="DE", version=1).save()
    Purpose.objects.update(description="Something else entirely")
    Claim.objects.filter(name="given_name").update(label="Forename")
    assert consent.application is not None
    consent.application.name = "Renamed"
    consent.application.save()
    after = receipt_of(consent)
    assert (after.document, after.signed) == (before.document, before.signed)
    assert after.document["piiControllers"][0]["piiController"] == "Wonderland University"
    again = receipt_of(consent_to(alice, consent.application, valid_until=timezone.now() + timedelta(days=3)))
    assert again.uuid != before.uuid
    assert again.document["piiControllers"][0]["piiController"] == "Looking-Glass Ltd"
    assert again.document["jurisdiction"] == "DE"
    assert again.supersedes == before.uuid


def test_how_long_is_said_of_the_purpose_and_of_each_attribute(alice: User) -> None:
    until = timezone.now() + timedelta(days=10)
    limited = receipt_of(consent_to(alice, make_application("Limited"), valid_until=until)).document
    open_ended = receipt_of(consent_to(alice, make_application("Open"))).document
    for document, expected in (
        (limited, f"VALID_UNTIL:{int(until.timestamp() * 1000)}"),
        (open_ended, "DATE_UNTIL:INDEFINITE"),
    ):
        for purpose in document["services"][0]["purposes"]:
            assert purpose["termination"] == expected
            assert {detail["validity"] for detail in purpose["piiCategoryDetails"]} == {expected}


def test_a_third_party_is_named(alice: User) -> None:
    Purpose.objects.filter(name="Providing the service").update(third_party="Parcel Service Ltd")
    purposes = receipt_of(consent_to(alice, make_application())).document["services"][0]["purposes"]
    assert [(p["thirdPartyDisclosure"], p["thirdPartyName"]) for p in purposes] == [
        (False, ""),
        (True, "Parcel Service Ltd"),
    ]


def test_it_is_in_the_language_it_was_agreed_in(alice: User) -> None:
    Purpose.objects.filter(name="Providing the service").update(translations={"de": {"name": "Den Dienst erbringen"}})
    with translation.override("de"):
        document = receipt_of(consent_to(alice, make_application())).document
    assert document["language"] == "de"
    assert document["services"][0]["purposes"][1]["purpose"] == "Den Dienst erbringen"


def test_an_application_that_asks_for_nothing_still_gets_a_whole_receipt(alice: User) -> None:
    """One service, one purpose, one category at least."""
    document = receipt_of(consent_to(alice, make_application(claims={}))).document
    assert missing_members(document) == []
    assert [purpose["piiCategory"] for purpose in document["services"][0]["purposes"]] == [["Identifier"]]


def test_receipts_outlive_consent_application_and_account(consent: Consent, alice: User) -> None:
    number = ConsentReceipt.objects.count()
    assert consent.application is not None
    consent.application.delete()
    alice.delete()
    assert not Consent.objects.exists()
    assert ConsentReceipt.objects.count() == number
