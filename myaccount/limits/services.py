"""Attempt limits that hold under parallel guesses (NIST SP 800-63B 3.2.2; security 3 to 5, 56, 57).

An attempt is counted as failed *before* the guess is looked at, in a transaction of its own,
so neither parallel guesses nor a rollback of what follows can win a free one.
A success gives the attempt back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from myaccount.limits.models import AttemptBudget
from myaccount.schedule.batches import SIZE, delete_batch

LASTING: Final = "lasting:"  # begins the keys of budgets that time alone does not make whole


@dataclass(frozen=True)
class Rule:
    """How many failures in a row are free, and how long the pause grows after them."""

    free_attempts: int
    first_pause: timedelta
    longest_pause: timedelta = timedelta(hours=1)
    forgotten_after: timedelta = timedelta(hours=24)

    def pause_after(self, failures: int) -> timedelta | None:
        """The pause after this many failures: none within the free ones, then doubling up to the longest."""
        if failures < self.free_attempts:
            return None
        doublings = min(failures - self.free_attempts, 30)
        doubled: timedelta = self.first_pause * 2**doublings
        return min(doubled, self.longest_pause)


class TooManyAttempts(Exception):  # noqa: N818 (states the fact)
    """The budget is spent; `until` says when the next attempt will be looked at."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"blocked until {until.isoformat()}")
        self.until = until


def reserve(rules: Mapping[str, Rule], *, now: datetime, not_waiting_for: Collection[str] = ()) -> None:
    """Count one attempt against every key, or raise TooManyAttempts and count none.

    Pauses of the keys in `not_waiting_for` stop nobody this time; the attempt counts against them all the same.
    Must be called outside any transaction (Django refuses otherwise), before the guess is evaluated.
    """
    with transaction.atomic(durable=True):
        budgets = _locked(rules, now=now)
        waited_for = [budget for budget in budgets if budget.key not in not_waiting_for]
        blocked = [b.blocked_until for b in waited_for if b.blocked_until and b.blocked_until > now]
        if blocked:
            raise TooManyAttempts(max(blocked))
        for budget in budgets:
            rule = rules[budget.key]
            if now - budget.last_attempt_at > rule.forgotten_after:
                budget.failures = 0
            budget.failures += 1
            budget.last_attempt_at = now
            pause = rule.pause_after(budget.failures)
            budget.blocked_until = now + pause if pause else None
            budget.save()


def is_blocked(key: str, *, now: datetime) -> bool:
    """Whether an attempt for this key would be refused now."""
    return AttemptBudget.objects.filter(key=key, blocked_until__gt=now).exists()


def failures_of(key: str, *, now: datetime, within: timedelta = timedelta(hours=1)) -> int:
    """How many attempts in a row have failed for this key, the last of them not longer ago than `within`."""
    found = AttemptBudget.objects.filter(key=key, last_attempt_at__gt=now - within)
    return found.values_list("failures", flat=True).first() or 0


def forgive(keys: Iterable[str]) -> None:
    """Forget all failures of these keys: the right person came."""
    AttemptBudget.objects.filter(key__in=list(keys)).delete()


def give_back(key: str) -> None:
    """Take back one reserved attempt, leaving earlier failures counted (security 8)."""
    with transaction.atomic():
        budget = AttemptBudget.objects.select_for_update().filter(key=key).first()
        if budget and budget.failures:
            budget.failures -= 1
            budget.blocked_until = None
            budget.save()


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete budgets nobody has touched for two days, a batch at a time, but lasting ones. Returns how many went."""
    old = AttemptBudget.objects.filter(last_attempt_at__lt=now - timedelta(days=2))
    return delete_batch(old.exclude(key__startswith=LASTING), size=batch)


def _locked(rules: Mapping[str, Rule], *, now: datetime) -> list[AttemptBudget]:
    """The budgets' rows, made where missing and locked in one order so that no two callers wait for each other.

    A row may be forgiven, which deletes it, while we wait for it: then it is made anew,
    for an attempt must be counted against every key.
    """
    keys = sorted(rules)
    while True:
        AttemptBudget.objects.bulk_create(
            [AttemptBudget(key=key, last_attempt_at=now) for key in keys], ignore_conflicts=True
        )
        budgets = list(AttemptBudget.objects.select_for_update().filter(key__in=keys).order_by("key"))
        if len(budgets) == len(keys):
            return budgets
