"""Challenges: for one ceremony of one person in one browser session, for five minutes, once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone as django_timezone

from myaccount.limits.models import AttemptBudget
from myaccount.limits.services import TooManyAttempts
from myaccount.users.models import User
from security.factors.devices import challenges
from security.factors.devices.challenges import LIFE, PER_MINUTE, NoChallenge
from security.factors.models import Challenge, Purpose
from tests.support.browsing import new_browser, sign_in
from tests.support.parallel import in_parallel
from tests.support.people import make_person

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)  # noqa: UP017 (Django's `timezone` is another)
BINDING = "a browser session"
PASSKEY_OPTIONS = "/myaccount/sign-in/passkey/options/"


def issue(user: User | None, *, purpose: Purpose = Purpose.SIGN_IN, now: datetime = NOW) -> Challenge:
    return challenges.issue(purpose=purpose, user=user, binding=BINDING, now=now)


def take(
    id: UUID | str,  # noqa: A002
    user: User | None,
    *,
    purpose: Purpose = Purpose.SIGN_IN,
    binding: str = BINDING,
    now: datetime = NOW,
) -> Challenge:
    return challenges.take(id, purpose=purpose, user=user, binding=binding, now=now)


def test_a_challenge_is_random_and_long(alice: User) -> None:
    """Security 64: at least 16 bytes that nobody can guess."""
    made = [bytes(issue(alice).challenge) for _ in range(20)]
    assert len(set(made)) == 20
    assert {len(challenge) for challenge in made} == {32}


def test_a_challenge_is_taken_once(alice: User) -> None:
    """Security 64: the library itself takes one again and again."""
    challenge = issue(alice)
    assert bytes(take(challenge.pk, alice).challenge) == bytes(challenge.challenge)
    with pytest.raises(NoChallenge):
        take(challenge.pk, alice)
    assert not Challenge.objects.exists()


@pytest.mark.parametrize("seconds", [0, 1, 299])
def test_a_challenge_holds_for_five_minutes(alice: User, seconds: int) -> None:
    """Security 64."""
    challenge = issue(alice)
    assert take(str(challenge.pk), alice, now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [300, 301, 86_400])
def test_a_challenge_does_not_hold_longer(alice: User, seconds: int) -> None:
    """Security 64."""
    challenge = issue(alice)
    with pytest.raises(NoChallenge):
        take(challenge.pk, alice, now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose != Purpose.SIGN_IN])
def test_a_challenge_of_another_ceremony_is_none(alice: User, purpose: Purpose) -> None:
    """Security 64; and the wrong try does not use it up for the right one."""
    challenge = issue(alice)
    with pytest.raises(NoChallenge):
        take(challenge.pk, alice, purpose=purpose)
    assert take(challenge.pk, alice)


@pytest.mark.parametrize("binding", ["another browser session", "", BINDING + " "])
def test_a_challenge_of_another_session_is_none(alice: User, binding: str) -> None:
    """Security 64."""
    challenge = issue(alice)
    with pytest.raises(NoChallenge):
        take(challenge.pk, alice, binding=binding)
    assert take(challenge.pk, alice)


def test_a_challenge_of_another_person_is_none(alice: User, bob: User) -> None:
    """Security 64."""
    challenge, nobodys = issue(alice), issue(None, purpose=Purpose.PASSKEY)
    for person in (bob, None):
        with pytest.raises(NoChallenge):
            take(challenge.pk, person)
    for person in (alice, bob):
        with pytest.raises(NoChallenge):
            take(nobodys.pk, person, purpose=Purpose.PASSKEY)
    assert take(challenge.pk, alice)
    assert take(nobodys.pk, None, purpose=Purpose.PASSKEY)


@pytest.mark.parametrize("id", ["", "x", "\x00", "1", str(UUID(int=7)), "é" * 40, "{" + str(UUID(int=7)) + "}"])
def test_an_odd_id_is_no_challenge(alice: User, id: str) -> None:  # noqa: A002
    """Security 90."""
    issue(alice)
    with pytest.raises(NoChallenge):
        take(id, alice)


def test_challenges_go_with_their_person(alice: User) -> None:
    """Security 62."""
    issue(alice)
    alice.delete()
    assert not Challenge.objects.exists()


def test_old_challenges_are_cleaned_away_in_batches(alice: User) -> None:
    for minutes in range(10):
        issue(alice, now=NOW + timedelta(minutes=minutes))
    now = NOW + timedelta(minutes=5) + LIFE
    assert challenges.forget_old(now=now, batch=3) == 3
    assert challenges.forget_old(now=now, batch=3) == 2
    assert challenges.forget_old(now=now, batch=3) == 0
    assert Challenge.objects.count() == 5


def test_the_browser_is_what_a_passkeys_challenge_is_bound_to(browser: Client, db: None) -> None:
    """Security 64: each browser its own, by a cookie of its own, so that no answer takes a sign-in's session away."""
    browser.post(PASSKEY_OPTIONS)
    new_browser().post(PASSKEY_OPTIONS)
    first, second = Challenge.objects.order_by("expires_at").values_list("binding", flat=True)
    assert first != second
    assert browser.cookies["ceremony"].value == first
    assert "session" not in browser.cookies
    browser.post(PASSKEY_OPTIONS)
    assert Challenge.objects.filter(binding=first).count() == 2


