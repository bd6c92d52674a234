"""The one sanctioned way a receipt goes: after the years the controller keeps them (security 82)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from consent.consents import services
from consent.consents.models import Consent
from consent.purposes.models import Controller
from consent.receipts.models import ConsentReceipt, PurgePermit
from consent.receipts.services import purge
from consent.tasks import purge_receipts, years_before
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from tests.consent.support import consent_to, make_application

YEAR = timedelta(days=366)


def versions_of(consent: Consent) -> list[int]:
    return list(
        ConsentReceipt.objects.filter(consent_uuid=consent.pk).order_by("version").values_list("version", flat=True)
    )


@pytest.fixture
def long_ago() -> datetime:
    return timezone.now() - 12 * YEAR


def test_what_was_superseded_or_revoked_ten_years_ago_goes(alice: User, long_ago: datetime) -> None:
    pickup = make_application(claims={"email": True})
    consent = consent_to(alice, pickup, now=long_ago)
    services.revoke(consent=consent, origin=SYSTEM, now=long_ago + YEAR)
    living = consent_to(alice, make_application("Living", claims={"email": True}), now=long_ago)
    purge_receipts(timezone.now())
    assert versions_of(consent) == []
    assert versions_of(living) == [1]


def test_the_years_count_from_the_day_it_was_superseded(alice: User, long_ago: datetime) -> None:
    pickup = make_application(claims={"email": True})
    consent = consent_to(alice, pickup, now=long_ago)
    consent_to(alice, pickup, valid_until=timezone.now() + YEAR, now=timezone.now() - 5 * YEAR)
    purge_receipts(timezone.now())
    assert versions_of(consent) == [1, 2]
    Controller(receipt_years=4).save()
    purge_receipts(timezone.now())
    assert versions_of(consent) == [2]


def test_of_a_consent_that_is_gone_the_years_count_from_the_receipts_day(alice: User, long_ago: datetime) -> None:
    consent = consent_to(alice, make_application(claims={"email": True}), now=long_ago)
    alice.delete()
    purge_receipts(long_ago + 9 * YEAR)
    assert versions_of(consent) == [1]
    purge_receipts(long_ago + 11 * YEAR)
    assert versions_of(consent) == []


def test_the_permit_is_gone_with_the_transaction(alice: User, long_ago: datetime) -> None:
    """Security 82."""
    consent = consent_to(alice, make_application(claims={"email": True}), now=long_ago)
    services.revoke(consent=consent, origin=SYSTEM, now=long_ago)
    consent_to(alice, make_application("Living", claims={"email": True}))
    assert purge(before=timezone.now(), living=Consent.objects.values("uuid"), batch=1) == 1
    assert not PurgePermit.objects.exists()
    with pytest.raises(DatabaseError, match="consent receipts are never changed"):
        ConsentReceipt.objects.all().delete()


def test_a_leap_day_has_a_day_ten_years_before() -> None:
    assert years_before(datetime(2028, 2, 29, 12, tzinfo=UTC), 10) == datetime(2018, 2, 28, 12, tzinfo=UTC)
    assert years_before(datetime(2026, 11, 22, tzinfo=UTC), 10) == datetime(2016, 11, 22, tzinfo=UTC)
