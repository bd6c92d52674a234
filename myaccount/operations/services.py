"""Has a change done at once, or lets it wait where a workflow holds it.

Who changes something asks here. Which changes wait is decided by the gate, which the area of approvals
installs; without one, and where it holds nothing, the change is carried out in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from myaccount.activity.services import Origin
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Description, Execution, Submission, action_of, is_known
from myaccount.users.models import User


@dataclass(frozen=True)
class Waiting:
    """It was not done: it waits as the request with this id."""

    request_uuid: UUID


@dataclass(frozen=True)
class Done:
    """It was done; `result` is what the action returned."""

    result: object


@dataclass(frozen=True)
class Kept:
    """What waits, as it was asked for."""

    request_uuid: UUID
    submission: Submission


Outcome = Done | Waiting
Gate = Callable[[Submission, Origin, datetime], Waiting | None]
WaitingReader = Callable[[UUID, OperationKind], Sequence[Kept]]
_gate: list[Gate] = []
_reader: list[WaitingReader] = []


def install_gate(gate: Gate) -> None:
    """Let `gate` decide what waits: it keeps the submission, in the transaction it is called in, or returns None."""
    _gate[:] = [gate]


def register_waiting_reader(reader: WaitingReader) -> None:
    """Let `reader` say what waits that is of a kind and about a person: oldest first, in one query."""
    _reader[:] = [reader]


def waiting_for(user: User, kind: OperationKind) -> list[Kept]:
    """What waits that is about this person, oldest first. One query, and none where nothing can wait."""
    return [kept for reader in _reader for kept in reader(user.uuid, kind)]


@transaction.atomic
def submit(submission: Submission, *, origin: Origin, now: datetime) -> Outcome:
    """Do what is asked for, or keep it until people agree; either way in one transaction with its event.

    Raises OperationImpossible when it cannot be done.
    """
    action = action_of(submission)
    for gate in _gate:
        waiting = gate(submission, origin, now)
        if waiting is not None:
            return waiting
    return Done(action.carry_out(submission, Execution(by=submission.requester, now=now, origin=origin)))


@transaction.atomic
def carry_out(submission: Submission, execution: Execution) -> object:
    """Do what people have agreed to. Raises OperationImpossible; the caller calls it once."""
    return action_of(submission).carry_out(submission, execution)


def describe(submission: Submission) -> Description:
    """What would be done, for who decides about it."""
    return action_of(submission).describe(submission)


def summarize(submissions: Sequence[Submission]) -> list[str]:
    """What each would change in a few words, for lists; empty where nobody says. At most one query for each owner."""
    texts = [""] * len(submissions)
    owned: dict[Callable[[Sequence[Submission]], list[str]], list[int]] = {}
    for index, submission in enumerate(submissions):
        owner = action_of(submission).summarize if is_known(submission) else None
        if owner is not None:
            owned.setdefault(owner, []).append(index)
    for owner, indexes in owned.items():
        for index, text in zip(indexes, owner([submissions[index] for index in indexes]), strict=True):
            texts[index] = text
    return texts


@transaction.atomic
def give_up(submission: Submission, execution: Execution, *, reason: str) -> None:
    """Let who owns a change know that it will not be carried out: rejected, withdrawn, or no longer possible."""
    action = action_of(submission)
    if action.give_up is not None:
        action.give_up(submission, execution, reason)
