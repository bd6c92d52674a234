"""At the same moment: keeping and erasing, asking twice, signing in and asking. Real threads, on PostgreSQL."""

from __future__ import annotations

from collections import Counter

import pytest
from django.utils import timezone

from consent.receipts.models import ConsentReceipt
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.deletion import services
from myaccount.deletion.models import AccountDeletion
from myaccount.outbox.models import Message
from myaccount.users.models import User
from sessions_app.models import LoginSession
from tests.consent.support import consent_to, make_application
from tests.deletion.support import A_DAY, COOLING_OFF, KEEP_OR_LEAVE, ask_for_deletion, give_password
from tests.support.browsing import new_browser
from tests.support.parallel import in_parallel
from tests.support.people import make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_postgresql")]


def test_of_keeping_and_erasing_one_wins() -> None:
    """Conditional on the row: either the account is there with everything, or it is gone with everything."""
    for _ in range(6):
        alice = make_person("alice")
        consent_to(alice, make_application(f"Pickup {alice.pk}"))
        ask_for_deletion(alice)
        now = timezone.now() + COOLING_OFF + A_DAY

        def act(number: int, alice: User = alice) -> bool:
            if number % 2:
                return services.cancel(user=alice, origin=SYSTEM, now=now)  # noqa: B023
            return services.erase_due(now=now) == 1  # noqa: B023

        results = in_parallel(act, 4)
        assert Counter(map(str, results)) == {"True": 1, "False": 3}, results
        kinds = Counter(Event.objects.filter(user_uuid=alice.uuid).values_list("kind", flat=True))
        is_kept = User.objects.filter(pk=alice.pk).exists()
        assert kinds[EventKind.DELETION_CANCELLED] == int(is_kept)
        assert kinds[EventKind.ACCOUNT_ERASED] == int(not is_kept)
        assert ConsentReceipt.objects.filter(user_uuid=alice.uuid, is_revocation=True).exists() is not is_kept
        assert not AccountDeletion.objects.exists()
        User.objects.all().delete()


def test_asked_for_many_times_at_once_it_begins_once() -> None:
    alice = make_person("alice")
    results = in_parallel(lambda _: ask_for_deletion(alice).pk, 8)
    assert len(set(results)) == 1, results
    assert Message.objects.filter(topic="deletion_requested").count() == 1


def test_no_session_begins_beside_the_deletion() -> None:
    """Security 6, 52: whichever comes first, in the end the account is leaving and nobody is signed in to it."""
    for _ in range(6):
        alice = make_person("alice")
        browsers = [new_browser(address=f"192.0.2.{number}") for number in range(3)]

        def act(number: int, alice: User = alice, browsers: list[object] = browsers) -> str:  # type: ignore[assignment]
            return give_password(browsers[number]) if number < 3 else str(ask_for_deletion(alice))  # type: ignore[arg-type]

        results = in_parallel(act, 4)
        assert set(results) <= {KEEP_OR_LEAVE, "/myaccount/", "alice"}, results
        assert not LoginSession.objects.filter(ended_at=None).exists(), results
        User.objects.all().delete()


def test_two_workers_erase_each_account_once() -> None:
    people = [make_person(f"person{number}") for number in range(6)]
    for person in people:
        ask_for_deletion(person)
    now = timezone.now() + COOLING_OFF + A_DAY
    results = in_parallel(lambda _: services.erase_due(now=now), 3)
    assert sum(result for result in results if isinstance(result, int)) == 6, results
    assert Event.objects.filter(kind=EventKind.ACCOUNT_ERASED).count() == 6
