"""Writes events. A change and its event commit together: call this inside the change's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import USER_AGENT_MAX_LENGTH, Event
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User


@dataclass(frozen=True)
class Origin:
    """Where a request came from, as events and messages tell it."""

    ip: str | None = None
    user_agent: str = ""
    session_uuid: UUID | None = None


SYSTEM = Origin()


def record(
    kind: EventKind,
    *,
    user: User | None,
    origin: Origin,
    now: datetime,
    by: User | None = None,
    data: Mapping[str, str | int | bool | list[str]] | None = None,
) -> Event:
    """Write one event about `user`, done by `by` (the person themselves when not given).

    `data` holds what the words need, never a secret: no passwords, codes, tokens or answers.
    """
    actor = by or user
    return Event.objects.create(
        at=now,
        kind=kind.value,
        user_uuid=user.uuid if user else None,
        by_uuid=actor.uuid if actor else None,
        session_uuid=origin.session_uuid,
        ip=origin.ip,
        user_agent=origin.user_agent[:USER_AGENT_MAX_LENGTH],
        data=dict(data or {}),
    )


def purge(*, before: datetime, batch: int = SIZE) -> int:
    """Delete events older than the organisation keeps them, a batch at a time. Returns how many went."""
    return delete_batch(Event.objects.filter(at__lt=before).order_by("at"), size=batch)


@transaction.atomic
def forget_person(*, user: User) -> int:
    """Leave of a person's events what happened and when, under their id alone. Returns how many were emptied.

    With the purge the only way past "never changed": addresses, browsers, sessions and details go when an account is
    erased; of what the person did to others, their address and browser go.
    """
    nowhere: dict[str, str | None] = {"ip": None, "user_agent": "", "session_uuid": None}
    events: QuerySet[Event] = QuerySet(Event)  # not the manager's, which refuses
    events.filter(~Q(by_uuid=F("user_uuid")), by_uuid=user.uuid).update(**nowhere)
    return events.filter(user_uuid=user.uuid).update(**nowhere, data={})
