"""The database itself keeps receipts as they are (security 82)."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from consent.purposes.models import Purpose
from consent.receipts.models import ConsentReceipt, PurgePermit
from myaccount.users.models import User
from tests.consent.support import consent_to, make_application

TABLE = "consent_consentreceipt"


def refused() -> pytest.RaisesExc[DatabaseError]:
    return pytest.raises(DatabaseError, match="consent receipts are never changed")


def test_a_receipt_cannot_be_saved_again(alice: User) -> None:
    """Security 82."""
    consent_to(alice, make_application(), ["given_name"])
    receipt = ConsentReceipt.objects.get(supersedes=None, user_uuid=alice.uuid, document__services__0__service="Pickup")
    receipt.document = {}
    with refused(), transaction.atomic():
        receipt.save()
    with refused(), transaction.atomic():
        ConsentReceipt.objects.filter(pk=receipt.pk).update(issued_at=timezone.now())
    with refused(), transaction.atomic():
        receipt.delete()
    with refused(), transaction.atomic():
        ConsentReceipt.objects.all().delete()
    receipt.refresh_from_db()
    assert receipt.document["services"]


@pytest.mark.parametrize("statement", [f"UPDATE {TABLE} SET version = 7", f"DELETE FROM {TABLE}"])
def test_no_statement_gets_past_the_database(alice: User, statement: str) -> None:
    """Security 82: on PostgreSQL and SQLite alike."""
    consent_to(alice, make_application(), ["given_name"])
    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_even_with_a_permit_nothing_is_changed(alice: User) -> None:
    """Security 82: the permit is for deleting."""
    consent_to(alice, make_application(), ["given_name"])
    with refused(), transaction.atomic():
        PurgePermit.objects.create()
        ConsentReceipt.objects.update(version=7)


@pytest.mark.django_db(transaction=True)
def test_a_flush_of_the_tests_gets_past_and_leaves_what_migrations_put_there() -> None:
    """This test's flush, and the next's, would fail otherwise."""
    assert Purpose.objects.filter(is_of_account=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_a_flush_the_database_refuses_as_before(alice: User) -> None:
    """Security 82."""
    consent_to(alice, make_application(), ["given_name"])
    with refused():
        ConsentReceipt.objects.all().delete()
    assert Purpose.objects.filter(is_of_account=True).count() == 1
