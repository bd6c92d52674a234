"""The pages of consent, at sign-in and under Manage consent, receipts, and what is asked for before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.shortcuts import render
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from consent.consents import services
from consent.consents.forms import ConsentForm, MissingForm
from consent.consents.models import Consent
from consent.purposes.models import Controller, Purpose, PurposeCategory
from consent.receipts.models import ConsentReceipt
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from tests.consent.support import ask_for, asked_of, consent_to, make_application
from tests.support.browsing import new_browser, sign_in
from tests.support.people import make_person
from tests.translation.reading import Reader, assert_translatable

pytestmark = pytest.mark.django_db

SYSTEM_CONSENT = "/myaccount/security/consents/system/"
# What administrators have called things.
DATA = ("Pickup", "Library", "Pick things up.", "Parcel Service Ltd", "My Organisation", "Data protection officer",
        "privacy@localhost", "EU", "7 Rabbit Hole", "Badge")  # fmt: skip


@pytest.fixture
def anna(db: None) -> User:
    """A person who reads the accented pseudo-language."""
    values = {"given_name": "Alice", "family_name": "Liddell", "address": "7 Rabbit Hole"}
    return make_person(display_name="Alice Liddell", language="en-xa", values=values)


@pytest.fixture
def consent(anna: User) -> Consent:
    Purpose.objects.filter(name="Contacting you").update(third_party="Parcel Service Ltd")
    pickup = make_application(description="Pick things up.", policy_url="https://pickup.example/privacy")
    ask_for(pickup, "address", purpose="Contacting you")
    with translation.override("en-xa"):
        return consent_to(anna, pickup, valid_until=timezone.now() + timedelta(days=9))


@pytest.fixture
def reader(anna: User, consent: Consent) -> Reader:
    names = PurposeCategory.objects.values_list("name", flat=True)
    return Reader(sign_in(new_browser()), data=(*DATA, *names))


def test_the_section_and_revoking_have_no_text_outside_gettext(reader: Reader, anna: User, consent: Consent) -> None:
    over = timezone.now() - timedelta(days=1)
    consent_to(anna, make_application("Library"), valid_until=over, now=over - timedelta(days=1))
    reader.get(reverse("security"))
    reader.get(reverse("revoke-consent", args=[consent.pk]))
    reader.post_and_read(reverse("revoke-consent", args=[consent.pk]), {})
    reader.get(reverse("consent-detail", args=[consent.pk]))
    reader.get(reverse("consent-receipts", args=[consent.pk]))


def test_the_detail_page_has_no_text_outside_gettext(reader: Reader, consent: Consent) -> None:
    address = reverse("consent-detail", args=[consent.pk])
    reader.get(address)
    reader.post(address, {"opened_version": "1", "claim_email": "on", "valid_until": "2020-01-01"}, expected=422)
    reader.post(address, {"opened_version": "1", "claim_email": "on", "valid_until": "soon"}, expected=422)
    everything = {f"claim_{name}": "on" for name in ("given_name", "email", "address")}
    reader.post(address, {**everything, "opened_version": "9"}, expected=409)
    until = timezone.localtime(consent.valid_until).date().isoformat()
    reader.post_and_read(address, {**everything, "opened_version": "1", "valid_until": until})
    reader.post_and_read(address, {**everything, "opened_version": "1"})
    services.revoke(consent=Consent.objects.get(application=None), origin=SYSTEM, now=timezone.now())
    reader.get(address)
    Purpose.objects.update(version=7)
    reader.get(address)
    PortalSettings(features={"security.manage-consent": "read-only"}).save()
    reader.get(address)


def test_the_system_consent_has_no_text_outside_gettext(reader: Reader) -> None:
    reader.get(SYSTEM_CONSENT)
    both = {"opened_version": "1", "claim_given_name": "on", "erase_given_name": "on"}
    reader.post(SYSTEM_CONSENT, both, expected=422)
    reader.post(SYSTEM_CONSENT, {"opened_version": "9", "claim_address": "on"}, expected=409)
    reader.post_and_read(SYSTEM_CONSENT, {"opened_version": "1", "claim_address": "on"})


def test_receipts_have_no_text_outside_gettext(reader: Reader, consent: Consent) -> None:
    receipt = ConsentReceipt.objects.get(consent_uuid=consent.pk)
    reader.get(reverse("consent-receipt", args=[receipt.pk]))
    with translation.override("en-xa"):
        services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    last = ConsentReceipt.objects.filter(consent_uuid=consent.pk).latest("version")
    reader.get(reverse("consent-receipt", args=[last.pk]))


@pytest.mark.parametrize("data", [None, {}], ids=["opened", "refused"])
def test_the_consent_page_has_no_text_outside_gettext(
    anna: User, consent: Consent, data: dict[str, str] | None
) -> None:
    assert consent.application is not None
    pickup = consent.application
    Claim.objects.create(name="badge", label="Badge", is_read_only=True)
    for name in ("country", "mobile", "badge"):
        ask_for(pickup, name, is_mandatory=True)
    request = RequestFactory().get("/")
    request.user, request.portal_settings = anna, PortalSettings()  # type: ignore[attr-defined]
    with translation.override("en-xa"):
        asking = asked_of(anna, pickup)
        context = {"asking": asking, "application": pickup, "controller": Controller(), "is_offline": True}
        for template, form in (("ask", ConsentForm(asking, data)), ("missing", MissingForm(asking, data))):
            page = render(request, f"consent/{template}.html", {**context, "form": form}).content.decode()
            assert_translatable(page, where=template, data=DATA)
