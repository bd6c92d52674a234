"""Consent given, changed, revoked and run out: each with its receipt and its event, and tokens ended where need be."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from consent.consents import services
from consent.consents.models import Consent, ConsentedClaim, State
from consent.consents.selectors import may_release
from consent.receipts.models import ConsentReceipt
from consent.tasks import revoke_run_out
from consent.tokens.models import AccessToken, Grant, RefreshToken
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from tests.consent.support import ask_for, asked_of, consent_to, make_application
from tests.support.parallel import in_parallel

THREE = {"given_name": True, "email": False, "family_name": False}


def released(user: User, consent: Consent) -> set[str]:
    assert consent.application is not None
    return set(may_release(user=user, application=consent.application, now=timezone.now()))


def change(consent: Consent, granted: Collection[str], **options: Any) -> bool:
    now = options.pop("now", None) or timezone.now()
    consent.refresh_from_db()
    defaults = {"valid_until": consent.valid_until, "opened_version": consent.version, "origin": SYSTEM, "now": now}
    return services.change(consent=consent, granted=granted, **{**defaults, **options})


def receipts_of(consent: Consent) -> list[ConsentReceipt]:
    return list(ConsentReceipt.objects.filter(consent_uuid=consent.uuid).order_by("version"))


def events() -> list[tuple[str, dict[str, Any]]]:
    kinds = Event.objects.filter(kind__startswith="consent.consent").order_by("id")
    return [(event.kind, event.data) for event in kinds]


def add_tokens(consent: Consent, *, is_offline: bool = False) -> None:
    assert consent.application is not None
    user, application, later = consent.user, consent.application, timezone.now() + timedelta(minutes=5)
    Grant.objects.create(user=user, application=application, code="c", expires=later, redirect_uri="x", scope="openid")
    access = AccessToken.objects.create(
        user=user, application=application, token="t", expires=later, scope="openid", is_offline=is_offline
    )
    RefreshToken.objects.create(
        user=user, application=application, token="r", access_token=access, is_offline=is_offline
    )


# Giving


def test_what_is_granted_may_be_released_and_nothing_else(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent = consent_to(alice, pickup, ["given_name", "email"], scope="openid profile")
    assert released(alice, consent) == {"given_name", "email"}
    assert (consent.state, consent.version, consent.scope) == (State.ACTIVE, 1, "openid profile")
    refused = ConsentedClaim.objects.get(consent=consent, claim__name="family_name")
    assert not refused.is_granted


def test_a_mandatory_attribute_left_out_is_refused_and_nothing_is_stored(alice: User) -> None:
    pickup = make_application(claims=THREE)
    with pytest.raises(services.MandatoryMissing):
        consent_to(alice, pickup, ["email"])
    assert not Consent.objects.exists()
    assert events() == []


def test_names_nobody_asked_for_are_ignored(alice: User) -> None:
    """Security 79: a tampered form grants nothing more."""
    pickup = make_application(claims={"given_name": True})
    consent = consent_to(alice, pickup, ["given_name", "email", "birthdate"])
    assert list(consent.claims.values_list("claim__name", flat=True)) == ["given_name"]


def test_giving_leaves_a_receipt_and_an_event(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent = consent_to(alice, pickup, ["given_name", "email"])
    (receipt,) = receipts_of(consent)
    assert (receipt.version, receipt.supersedes, receipt.is_revocation) == (1, None, False)
    assert events()[-1] == (
        EventKind.CONSENT_GIVEN,
        {"application": "Pickup", "claims": ["email", "given_name"]},
    )


def test_the_same_given_twice_changes_nothing(alice: User) -> None:
    """A form sent twice: the second finds what the first has stored."""
    pickup = make_application(claims=THREE)
    asked, now = asked_of(alice, pickup), timezone.now()
    for _ in range(2):
        consent = services.give(
            user=alice, asking=asked, granted=["given_name"], scope="openid", valid_until=None, origin=SYSTEM, now=now
        )
    assert (consent.version, len(receipts_of(consent))) == (1, 1)
    assert len([kind for kind, data in events() if data["application"]]) == 1


def test_what_is_granted_is_kept_from_now_on(alice: User) -> None:
    consent_to(alice, make_application(claims=THREE), ["given_name", "email"])
    system = Consent.objects.get(application=None)
    assert list(system.claims.values_list("claim__name", "is_granted")) == [("given_name", True)]  # e-mail needs none
    assert len(receipts_of(system)) == 1
    consent_to(alice, make_application("Other", claims={"given_name": False, "family_name": False}))
    system.refresh_from_db()
    assert system.version == 2
    assert set(system.claims.values_list("claim__name", flat=True)) == {"given_name", "family_name"}
    assert receipts_of(system)[1].supersedes == receipts_of(system)[0].uuid


def test_giving_again_after_the_system_consent_was_withdrawn_restores_it(alice: User) -> None:
    pickup = make_application(claims={"given_name": True})
    consent = consent_to(alice, pickup)
    services.revoke(consent=Consent.objects.get(application=None), origin=SYSTEM, now=timezone.now())
    assert released(alice, consent) == set()
    consent_to(alice, pickup)
    assert released(alice, consent) == {"given_name"}


def test_offline_access_asked_for_later_is_a_version_of_its_own(alice: User) -> None:
    pickup = make_application(claims={"email": True})
    consent_to(alice, pickup, scope="openid")
    consent = consent_to(alice, pickup, scope="openid offline_access")
    assert (consent.version, consent.scope) == (2, "openid offline_access")
    assert receipts_of(consent)[1].document["scope"] == "openid offline_access"


def test_using_it_notes_when_and_what_for_and_no_more(alice: User) -> None:
    consent, now = consent_to(alice, make_application(), scope="openid"), timezone.now()
    services.note_use(consent=consent, scope="openid email", now=now)
    consent.refresh_from_db()
    assert (consent.last_used_at, consent.scope, consent.version) == (now, "openid email", 1)


def test_no_event_no_consent(alice: User) -> None:
    """Consent, receipt and event commit together."""

    def no_room_for_events(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "activity_event"'):
            raise RuntimeError("the disk is full")
        return execute(sql, *rest)

    pickup = make_application(claims={"email": True})
    with connection.execute_wrapper(no_room_for_events), pytest.raises(RuntimeError):
        consent_to(alice, pickup)
    assert not Consent.objects.exists()
    assert not ConsentReceipt.objects.exists()


# Changing


def test_narrowing_takes_effect_at_once_and_ends_no_token(alice: User) -> None:
    """Security 81."""
    consent = consent_to(alice, make_application(claims=THREE))
    add_tokens(consent)
    assert change(consent, ["given_name"])
    assert released(alice, consent) == {"given_name"}
    assert AccessToken.objects.exists()
    assert RefreshToken.objects.filter(revoked=None).exists()
    assert events()[-1] == (
        EventKind.CONSENT_CHANGED,
        {"application": "Pickup", "claims": ["email", "family_name"], "granted": []},
    )


def test_widening_within_what_the_application_asks_for(alice: User) -> None:
    consent = consent_to(alice, make_application(claims=THREE), ["given_name"])
    assert change(consent, ["given_name", "family_name", "birthdate"])
    assert released(alice, consent) == {"given_name", "family_name"}


def test_a_change_supersedes_the_receipt_of_before(alice: User) -> None:
    """Security 82: the old one stays as it is."""
    consent = consent_to(alice, make_application(claims=THREE))
    (first,) = receipts_of(consent)
    change(consent, ["given_name"])
    first_again, second = receipts_of(consent)
    assert second.supersedes == first.uuid
    assert second.document["supersedes"] == str(first.uuid)
    assert (first_again.document, first_again.signed) == (first.document, first.signed)


def test_nothing_changed_does_nothing(alice: User) -> None:
    consent = consent_to(alice, make_application(claims=THREE), ["given_name"])
    before = (len(receipts_of(consent)), len(events()))
    assert change(consent, ["given_name"]) is False
    consent.refresh_from_db()
    assert consent.version == 1
    assert (len(receipts_of(consent)), len(events())) == before


def test_a_mandatory_one_cannot_be_taken_away_alone(alice: User) -> None:
    consent = consent_to(alice, make_application(claims=THREE))
    with pytest.raises(services.MandatoryMissing):
        change(consent, ["email"])
    assert released(alice, consent) == set(THREE)


def test_taking_all_away_revokes(alice: User) -> None:
    consent = consent_to(alice, make_application(claims=THREE))
    add_tokens(consent)
    assert change(consent, [])
    consent.refresh_from_db()
    assert consent.state == State.REVOKED
    assert not AccessToken.objects.exists()


def test_a_new_mandatory_one_does_not_keep_people_from_changing_the_rest(alice: User) -> None:
    pickup = make_application(claims=THREE)
    consent = consent_to(alice, pickup)
    ask_for(pickup, "country", is_mandatory=True)
    assert change(consent, ["given_name", "email"])
    assert released(alice, consent) == {"given_name", "email"}


def test_an_end_date_holds_for_what_was_granted_before(alice: User) -> None:
    consent = consent_to(alice, make_application(claims=THREE))
    until = timezone.now() + timedelta(days=3)
    assert change(consent, list(THREE), valid_until=until)
    assert set(consent.claims.values_list("expires_at", flat=True)) == {until}
    assert change(consent, list(THREE), valid_until=None)
    assert set(consent.claims.values_list("expires_at", flat=True)) == {None}
    assert [receipt.version for receipt in receipts_of(consent)] == [1, 2, 3]


def test_a_form_opened_before_another_change_is_told_so(alice: User) -> None:
    """Security 28."""
    consent = consent_to(alice, make_application(claims=THREE))
    change(consent, ["given_name", "email"])
    with pytest.raises(services.ChangedMeanwhile):
        change(consent, ["given_name"], opened_version=1)
    assert released(alice, consent) == {"given_name", "email"}


@pytest.mark.parametrize("ends", ["revoked", "run out"])
def test_a_consent_that_no_longer_holds_cannot_be_changed(alice: User, ends: str) -> None:
    until = timezone.now() + timedelta(days=1)
    consent = consent_to(alice, make_application(claims=THREE), valid_until=until)
    if ends == "revoked":
        services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    with pytest.raises(services.ChangedMeanwhile):
        change(consent, ["given_name"], now=until + timedelta(seconds=1))


# Revoking


@pytest.mark.parametrize("is_offline", [False, True])
def test_revoking_ends_codes_and_tokens_at_once_offline_access_too(alice: User, bob: User, *, is_offline: bool) -> None:
    """Security 81."""
    pickup = make_application(claims=THREE)
    consent, other = consent_to(alice, pickup), consent_to(bob, pickup)
    add_tokens(consent, is_offline=is_offline)
    assert services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    assert released(alice, consent) == set()
    assert not Grant.objects.exists()
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert released(bob, other) == set(THREE)
    assert events()[-1] == (EventKind.CONSENT_REVOKED, {"application": "Pickup"})


def test_the_receipt_of_a_revocation_says_what_it_covered(alice: User) -> None:
    consent = consent_to(alice, make_application(claims=THREE), ["given_name", "email"])
    services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    first, last = receipts_of(consent)
    assert last.is_revocation
    assert last.document["state"] == "REVOKED"
    assert last.supersedes == first.uuid
    assert last.document["services"] == first.document["services"]


def test_revoking_twice_is_revoking_once(alice: User) -> None:
    consent = consent_to(alice, make_application())
    assert services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    assert services.revoke(consent=consent, origin=SYSTEM, now=timezone.now()) is False
    assert len(receipts_of(consent)) == 2


def test_a_consent_given_again_goes_on_with_the_same_chain(alice: User) -> None:
    pickup = make_application()
    consent = consent_to(alice, pickup)
    services.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    later = timezone.now() + timedelta(days=1)
    again = consent_to(alice, pickup, now=later)
    assert (again.pk, again.version, again.given_at) == (consent.pk, 3, later)
    chain = receipts_of(consent)
    assert [receipt.supersedes for receipt in chain] == [None, chain[0].uuid, chain[1].uuid]


# Running out


def run_out(alice: User) -> tuple[Consent, datetime]:
    until = timezone.now() + timedelta(days=1)
    return consent_to(alice, make_application(claims=THREE), valid_until=until), until + timedelta(minutes=1)


def test_the_job_makes_a_consent_that_ran_out_a_revoked_one(alice: User) -> None:
    consent, after = run_out(alice)
    add_tokens(consent)
    revoke_run_out(after)
    consent.refresh_from_db()
    assert consent.state == State.REVOKED
    assert not AccessToken.objects.exists()
    assert receipts_of(consent)[-1].is_revocation
    assert events()[-1] == (EventKind.CONSENT_EXPIRED, {"application": "Pickup"})
    revoke_run_out(after)
    assert len(receipts_of(consent)) == 2


def test_the_job_leaves_alone_what_still_holds(alice: User) -> None:
    consent, _after = run_out(alice)
    consent_to(alice, make_application("Other"))
    revoke_run_out(timezone.now())
    consent.refresh_from_db()
    assert consent.state == State.ACTIVE


# At once


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_wins_and_the_receipts_stay_a_chain(alice: User, on_postgresql: None) -> None:
    consent = consent_to(alice, make_application(claims=THREE))

    def narrow(number: int) -> bool:
        return change(consent, ["given_name", "email"] if number % 2 else ["given_name"], opened_version=1)

    results = in_parallel(narrow, 6)
    assert results.count(True) == 1
    assert all(isinstance(result, services.ChangedMeanwhile) for result in results if result is not True)
    assert [receipt.version for receipt in receipts_of(consent)] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_first_consent_given_many_times_at_once_is_one(alice: User, on_postgresql: None) -> None:
    pickup = make_application(claims=THREE)
    results = in_parallel(lambda _number: consent_to(alice, pickup, ["given_name", "email"]).version, 6)
    assert results == [1] * 6
    assert Consent.objects.count() == 2  # and the system consent
    assert ConsentReceipt.objects.count() == 2
