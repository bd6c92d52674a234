"""Challenges: each for one ceremony of one person in one browser session, good for five minutes and one answer."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from myaccount.limits import services as limits
from myaccount.limits.services import Rule
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from security.attempts import network_of
from security.factors.models import Challenge, Purpose

LIFE: Final = timedelta(minutes=5)
_LENGTH: Final = 32  # bytes

PER_MINUTE: Final = Rule(
    free_attempts=120,
    first_pause=timedelta(minutes=1),
    longest_pause=timedelta(minutes=1),
    forgotten_after=timedelta(minutes=1),
)


class NoChallenge(Exception):  # noqa: N818
    """There is none that fits: it was used, it is too old, or it was somebody else's or for something else."""


def reserve(address: str, *, now: datetime) -> None:
    """Count one more challenge against the network that asks. Raises TooManyAttempts; call outside transactions.

    Two budgets take turns by the minute, so that a busy network starts each minute with a whole one.
    """
    turn = int(now.timestamp()) // 60 % 2
    limits.reserve({f"challenges:{turn}:{network_of(address)}": PER_MINUTE}, now=now)


def issue(
    *,
    purpose: Purpose,
    user: User | None,
    binding: str,
    now: datetime,
    kind: str = "",
    is_older_device: bool = False,
) -> Challenge:
    """Make a challenge. Nobody knows yet whose passkey will answer one for signing in, so `user` is none then."""
    return Challenge.objects.create(
        challenge=secrets.token_bytes(_LENGTH),
        purpose=purpose,
        user=user,
        binding=binding,
        kind=kind,
        is_older_device=is_older_device,
        expires_at=now + LIFE,
    )


def take(id: UUID | str, *, purpose: Purpose, user: User | None, binding: str, now: datetime) -> Challenge:  # noqa: A002
    """Take the challenge out, before its answer is looked at; of many who try, one gets it. Raises NoChallenge."""
    try:
        key = UUID(str(id))
    except ValueError as error:
        raise NoChallenge from error
    fitting = Challenge.objects.filter(pk=key, purpose=purpose, user=user, binding=binding, expires_at__gt=now)
    challenge = fitting.first()
    if challenge is None or not Challenge.objects.filter(pk=key).delete()[0]:
        raise NoChallenge
    return challenge


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete what nobody answered in time. Returns how many rows went."""
    return delete_batch(Challenge.objects.filter(expires_at__lt=now), size=batch)
