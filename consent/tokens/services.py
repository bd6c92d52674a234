"""Ends codes and tokens. Refresh tokens go before access tokens, everywhere: the other order deadlocks with a replay."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from consent.applications.models import Application
from consent.tokens.models import AccessToken, Grant, RefreshToken
from myaccount.users.models import User


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
def end_everything(*, user: User, now: datetime) -> None:
    """End all codes and tokens of a person, of every application, offline access too."""
    Grant.objects.filter(user=user).delete()
    _end({"user": user}, now=now)


@transaction.atomic
def end_family(token_family: UUID, *, now: datetime) -> None:
    """End all that came of one code, through whatever refreshes (RFC 9700, 4.14; security 77, 78)."""
    _end({"token_family": token_family}, now=now)


def _end(those: dict[str, Any], *, now: datetime) -> None:
    RefreshToken.objects.filter(**those, revoked=None).update(revoked=now, access_token=None)
    tokens: QuerySet[AccessToken] = AccessToken.objects.filter(**those)
    tokens.delete()
