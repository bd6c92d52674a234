"""What an application asks for, and what it may be told at a moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent.consents import services
from consent.consents.models import Consent
from consent.consents.selectors import asking, may_release
from consent.purposes.models import Purpose
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.users.models import User
from tests.consent.support import ask_for, asked_of, consent_to, make_application
from tests.support.people import make_person

THREE = {"given_name": True, "email": False, "family_name": False}


def test_before_anything_was_decided_the_page_lists_all_that_is_asked(alice: User) -> None:
    pickup = make_application(claims=THREE)
    asked = asked_of(alice, pickup)
    assert asked.needs_page
    assert [(one.name, one.is_mandatory, one.is_granted, one.is_decided) for one in asked.listed] == [
        ("given_name", True, False, False),
        ("family_name", False, False, False),
        ("email", False, False, False),
    ]
    assert [one.shown_value for one in asked.claims] == ["Alice", "Liddell", "alice@example.org"]


def test_only_what_the_request_names_and_the_administrator_has_listed_is_asked(alice: User) -> None:
    pickup = make_application(claims=THREE)
    asked = asking(user=alice, application=pickup, names=["email", "country"], now=timezone.now())
    assert [one.name for one in asked.claims] == ["email"]


def test_stored_consent_skips_the_page_although_an_optional_one_was_refused(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup, ["given_name", "email"])
    asked = asked_of(alice, pickup)
    assert not asked.needs_page
    assert [one.name for one in asked.listed] == ["given_name", "email"]  # the refused one is left alone


def test_a_new_mandatory_attribute_is_asked_alone(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup, ["given_name"])
    ask_for(pickup, "mobile", is_mandatory=True)
    asked = asked_of(alice, pickup)
    assert asked.needs_page
    assert [one.name for one in asked.listed] == ["mobile"]
    assert [one.name for one in asked.shared_already] == ["given_name"]
    assert [one.name for one in asked.missing] == ["mobile"]


def test_an_optional_one_never_decided_is_offered_but_causes_no_page(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup, ["given_name"])
    ask_for(pickup, "country")
    assert not asked_of(alice, pickup).needs_page
    ask_for(pickup, "mobile", is_mandatory=True)
    assert [one.name for one in asked_of(alice, pickup).listed] == ["country", "mobile"]


def test_after_expiry_only_mandatory_ones_are_asked_again(alice: User) -> None:
    """Manual: optional attributes that have expired are silently no longer shared."""
    pickup = make_application(claims=THREE)
    until = timezone.now() + timedelta(days=2)
    consent_to(alice, pickup, ["given_name", "email"], valid_until=until)
    after = until + timedelta(seconds=1)
    assert may_release(user=alice, application=pickup, now=until - timedelta(seconds=1)) == {"given_name", "email"}
    assert may_release(user=alice, application=pickup, now=after) == frozenset()
    asked = asked_of(alice, pickup, now=after)
    assert asked.needs_page
    assert [one.name for one in asked.listed] == ["given_name"]
    consent_to(alice, pickup, now=after)
    assert may_release(user=alice, application=pickup, now=after) == {"given_name"}
    assert not asked_of(alice, pickup, now=after).needs_page


def test_after_the_job_has_made_it_a_revoked_one_it_is_the_same(alice: User) -> None:
    pickup = make_application(claims=THREE)
    until = timezone.now() + timedelta(days=2)
    consent_to(alice, pickup, ["given_name", "email"], valid_until=until)
    after = until + timedelta(minutes=1)
    assert services.expire_due(now=after) == 1
    assert [one.name for one in asked_of(alice, pickup, now=after).listed] == ["given_name"]


def test_after_a_revocation_everything_is_asked_again(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent = consent_to(alice, pickup, ["given_name"])
    services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    asked = asked_of(alice, pickup)
    assert asked.needs_page
    assert [one.name for one in asked.listed] == ["given_name", "family_name", "email"]
    assert not any(one.is_decided for one in asked.claims)


def test_a_purpose_in_other_words_counts_as_not_granted(alice: User) -> None:
    """Security 80: consent is to a version of a purpose."""
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup)
    Purpose.objects.filter(name="Providing the service").update(version=2)
    assert may_release(user=alice, application=pickup, now=timezone.now()) == frozenset()
    asked = asked_of(alice, pickup)
    assert asked.needs_page
    assert [one.name for one in asked.listed] == ["given_name", "family_name", "email"]


def test_another_purpose_counts_as_not_granted(alice: User) -> None:
    """Security 80."""
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup)
    pickup.claims.filter(claim__name="email").update(purpose=Purpose.objects.get(name="Contacting you"))
    assert may_release(user=alice, application=pickup, now=timezone.now()) == {"given_name", "family_name"}


def test_consent_to_one_application_is_none_to_another_of_the_same_name(alice: User) -> None:
    """Security 80: by the application's key, not by its name."""
    consent_to(alice, make_application(claims=THREE))
    twin = make_application(claims=THREE)
    assert may_release(user=alice, application=twin, now=timezone.now()) == frozenset()
    assert asked_of(alice, twin).needs_page


def test_what_is_no_longer_asked_is_no_longer_released(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup)
    pickup.claims.filter(claim__name="email").delete()
    assert may_release(user=alice, application=pickup, now=timezone.now()) == {"given_name", "family_name"}


def test_nobody_elses_consent_counts(alice: User, bob: User) -> None:
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup)
    assert may_release(user=bob, application=pickup, now=timezone.now()) == frozenset()


def test_an_attribute_without_system_consent_goes_to_no_application(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup)
    system = Consent.objects.get(user=alice, application=None)
    services.revoke(consent=system, origin=SYSTEM, now=timezone.now())
    assert may_release(user=alice, application=pickup, now=timezone.now()) == {"email"}
    asked = {one.name: one for one in asked_of(alice, pickup).claims}
    assert (asked["given_name"].is_agreed, asked["given_name"].is_granted) == (True, False)
    assert not asked["given_name"].is_kept_without_consent
    assert asked["email"].is_kept_without_consent
    assert asked_of(alice, pickup).needs_page  # the mandatory one is no longer shared


def test_what_everybody_has_to_give_needs_no_system_consent(alice: User) -> None:
    Claim.objects.filter(name="given_name").update(is_required=True)
    pickup = make_application(claims=THREE)
    consent_to(alice, pickup, ["given_name"])
    assert not Consent.objects.filter(application=None).exists()
    assert may_release(user=alice, application=pickup, now=timezone.now()) == {"given_name"}


@pytest.mark.parametrize("people", [0, 30])
def test_the_cost_is_the_same_however_many_consents_there_are(
    alice: User, people: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    pickup = make_application(claims=THREE)
    for number in range(people):
        consent_to(make_person(f"person{number}", password=None), pickup)
    now = timezone.now()
    names = list(THREE)
    with django_assert_num_queries(4):
        asking(user=alice, application=pickup, names=names, now=now)
    consent_to(alice, pickup)
    with django_assert_num_queries(3):
        asking(user=alice, application=pickup, names=names, now=now)
    with django_assert_num_queries(1):
        assert may_release(user=alice, application=pickup, now=timezone.now()) == set(names)
