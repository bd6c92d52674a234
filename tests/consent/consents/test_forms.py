"""The forms of the consent page and of what is asked for before it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from consent.consents.forms import ConsentForm, MissingForm
from consent.consents.services import store_missing
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.users.models import User
from profile.models import Profile
from tests.consent.support import ask_for, asked_of, consent_to, make_application

THREE = {"given_name": True, "email": False, "family_name": False}


def test_mandatory_ones_are_on_and_optional_ones_off_until_chosen(alice: User) -> None:
    form = ConsentForm(asked_of(alice, make_application(claims=THREE)))
    assert {name: form[name].value() for name in form.fields} == {
        "claim_given_name": True,
        "claim_family_name": False,
        "claim_email": False,
        "valid_until": None,
    }
    assert form.has_mandatory


def test_attributes_of_one_purpose_stand_together(alice: User) -> None:
    pickup = make_application(claims=THREE)
    ask_for(pickup, "mobile", purpose="Contacting you")
    groups = ConsentForm(asked_of(alice, pickup)).groups()
    assert [(group.purpose.name, len(group.rows)) for group in groups] == [
        ("Providing the service", 3),
        ("Contacting you", 1),
    ]


def test_what_was_chosen_and_for_how_long(alice: User) -> None:
    day = timezone.localdate() + timedelta(days=7)
    asked = asked_of(alice, make_application(claims=THREE))
    form = ConsentForm(asked, {"claim_given_name": "on", "claim_email": "on", "valid_until": day.isoformat()})
    assert form.is_valid()
    assert form.granted == {"given_name", "email"}
    assert form.valid_until is not None
    assert timezone.localtime(form.valid_until).date() == day


def test_a_mandatory_one_left_off_is_an_error(alice: User) -> None:
    """Security 79: whatever the page's script or markup says."""
    form = ConsentForm(asked_of(alice, make_application(claims=THREE)), {"claim_email": "on"})
    assert not form.is_valid()
    assert list(form.errors) == ["claim_given_name"]


def test_the_form_asks_only_about_what_is_open(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup, ["given_name"], valid_until=timezone.now() + timedelta(days=3))
    ask_for(pickup, "country", is_mandatory=True)
    form = ConsentForm(asked_of(alice, pickup), {"claim_country": "on", "claim_email": "on"})
    assert form.is_valid()
    assert form.granted == {"country"}
    assert list(form.fields) == ["claim_country", "valid_until"]
    assert form["valid_until"].initial == (timezone.localtime() + timedelta(days=3)).date()


def test_it_says_when_something_is_kept_from_now_on(alice: User) -> None:
    assert ConsentForm(asked_of(alice, make_application(claims={"given_name": False}))).is_kept_from_now_on
    assert not ConsentForm(asked_of(alice, make_application(claims={"email": False}))).is_kept_from_now_on


# What is missing


def test_a_missing_value_is_asked_for_checked_and_stored(alice: User) -> None:
    pickup = make_application(claims={"url": True, "given_name": True})
    asked = asked_of(alice, pickup)
    assert [one.name for one in asked.missing] == ["url"]
    assert not MissingForm(asked, {"value_url": ""}).is_valid()
    assert not MissingForm(asked, {"value_url": "javascript:alert(1)"}).is_valid()
    form = MissingForm(asked, {"value_url": "https://alice.example/"})
    assert form.is_valid()
    assert form.can_go_on
    store_missing(user=alice, values=form.values(), origin=SYSTEM, now=timezone.now())
    assert Profile.objects.get(user=alice).values["url"] == "https://alice.example/"
    assert asked_of(alice, pickup).missing == ()


def test_what_has_to_be_proven_is_entered_elsewhere_and_what_is_read_only_by_others(alice: User) -> None:
    Claim.objects.create(name="badge_number", label="Badge number", is_read_only=True)
    pickup = make_application(claims={"mobile": True, "badge_number": True, "country": True})
    form = MissingForm(asked_of(alice, pickup))
    assert [one.name for one in form.elsewhere()] == ["mobile"]
    assert [one.name for one in form.by_others()] == ["badge_number"]
    assert list(form.fields) == ["value_country"]
    assert not form.can_go_on
