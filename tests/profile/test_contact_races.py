"""Proving an address many times at once: real threads, each with a database connection of its own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from django.utils import timezone

import profile.contacts as contacts
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import Origin
from myaccount.users.models import User
from profile.models import ContactKind, PendingContact
from sessions_app.models import LoginSession
from tests.profile.support import recipients, sent_code, sent_link, wrong
from tests.support.parallel import in_parallel
from tests.support.people import make_person

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "new@example.org"


class Asker:
    """A person with a session in which a new address was asked for."""

    def __init__(self, username: str) -> None:
        self.user = make_person(username)
        self.now = timezone.now()
        session = LoginSession.objects.create(user=self.user, started_at=self.now, last_seen_at=self.now)
        self.session: UUID = session.uuid
        self.origin = Origin(session_uuid=self.session)

    def ask(self, value: str = NEW, *, now: datetime | None = None) -> None:
        contacts.request_change(
            user=self.user, kind=ContactKind.EMAIL, value=value, session_uuid=self.session, origin=self.origin,
            now=now or self.now,
        )  # fmt: skip

    def prove(self, code: str) -> None:
        user = User.objects.get(pk=self.user.pk)
        contacts.prove_by_code(
            user=user, kind=ContactKind.EMAIL, code=code, session_uuid=self.session, origin=self.origin,
            now=timezone.now(),
        )  # fmt: skip

    def follow(self, token: str) -> None:
        user = User.objects.get(pk=self.user.pk)
        contacts.prove_by_token(
            user=user, token=token, session_uuid=self.session, origin=self.origin, now=timezone.now()
        )


def test_one_of_twenty_proofs_wins() -> None:
    """Security 38: code and link alike."""
    alice = Asker("alice")
    alice.ask()
    code, token = sent_code(), sent_link().split("/")[-2]
    results = in_parallel(lambda n: alice.follow(token) if n % 2 else alice.prove(code), 20)
    assert results.count(None) == 1, results
    assert all(isinstance(r, contacts.NothingPending | contacts.WrongCode) for r in results if r is not None), results
    assert User.objects.get(pk=alice.user.pk).email == NEW
    assert Event.objects.filter(kind=EventKind.EMAIL_CHANGED).count() == 1
    assert recipients("email_changed") == ["alice@example.org"]


def test_of_twenty_wrong_guesses_at_once_five_are_looked_at() -> None:
    """Security 45, 57: each is counted before it is compared."""
    alice = Asker("alice")
    alice.ask()
    code = sent_code()
    results = in_parallel(lambda n: alice.prove(wrong(code)), 20)
    assert all(isinstance(result, contacts.WrongCode) for result in results), results
    assert PendingContact.objects.get().tries == contacts.MAX_TRIES
    with pytest.raises(contacts.WrongCode):
        alice.prove(code)
    assert User.objects.get(pk=alice.user.pk).email == "alice@example.org"


def test_two_people_who_prove_one_address_at_once_do_not_both_get_it() -> None:
    """Security 29."""
    alice, bob = Asker("alice"), Asker("bob")
    alice.ask()
    alices_code = sent_code()
    bob.ask()
    bobs_code = sent_code()
    results = in_parallel(lambda n: bob.prove(bobs_code) if n else alice.prove(alices_code), 2)
    assert sorted(type(result).__name__ for result in results) == ["AddressTaken", "NoneType"], results
    assert User.objects.filter(email=NEW).count() == 1


def test_a_form_sent_many_times_at_once_sends_one_code() -> None:
    alice = Asker("alice")
    results = in_parallel(lambda n: alice.ask(), 5)
    assert results.count(None) == 1, results
    assert all(isinstance(result, contacts.ResendTooSoon) for result in results if result is not None), results
    assert recipients("prove_email") == [NEW]
    alice.prove(sent_code())


def test_resending_many_times_at_once_sends_one_code() -> None:
    alice = Asker("alice")
    alice.ask(now=alice.now - contacts.RESEND_AFTER)

    def resend(number: int) -> None:
        contacts.resend(user=alice.user, kind=ContactKind.EMAIL, session_uuid=alice.session, now=timezone.now())

    results = in_parallel(resend, 5)
    assert results.count(None) == 1, results
    assert len(recipients("prove_email")) == 2
    alice.prove(sent_code())
