"""Ends codes and tokens. Refresh tokens go before access tokens everywhere: the other order deadlocks with a replay."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from consent.applications.models import Application
from consent.tokens.models import AccessToken, Grant, RefreshToken
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User

KEPT_TO_NOTICE_REPLAY: Final = timedelta(hours=1)  # a code that ran out


@transaction.atomic
def end_of_sessions(session_uuids: Collection[UUID], *, now: datetime, ends_offline: bool = False) -> None:
    """End what was given in these sign-in sessions; what has offline access goes on, unless `ends_offline`."""
    Grant.objects.filter(login_session__in=session_uuids).delete()
    bound = {"login_session__in": session_uuids}
    _end(bound if ends_offline else {**bound, "is_offline": False}, now=now)


@transaction.atomic
def end_access(*, user: User, application: Application, now: datetime) -> None:
    """End everything one application has of one person, offline access too."""
    Grant.objects.filter(user=user, application=application).delete()
    _end({"user": user, "application": application}, now=now)


@transaction.atomic
def end_offline(*, user: User, now: datetime) -> None:
    """End what applications may do while a person is not signed in, whichever session it was given in."""
    _end({"user": user, "is_offline": True}, now=now)


@transaction.atomic
def end_everything(*, user: User, now: datetime) -> None:
    """End all codes and tokens of a person, of every application, offline access too."""
    Grant.objects.filter(user=user).delete()
    _end({"user": user}, now=now)


@transaction.atomic
def end_family(token_family: UUID, *, now: datetime) -> None:
    """End all that came of one code, through whatever refreshes (RFC 9700, 4.14; security 77, 78)."""
    _end({"token_family": token_family}, now=now)


@transaction.atomic
def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete what ran out, a batch at a time; refresh tokens stay while reuse can do harm. Returns how many went."""
    gone = delete_batch(Grant.objects.filter(expires__lt=now - KEPT_TO_NOTICE_REPLAY), size=batch)
    gone += delete_batch(RefreshToken.objects.filter(ends_at__lt=now), size=batch)
    return gone + delete_batch(AccessToken.objects.filter(expires__lt=now), size=batch)


def _end(those: dict[str, Any], *, now: datetime) -> None:
    # A refresh under way holds the token before it, and is waited for there; what it gave is found the next time, also
    # where nothing was left to revoke when the wait was over.
    while found := list(RefreshToken.objects.filter(**those, revoked=None).values_list("pk", flat=True)):
        RefreshToken.objects.filter(pk__in=found, revoked=None).update(revoked=now, access_token=None)
    tokens: QuerySet[AccessToken] = AccessToken.objects.filter(**those)
    tokens.delete()