def test_signing_in_starts_a_binding_of_its_own(alice: User) -> None:
    """Security 9: what was prepared in a browser before somebody signed in does not become theirs."""
    browser = new_browser()
    browser.post(PASSKEY_OPTIONS)
    before = Challenge.objects.get()
    sign_in(browser)
    browser.post("/myaccount/security/factors/devices/options/", {"kind": "usb"})
    after = Challenge.objects.exclude(pk=before.pk).get()
    assert (after.user, after.purpose) == (alice, Purpose.REGISTER)
    with pytest.raises(NoChallenge):
        take(before.pk, alice, purpose=Purpose.REGISTER, binding=after.binding, now=django_timezone.now())


def test_a_network_asks_so_often_a_minute_and_no_more(db: None) -> None:
    """Security 44: and others, and the next minutes, are not its concern."""
    for _ in range(PER_MINUTE.free_attempts):
        challenges.reserve("192.0.2.10", now=NOW)
    with pytest.raises(TooManyAttempts) as refused:
        challenges.reserve("192.0.2.10", now=NOW + timedelta(seconds=59))
    assert refused.value.until <= NOW + timedelta(minutes=1)
    challenges.reserve("192.0.2.11", now=NOW)
    challenges.reserve("192.0.2.10", now=NOW + timedelta(seconds=60))


def test_a_busy_network_has_a_whole_budget_each_minute(db: None) -> None:
    """An office behind one address, all day long."""
    for seconds in range(0, 600, 1):
        challenges.reserve("192.0.2.10", now=NOW + timedelta(seconds=seconds))
    assert AttemptBudget.objects.filter(key__startswith="challenges:").count() == 2
    for budget in AttemptBudget.objects.all():
        assert budget.failures <= 60


def test_too_many_challenges_are_answered_with_how_long_to_wait(browser: Client, time_machine: Any, db: None) -> None:
    time_machine.move_to(NOW, tick=False)
    for _ in range(PER_MINUTE.free_attempts):
        challenges.reserve("192.0.2.10", now=NOW)
    response = browser.post(PASSKEY_OPTIONS)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert not Challenge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_of_twenty_takes_it(on_postgresql: None) -> None:
    """Security 64: across threads."""
    alice = make_person("alice")
    challenge = issue(alice)
    results = in_parallel(lambda number: take(challenge.pk, alice), 20)
    assert sum(isinstance(result, Challenge) for result in results) == 1, results
    assert sum(isinstance(result, NoChallenge) for result in results) == 19, results
