"""The same thing at the same moment, many times."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from consent.receipts.models import ConsentReceipt
from myaccount.activity.services import SYSTEM
from myaccount.registration import services
from myaccount.registration.models import Registration, State
from myaccount.users.models import User
from tests.registration.support import allow, code_of, gate, newest, register
from tests.support.browsing import new_browser
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def prove_at_once(registrations: list[tuple[Registration, str]]) -> list[Any]:
    def prove(number: int) -> None:
        registration, code = registrations[number]
        services.prove_by_code(registration=registration, code=code, origin=SYSTEM, now=timezone.now())

    return in_parallel(prove, len(registrations))


def registered(number: int, **changes: Any) -> tuple[Registration, str]:
    register(new_browser(address=f"192.0.2.{number}"), **changes)
    return Registration.objects.latest("started_at"), code_of(newest())


def test_one_of_many_proofs_makes_one_account(on_postgresql: None) -> None:
    """Security 38."""
    allow()
    one = registered(1)
    results = prove_at_once([one] * 5)
    assert [r for r in results if r is None] == [None]
    assert all(isinstance(r, services.WrongProof) for r in results if r is not None)
    assert User.objects.count() == ConsentReceipt.objects.count() == 1


def test_one_of_many_gets_the_name_they_all_asked_for(on_postgresql: None) -> None:
    """Security 29, 38: the others are told that it was taken."""
    allow()
    everybody = [registered(number, email=f"d{number}@example.net") for number in range(5)]
    assert prove_at_once(everybody) == [None] * 5
    assert User.objects.count() == 1
    assert sorted(Registration.objects.values_list("state", flat=True)) == [State.DONE] + [State.FAILED] * 4


def test_one_of_many_waits_for_the_name_they_all_asked_for(on_postgresql: None) -> None:
    allow()
    everybody = [registered(number, email=f"d{number}@example.net") for number in range(5)]
    with gate():
        assert prove_at_once(everybody) == [None] * 5
    assert sorted(Registration.objects.values_list("state", flat=True)) == [State.FAILED] * 4 + [State.WAITING]


def test_no_more_than_five_guesses_are_looked_at(on_postgresql: None) -> None:
    """Security 3, 45: however many come at once."""
    allow()
    registration, right = registered(1)
    wrong = [f"{(int(right) + 1 + number) % 10**6:06}" for number in range(12)]
    prove_at_once([(registration, code) for code in wrong])
    registration.refresh_from_db()
    assert registration.tries == services.MAX_TRIES
