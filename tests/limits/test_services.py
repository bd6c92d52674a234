"""Budgets of attempts, alone and under parallel guesses."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from myaccount.limits import services as limits
from myaccount.limits.models import AttemptBudget
from myaccount.limits.services import Rule, TooManyAttempts
from tests.support.parallel import in_parallel

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RULE = Rule(free_attempts=5, first_pause=timedelta(minutes=1))
MINUTE = timedelta(minutes=1)


def spend(count: int, *, key: str = "k", now: datetime = NOW) -> None:
    for _ in range(count):
        limits.reserve({key: RULE}, now=now)


def blocked_at(now: datetime, *, key: str = "k") -> bool:
    try:
        limits.reserve({key: RULE}, now=now)
    except TooManyAttempts:
        return True
    return False


def test_the_free_attempts_are_free_and_the_next_waits(db: None) -> None:
    """Security 3."""
    spend(5)
    with pytest.raises(TooManyAttempts) as refusal:
        limits.reserve({"k": RULE}, now=NOW)
    assert refusal.value.until == NOW + MINUTE


def test_a_refused_attempt_costs_nothing(db: None) -> None:
    """Security 5: trying during the pause does not make it longer."""
    spend(5)
    for _ in range(50):
        assert blocked_at(NOW + timedelta(seconds=59))
    assert not blocked_at(NOW + MINUTE)


def test_pauses_double_up_to_one_hour_and_never_grow_beyond(db: None) -> None:
    """Security 5: back-off of at most an hour, never permanent."""
    assert RULE.pause_after(4) is None
    assert [RULE.pause_after(n) for n in (5, 6, 7, 10)] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 32 * MINUTE]
    assert {RULE.pause_after(n) for n in (11, 12, 100, 10**9)} == {timedelta(hours=1)}


def test_failures_are_forgotten_after_a_day(db: None) -> None:
    spend(4)
    spend(4, now=NOW + timedelta(hours=24, seconds=1))
    assert AttemptBudget.objects.get(key="k").failures == 4


def test_a_clock_set_back_frees_nobody(db: None) -> None:
    spend(5)
    assert blocked_at(NOW - timedelta(hours=3))


def test_the_right_person_starts_anew(db: None) -> None:
    spend(5)
    limits.forgive(["k"])
    spend(5)


def test_one_attempt_given_back_leaves_the_others_counted(db: None) -> None:
    """Security 8."""
    spend(3)
    limits.give_back("k")
    limits.give_back("of nobody")
    assert AttemptBudget.objects.get(key="k").failures == 2


def test_one_exhausted_budget_spends_none_of_the_others(db: None) -> None:
    spend(5, key="a")
    with pytest.raises(TooManyAttempts):
        limits.reserve({"a": RULE, "b": RULE}, now=NOW)
    assert not AttemptBudget.objects.filter(key="b", failures__gt=0).exists()


def test_old_budgets_go_a_batch_at_a_time_and_others_stay(db: None) -> None:
    for number in range(5):
        spend(1, key=f"old{number}")
    spend(1, key="new", now=NOW + timedelta(days=2))
    later = NOW + timedelta(days=2, seconds=1)
    assert limits.forget_old(now=later, batch=3) == 3
    assert limits.forget_old(now=later) == 2
    assert AttemptBudget.objects.get().key == "new"


@pytest.mark.django_db(transaction=True)
def test_attempts_are_not_reserved_inside_a_transaction() -> None:
    """Security 57: whatever rolled it back would give the guess away for free."""
    with pytest.raises(RuntimeError), transaction.atomic():
        limits.reserve({"k": RULE}, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_count_outlives_the_failure_of_what_follows() -> None:
    """Security 57."""

    def guess_that_fails() -> None:
        limits.reserve({"k": RULE}, now=NOW)
        with transaction.atomic():
            raise ZeroDivisionError

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            guess_that_fails()
    assert blocked_at(NOW)


def test_a_pause_nobody_waits_for_is_counted_and_the_others_hold(db: None) -> None:
    """Security 5."""
    for _ in range(5):
        limits.reserve({"account": RULE}, now=NOW)
    limits.reserve({"account": RULE, "network": RULE}, now=NOW, not_waiting_for={"account"})
    assert AttemptBudget.objects.get(key="account").failures == 6
    assert AttemptBudget.objects.get(key="account").blocked_until == NOW + 2 * MINUTE
    for _ in range(4):
        limits.reserve({"network": RULE}, now=NOW)
    with pytest.raises(TooManyAttempts):
        limits.reserve({"account": RULE, "network": RULE}, now=NOW, not_waiting_for={"account"})
    assert AttemptBudget.objects.get(key="account").failures == 6


@pytest.mark.django_db(transaction=True)
def test_thirty_parallel_guesses_get_no_more_than_the_cap() -> None:
    """Security 3, 56."""
    results = in_parallel(lambda _: limits.reserve({"a": RULE, "b": RULE}, now=NOW), 30)
    assert results.count(None) == 5
    assert sum(isinstance(result, TooManyAttempts) for result in results) == 25


@pytest.mark.django_db(transaction=True)
def test_callers_that_share_some_budgets_do_not_wait_for_each_other_forever() -> None:
    """Rows are locked in one order, so there is no deadlock."""
    wide = Rule(free_attempts=1000, first_pause=MINUTE)
    keys = ["send:1", "send-to:2", "place:3", "account:4", "network:5"]

    def reserve(number: int) -> None:
        start = number % len(keys)
        order = keys[start:] + keys[:start]
        limits.reserve(dict.fromkeys(order[:4], wide), now=NOW)

    assert in_parallel(reserve, 15) == [None] * 15
    assert sum(AttemptBudget.objects.values_list("failures", flat=True)) == 15 * 4


@pytest.mark.django_db(transaction=True)
def test_a_guess_that_waits_while_the_budget_is_forgiven_is_still_counted(on_postgresql: None) -> None:
    """Security 3: parallel guesses at the moment the owner comes in are not free."""
    spend(1)

    def act(number: int) -> None:
        if number == 0:
            with transaction.atomic():
                AttemptBudget.objects.select_for_update().get(key="k")
                time.sleep(0.4)
                limits.forgive(["k"])
        else:
            time.sleep(0.1)
            limits.reserve({"k": RULE}, now=NOW)

    assert in_parallel(act, 4) == [None] * 4
    assert AttemptBudget.objects.get(key="k").failures == 3
