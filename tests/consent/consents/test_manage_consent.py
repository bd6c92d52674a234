"""Security → Manage consent: the section, the detail page, revoking, the system consent."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent.consents import services, system
from consent.consents.models import Consent, State
from consent.consents.pages import manage_consent
from consent.consents.selectors import may_release
from consent.purposes.models import Purpose
from consent.receipts.models import ConsentReceipt
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from profile.models import Profile
from tests.consent.support import consent_to, make_application
from tests.support.browsing import make_stale
from tests.web.test_errors import words_of

SECURITY = "/myaccount/security/"
SYSTEM_CONSENT = "/myaccount/security/consents/system/"
THREE = {"given_name": True, "email": False, "family_name": False}


@pytest.fixture
def consent(alice: User) -> Consent:
    return consent_to(alice, make_application(claims=THREE, description="Collect what you have ordered."))


def section_of(client: Client) -> str:
    page = words_of(client.get(SECURITY))
    return page[page.index("Who may know what about you") : page.index("What happened to your account. If")]


def detail_of(consent: Consent) -> str:
    return reverse("consent-detail", args=[consent.uuid])


def revocation_of(consent: Consent) -> str:
    return reverse("revoke-consent", args=[consent.uuid])


def filled_in(response: Any, **changes: Any) -> dict[str, Any]:
    """What a browser would send; None unticks a box."""
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**values, **changes}.items() if value not in (None, False)}


def released(consent: Consent) -> set[str]:
    assert consent.application is not None
    return set(may_release(user=consent.user, application=consent.application, now=timezone.now()))


# The section


def test_the_system_consent_comes_first_then_each_application(alices: Client, consent: Consent, alice: User) -> None:
    consent_to(alice, make_application("Library"), valid_until=timezone.now() + timedelta(days=40))
    section = section_of(alices)
    places = [section.index(words) for words in ("System consent", "Library", "valid until", "Pickup")]
    assert places == sorted(places)
    assert "until you revoke it" in section


def test_without_consents_it_says_so(alices: Client) -> None:
    section = section_of(alices)
    assert "You have not granted consent to any application." in section
    assert "System consent" in section
    assert "Revoke" not in section.replace("What you revoke", "")


def test_an_expired_one_is_shown_as_revoked(alices: Client, alice: User) -> None:
    until = timezone.now() - timedelta(days=1)
    consent_to(alice, make_application(), valid_until=until, now=until - timedelta(days=1))
    section = section_of(alices)
    assert "Revoked" in section
    assert "Ran out on" in section
    assert "You have not granted consent to any application." in section


def test_revoke_is_offered_for_the_system_consent_only_to_people_who_registered_themselves(
    alices: Client, alice: User
) -> None:
    system.change(user=alice, granted=["given_name"], valid_until=None, opened_version=0, origin=SYSTEM,
                  now=timezone.now())  # fmt: skip
    consent = Consent.objects.get()
    assert revocation_of(consent) not in alices.get(SECURITY).content.decode()
    assert alices.get(revocation_of(consent)).status_code == 404
    assert alices.post(revocation_of(consent)).status_code == 404
    Consent.objects.update(is_from_registration=True)
    assert revocation_of(consent) in alices.get(SECURITY).content.decode()
    assert alices.post(revocation_of(consent)).status_code == 302
    consent.refresh_from_db()
    assert consent.state == State.REVOKED


def test_nobody_elses_consent_is_listed(alices: Client, bob: User) -> None:
    consent_to(bob, make_application("Bob's own"))
    assert "Bob's own" not in section_of(alices)


@pytest.mark.parametrize("count", [1, 40])
def test_the_section_is_one_query(alice: User, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(count):
        consent_to(alice, make_application(f"Application {number}", logo=b"x" if number % 2 else b""))
    with django_assert_num_queries(1):
        shown = manage_consent(alice, now=timezone.now())
    assert len(shown.in_force) == count


def test_the_history_tells_of_which_application_and_attributes(alices: Client, consent: Consent) -> None:
    services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    page = words_of(alices.get("/myaccount/security/history/"))
    assert "Consent given Pickup · Email, Last Name, First Name" in page
    assert "Consent given System consent · " in page
    assert "Consent revoked Pickup" in page


# The detail page


def test_the_detail_page_shows_what_the_manual_lists(alices: Client, consent: Consent) -> None:
    page = words_of(alices.get(detail_of(consent)))
    receipt = ConsentReceipt.objects.get(consent_uuid=consent.uuid)
    for words in ("Pickup", "Collect what you have ordered.", "Receipt id", str(receipt.uuid), "Collection method",
                  "Consent page when signing in", "Version", "Providing the service", "First Name", "Alice",
                  "Valid until", "Update", "(mandatory)", "cannot be recalled", "ID token"):  # fmt: skip
        assert words in page, words


def test_claims_are_switches_that_show_how_it_is(alices: Client, alice: User) -> None:
    consent = consent_to(alice, make_application(claims=THREE), ["given_name", "email"])
    page = alices.get(detail_of(consent)).content.decode()
    switches = dict(re.findall(r'<input type="checkbox" name="claim_(\w+)" class="switch" id="\w+"( checked)?', page))
    assert switches == {"given_name": " checked", "email": " checked", "family_name": ""}


def test_switching_one_off_and_update_stops_sharing_it(alices: Client, consent: Consent) -> None:
    form = filled_in(alices.get(detail_of(consent)), claim_email=None)
    response = alices.post(detail_of(consent), form, follow=True)
    assert "The consent for “Pickup” was updated." in words_of(response)
    assert released(consent) == {"given_name", "family_name"}


def test_update_without_a_change_does_nothing_and_says_so(alices: Client, consent: Consent) -> None:
    response = alices.post(detail_of(consent), filled_in(alices.get(detail_of(consent))), follow=True)
    assert "Nothing was changed." in words_of(response)
    assert ConsentReceipt.objects.filter(consent_uuid=consent.uuid).count() == 1


def test_switching_all_off_becomes_a_revocation_that_asks_first(alices: Client, consent: Consent) -> None:
    off = dict.fromkeys((f"claim_{name}" for name in THREE), None)
    response = alices.post(detail_of(consent), filled_in(alices.get(detail_of(consent)), **off))
    assert response["Location"] == revocation_of(consent)
    assert released(consent) == set(THREE)


def test_a_mandatory_one_switched_off_alone_is_an_error_at_its_switch(alices: Client, consent: Consent) -> None:
    response = alices.post(detail_of(consent), filled_in(alices.get(detail_of(consent)), claim_given_name=None))
    assert response.status_code == 422
    assert "Pickup cannot be used without “First Name”. Leave it on, or revoke the whole consent." in words_of(response)
    assert released(consent) == set(THREE)


def test_an_end_date_holds_to_the_end_of_that_day_and_can_be_emptied(alices: Client, consent: Consent) -> None:
    day = timezone.localdate() + timedelta(days=30)
    alices.post(detail_of(consent), filled_in(alices.get(detail_of(consent)), valid_until=day.isoformat()))
    consent.refresh_from_db()
    assert consent.valid_until is not None
    assert timezone.localtime(consent.valid_until).date() == day
    assert timezone.localtime(consent.valid_until + timedelta(seconds=1)).date() == day + timedelta(days=1)
    again = filled_in(alices.get(detail_of(consent)))
    assert again["valid_until"] == day
    assert "Nothing was changed." in words_of(alices.post(detail_of(consent), again, follow=True))
    alices.post(detail_of(consent), {**again, "valid_until": ""})
    consent.refresh_from_db()
    assert consent.valid_until is None


@pytest.mark.parametrize("day", ["2020-01-01", "9999-12-31", "soon", "2026-02-30"])
def test_a_day_that_is_over_or_none_is_refused(alices: Client, consent: Consent, day: str) -> None:
    response = alices.post(detail_of(consent), filled_in(alices.get(detail_of(consent)), valid_until=day))
    assert response.status_code == 422
    assert "valid_until" in response.context["form"].errors
    consent.refresh_from_db()
    assert consent.valid_until is None


def test_today_is_the_earliest_day_the_picker_offers(alices: Client, consent: Consent) -> None:
    assert f'min="{timezone.localdate().isoformat()}"' in alices.get(detail_of(consent)).content.decode()


def test_a_form_from_another_tab_gets_the_consent_as_it_is_now(alices: Client, consent: Consent) -> None:
    """Security 28."""
    stale = filled_in(alices.get(detail_of(consent)), claim_family_name=None)
    alices.post(detail_of(consent), filled_in(alices.get(detail_of(consent)), claim_email=None))
    response = alices.post(detail_of(consent), stale)
    assert response.status_code == 409
    assert "Changed meanwhile" in words_of(response)
    assert released(consent) == {"given_name", "family_name"}


def test_a_revoked_consent_shows_no_switches_and_takes_no_form(alices: Client, consent: Consent) -> None:
    form = filled_in(alices.get(detail_of(consent)), claim_email=None)
    services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    page = alices.get(detail_of(consent)).content.decode()
    assert "switch" not in page
    assert alices.post(detail_of(consent), form).status_code in (302, 409)
    consent.refresh_from_db()
    assert consent.state == State.REVOKED


def test_an_attribute_without_system_consent_is_marked(alices: Client, consent: Consent) -> None:
    services.revoke(consent=Consent.objects.get(application=None), origin=SYSTEM, now=timezone.now())
    page = words_of(alices.get(detail_of(consent)))
    assert page.count("Goes to no application: your system consent does not cover it.") == 2


def test_it_says_when_switching_one_on_widens_the_system_consent(alices: Client, alice: User) -> None:
    consent = consent_to(alice, make_application(claims=THREE), ["given_name"])
    assert "Switching it on adds it to your system consent." in words_of(alices.get(detail_of(consent)))


def test_a_purpose_in_other_words_is_asked_about_at_the_next_sign_in(alices: Client, consent: Consent) -> None:
    Purpose.objects.filter(name="Providing the service").update(version=2)
    page = words_of(alices.get(detail_of(consent)))
    assert "You will be asked about it when you next sign in to the application." in page


def test_nobody_elses_consent_opens(alices: Client, bob: User) -> None:
    """Security 17: a foreign id is unknown."""
    foreign = consent_to(bob, make_application(claims=THREE))
    for path in (detail_of(foreign), revocation_of(foreign), detail_of(Consent(uuid=uuid.uuid4()))):
        assert alices.get(path).status_code == 404
        assert alices.post(path).status_code == 404
    assert released(foreign) == set(THREE)


def test_hostile_words_of_an_application_are_inert(alices: Client, alice: User) -> None:
    """Security 23."""
    evil = make_application("<script>alert(1)</script>", claims=THREE, description="<img src=x onerror=alert(1)>")
    consent = consent_to(alice, evil)
    receipt = ConsentReceipt.objects.get(consent_uuid=consent.uuid)
    for path in (SECURITY, detail_of(consent), revocation_of(consent), reverse("consent-receipt", args=[receipt.pk])):
        page = alices.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


# Revoking


def test_revoking_asks_first_and_says_what_cannot_be_recalled(alices: Client, consent: Consent) -> None:
    page = words_of(alices.get(revocation_of(consent)))
    assert "Revoke the consent for “Pickup”?" in page
    assert "cannot be recalled" in page
    assert released(consent) == set(THREE)


def test_revoking_needs_no_fresh_proof(alices: Client, consent: Consent) -> None:
    """Taking consent back is as easy as giving it."""
    make_stale(alices)
    response = alices.post(revocation_of(consent), follow=True)
    assert "The consent for “Pickup” was revoked." in words_of(response)
    assert released(consent) == set()
    assert alices.post(revocation_of(consent)).status_code == 404


def test_revoking_leads_back_to_where_it_was_asked_for_and_nowhere_else(alices: Client, alice: User) -> None:
    """Security 11."""
    for wanted, where in (
        ("", "/myaccount/security/#manage-consent"),
        ("/myaccount/applications/", "/myaccount/applications/"),
        ("https://evil.example/", "/myaccount/"),
    ):
        consent = consent_to(alice, make_application())
        page = alices.get(revocation_of(consent), {"next": wanted} if wanted else {}).content.decode()
        assert '"https://evil' not in page
        assert alices.post(revocation_of(consent), {"next": wanted})["Location"] == where


def test_what_is_read_only_is_shown_and_takes_no_forms(alices: Client, consent: Consent) -> None:
    PortalSettings(features={"security.manage-consent": "read-only"}).save()
    assert "Update" not in words_of(alices.get(detail_of(consent)))
    assert "Revoke" not in section_of(alices).replace("What you revoke", "")
    assert alices.post(revocation_of(consent)).status_code == 403
    assert released(consent) == set(THREE)


@pytest.mark.parametrize("path", ["detail", "revoke", "system"])
def test_the_pages_cost_little(
    alices: Client, consent: Consent, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address, queries = {
        "detail": (detail_of(consent), 7),
        "revoke": (revocation_of(consent), 3),
        "system": (SYSTEM_CONSENT, 8),
    }[path]
    with django_assert_num_queries(queries):
        assert alices.get(address).status_code == 200


# The system consent


def test_the_system_consent_page_ticks_what_is_kept_and_marks_the_rest(alices: Client, consent: Consent) -> None:
    response = alices.get(SYSTEM_CONSENT)
    form = response.context["form"]
    assert {name for name in form.fields if form[name].value() is True} == {"claim_given_name", "claim_family_name"}
    kept = [one.claim.name for one in form.shown.claims if not one.is_kept]
    assert words_of(response).count("Goes to no application") == len(kept)
    assert detail_of(Consent.objects.get(application=None))
    assert alices.get(detail_of(Consent.objects.get(application=None)))["Location"] == SYSTEM_CONSENT


def test_unticking_and_erasing_in_one_step(alices: Client, alice: User, consent: Consent) -> None:
    form = filled_in(alices.get(SYSTEM_CONSENT), claim_family_name=None, erase_family_name="on")
    response = alices.post(SYSTEM_CONSENT, form, follow=True)
    assert "The consent for “System consent” was updated." in words_of(response)
    assert released(consent) == {"given_name", "email"}
    assert Profile.objects.get(user=alice).values == {"given_name": "Alice"}


def test_keeping_and_erasing_at_once_is_an_error(alices: Client, alice: User, consent: Consent) -> None:
    response = alices.post(SYSTEM_CONSENT, filled_in(alices.get(SYSTEM_CONSENT), erase_family_name="on"))
    assert response.status_code == 422
    assert "Choose one: keep it, or erase it." in words_of(response)
    assert Profile.objects.get(user=alice).values["family_name"] == "Liddell"


def test_a_person_an_administrator_made_may_untick_everything(alices: Client, consent: Consent) -> None:
    form = filled_in(alices.get(SYSTEM_CONSENT), claim_family_name=None, claim_given_name=None)
    alices.post(SYSTEM_CONSENT, form)
    assert Consent.objects.get(application=None).state == State.REVOKED
    assert released(consent) == {"email"}


def test_a_person_who_registered_is_asked_first(alices: Client, consent: Consent) -> None:
    Consent.objects.filter(application=None).update(is_from_registration=True)
    form = filled_in(alices.get(SYSTEM_CONSENT), claim_family_name=None, claim_given_name=None)
    response = alices.post(SYSTEM_CONSENT, form)
    assert response["Location"] == revocation_of(Consent.objects.get(application=None))
    assert released(consent) == set(THREE)


def test_the_system_consent_can_end_on_a_day(alices: Client, consent: Consent) -> None:
    day = date(2100, 1, 1)
    alices.post(SYSTEM_CONSENT, filled_in(alices.get(SYSTEM_CONSENT), valid_until=day.isoformat()))
    until = Consent.objects.get(application=None).valid_until
    assert until is not None
    assert timezone.localtime(until).date() == day
    after = until + timedelta(seconds=1)
    assert consent.application is not None
    assert may_release(user=consent.user, application=consent.application, now=after) == {"email"}


def test_a_proven_number_is_taken_away_where_it_is_proven(alices: Client, alice: User) -> None:
    alice.mobile = "+447400123456"
    alice.save()
    page = alices.get(SYSTEM_CONSENT).content.decode()
    assert "erase_mobile" not in page
    assert f'href="{reverse("edit-contact", args=["mobile"])}"' in page
