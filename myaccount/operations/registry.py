"""What can be done through an operation, and by whom it is carried out.

The package that owns a change registers it when Django starts. What is asked for is plain JSON, so that it
can wait in the database, and be carried out exactly as it was asked by a process that knows nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from myaccount.activity.services import SYSTEM, Origin
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User


@dataclass(frozen=True)
class Submission:
    """One change that somebody asks for.

    `payload` is what the action needs, JSON-safe; it may hold the hash of a password, never the password.
    `subject_name` is how people call whom it is about: the username, also while there is no account yet.
    `attributes` are values by claim name that conditions of workflows are compared with: the person's, or those
    a new account would have. `claims` are the names of the attributes that would change. `key` is equal for the same
    question of the same person about the same subject; where it is empty, the payload decides, without its secrets.
    """

    action: str
    payload: Mapping[str, Any]
    subject_name: str
    subject_uuid: UUID | None = None
    requester: User | None = None  # nobody is signed in when people register themselves
    attributes: Mapping[str, str] = field(default_factory=dict)
    claims: frozenset[str] = frozenset()
    key: str = ""  # equal for the same question; the payload decides where it is empty


@dataclass(frozen=True)
class Property:
    """One thing a change is about, as an approver reads it, in the language in use.

    `was`: when it was asked for; `wanted`: what it would become; `is_now`: what it is while somebody looks.
    Empty where there is nothing to say. It changed meanwhile when `is_now` differs from `was`.
    """

    label: str
    wanted: str
    was: str = ""
    is_now: str = ""

    @property
    def has_changed_meanwhile(self) -> bool:
        """Whether what was asked for starts from something that is no longer so."""
        return self.was != self.is_now


@dataclass(frozen=True)
class Description:
    """What would be done. `why_impossible` is a sentence where it can no longer be done; empty where it can."""

    properties: tuple[Property, ...]
    why_impossible: str = ""


@dataclass(frozen=True)
class Execution:
    """Who had it done, and when: `by` is who asked for it; nobody for people who register themselves."""

    by: User | None
    now: datetime
    origin: Origin = SYSTEM


class OperationImpossible(Exception):  # noqa: N818
    """What was asked for can no longer be done; the text says why, in the language in use."""


@dataclass(frozen=True)
class Action:
    """A change that may have to wait.

    `carry_out` does it, in the transaction it is called in, with its event and messages; it may raise
    OperationImpossible, and nothing else that can be foreseen. What it returns goes to who submitted it.
    `give_up`, where there is something to undo or somebody else to tell, is called with the reason, in the
    transaction in which a request ends without having been carried out. `summarize` says in a few words what each of
    several would change, for lists: with one query at most, however many they are. `newest_counts`: what people ask
    for themselves takes the place of what they asked for before of the same attributes, as long as that waits.
    """

    name: str  # stored in requests: never change one
    kind: OperationKind
    carry_out: Callable[[Submission, Execution], object]
    describe: Callable[[Submission], Description]
    give_up: Callable[[Submission, Execution, str], None] | None = None
    summarize: Callable[[Sequence[Submission]], list[str]] | None = None
    newest_counts: bool = False


_actions: dict[str, Action] = {}


def register(action: Action) -> None:
    """Make an action known. Raises ValueError for a name that another one has."""
    if _actions.setdefault(action.name, action) != action:
        raise ValueError(f"two actions are called {action.name}")


def is_known(submission: Submission) -> bool:
    """Whether somebody registered the action, which a request that has waited for long may have outlived."""
    return submission.action in _actions


def action_of(submission: Submission) -> Action:
    """The action a submission is for. Raises KeyError for one nobody registered."""
    return _actions[submission.action]
