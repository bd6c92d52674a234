"""Browsers that are not asked for the second step, for as many days as an administrator allows.

The cookie holds one random token for each of at most five people; the database holds their
digests, so that trust can be listed and taken back, and ends with every change of a factor or
of the password.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from myaccount.web.requests import origin
from security.factors.models import TrustedBrowser

_SALT: Final = "security.trusted-browser"
_MAX_PEOPLE: Final = 5


def cookie_name() -> str:
    """With the `__Host-` prefix wherever cookies are secure."""
    return "__Host-trusted" if settings.SESSION_COOKIE_SECURE else "trusted"


def is_trusted(request: HttpRequest, user: User, *, now: datetime) -> bool:
    """Whether the person trusted this browser and that still holds. Notes that it was used."""
    token = _tokens(request).get(str(user.uuid))
    if not token:
        return False
    found = TrustedBrowser.objects.filter(user=user, digest=_digest(token), expires_at__gt=now)
    return bool(found.update(last_used_at=now))


@transaction.atomic
def trust(request: HttpRequest, response: HttpResponseBase, user: User, *, days: int, now: datetime) -> None:
    """Ask this browser for no second step any more, for so many days."""
    token = secrets.token_urlsafe(32)
    source = origin(request)
    TrustedBrowser.objects.create(
        user=user,
        digest=_digest(token),
        user_agent=source.user_agent[:512],
        ip=source.ip,
        created_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=days),
    )
    record(EventKind.BROWSER_TRUSTED, user=user, origin=source, now=now, data={"days": days})
    others = {person: kept for person, kept in _tokens(request).items() if person != str(user.uuid)}
    newest = dict([(str(user.uuid), token), *others.items()][:_MAX_PEOPLE])
    response.set_cookie(
        cookie_name(),
        signing.dumps(newest, salt=_SALT),
        max_age=timedelta(days=90),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@transaction.atomic
def forget(*, user: User, uuid: UUID | None, origin: Origin, now: datetime) -> int:
    """Trust one of the person's browsers no longer, or none of them. Returns how many it were."""
    found = TrustedBrowser.objects.filter(user=user)
    if uuid is not None:
        found = found.filter(uuid=uuid)
    count, _ = found.delete()
    if count:
        record(EventKind.BROWSER_FORGOTTEN, user=user, origin=origin, now=now, data={"browsers": count})
    return count


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete what ran out. Returns how many rows went."""
    return delete_batch(TrustedBrowser.objects.filter(expires_at__lt=now), size=batch)


def _tokens(request: HttpRequest) -> dict[str, str]:
    try:
        value: Any = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT)
        return {str(person): str(token) for person, token in value.items()}
    except (signing.BadSignature, AttributeError):
        return {}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
