"""The system consent: what the organisation keeps beyond what it must."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from django.utils import timezone

from consent.consents import services, system
from consent.consents.models import Consent, State
from consent.consents.pages import system_consent
from consent.receipts.models import ConsentReceipt
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.users.models import User
from profile.models import Profile


def change(user: User, granted: Collection[str], **options: Any) -> bool:
    known = Consent.objects.filter(user=user, application=None).first()
    defaults = {
        "valid_until": known.valid_until if known else None,
        "opened_version": known.version if known else 0,
        "origin": SYSTEM,
        "now": timezone.now(),
    }
    return system.change(user=user, granted=granted, **{**defaults, **options})


def kept(user: User) -> set[str]:
    return {one.claim.name for one in system_consent(user, now=timezone.now()).claims if one.is_kept}


def values(user: User) -> dict[str, str]:
    return dict(Profile.objects.get(user=user).values)


def test_it_begins_with_nothing_ticked_and_lists_what_needs_it(alice: User) -> None:
    Claim.objects.filter(name="country").update(is_required=True)
    shown = system_consent(alice, now=timezone.now())
    names = {one.claim.name for one in shown.claims}
    assert kept(alice) == set()
    assert {"given_name", "birthdate", "mobile"} <= names
    assert not {"username", "email", "role", "country"} & names
    assert not Consent.objects.exists()


def test_an_attribute_added_since_is_listed_unticked(alice: User) -> None:
    change(alice, ["given_name"])
    Claim.objects.create(name="badge_number", label="Badge number")
    shown = {one.claim.name: one.is_kept for one in system_consent(alice, now=timezone.now()).claims}
    assert shown["badge_number"] is False
    assert shown["given_name"] is True


def test_what_is_ticked_is_kept_with_receipt_and_event(alice: User) -> None:
    assert change(alice, ["given_name", "family_name"])
    assert kept(alice) == {"given_name", "family_name"}
    receipt = ConsentReceipt.objects.get()
    (purpose,) = receipt.document["services"][0]["purposes"]
    assert purpose["purpose"] == "Keeping your account"
    assert [one["piiCategoryName"] for one in purpose["piiCategoryDetails"]] == ["given_name", "family_name"]
    assert Event.objects.get().kind == EventKind.CONSENT_GIVEN
    assert change(alice, ["given_name"])
    assert kept(alice) == {"given_name"}
    (event,) = Event.objects.filter(kind=EventKind.CONSENT_CHANGED)
    assert event.data == {"application": "", "claims": ["family_name"], "granted": []}
    assert change(alice, ["given_name", "family_name"])
    assert Event.objects.filter(kind=EventKind.CONSENT_CHANGED).latest("pk").data["granted"] == ["family_name"]


def test_nothing_changed_writes_nothing(alice: User) -> None:
    assert change(alice, []) is False
    assert not Consent.objects.exists()
    change(alice, ["given_name"])
    assert change(alice, ["given_name"]) is False
    assert ConsentReceipt.objects.count() == 1


def test_a_required_attribute_and_an_unknown_one_cannot_be_slipped_in(alice: User) -> None:
    change(alice, ["given_name", "email", "role", "no_such"])
    assert kept(alice) == {"given_name"}


def test_nothing_left_is_a_revocation(alice: User) -> None:
    change(alice, ["given_name"])
    assert change(alice, [])
    consent = Consent.objects.get()
    assert consent.state == State.REVOKED
    assert kept(alice) == set()
    assert change(alice, ["family_name"])
    assert kept(alice) == {"family_name"}
    assert list(ConsentReceipt.objects.order_by("version").values_list("is_revocation", flat=True)) == [
        False,
        True,
        False,
    ]


def test_a_value_can_be_erased_in_the_same_step(alice: User) -> None:
    change(alice, ["given_name", "family_name"])
    assert change(alice, ["given_name"], erased=["family_name"])
    assert values(alice) == {"given_name": "Alice"}
    alice.refresh_from_db()
    assert alice.display_name == "Alice"
    assert Event.objects.filter(kind=EventKind.PROFILE_CHANGED).count() == 1


def test_erasing_alone_needs_no_consent_before(alice: User) -> None:
    assert change(alice, [], erased=["family_name"])
    assert "family_name" not in values(alice)
    assert not Consent.objects.exists()


def test_what_is_kept_is_not_erased_nor_what_others_fill_in(alice: User) -> None:
    Claim.objects.filter(name="family_name").update(is_read_only=True)
    alice.mobile = "+447400123456"
    alice.save()
    change(alice, ["given_name"], erased=["given_name", "family_name", "mobile", "email", "username"])
    assert values(alice) == {"given_name": "Alice", "family_name": "Liddell"}
    alice.refresh_from_db()
    assert (alice.mobile, alice.email, alice.username) == ("+447400123456", "alice@example.org", "alice")


def test_a_form_opened_before_another_change_is_told_so(alice: User) -> None:
    """Security 28: nothing is erased either."""
    change(alice, ["given_name"])
    with pytest.raises(services.ChangedMeanwhile):
        change(alice, ["family_name"], erased=["given_name"], opened_version=0)
    assert kept(alice) == {"given_name"}
    assert "given_name" in values(alice)
