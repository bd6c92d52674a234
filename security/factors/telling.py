"""What happens besides, whenever a factor comes, changes or goes: event, mail, other sessions, trust.

Called inside the transaction of the change, so that all of it commits or none (security 19, 47, 61).
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.utils.functional import Promise

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.outbox import services as outbox
from myaccount.users.models import User
from myaccount.web import formats
from security.factors.kinds import WORDS, Authenticator
from security.factors.models import TrustedBrowser
from sessions_app import selectors as sessions_selectors
from sessions_app import services as sessions
from sessions_app.services import EndReason


def added(user: User, authenticator: Authenticator, name: str, *, origin: Origin, now: datetime) -> None:
    """A factor was added: the other sessions end, since whoever is in them did not prove it."""
    _end_others(user, origin=origin, now=now)
    _tell("factor_added", EventKind.FACTOR_ADDED, user, authenticator, name, origin=origin, now=now)


def changed(user: User, authenticator: Authenticator, name: str, *, origin: Origin, now: datetime) -> None:
    """A factor stayed but is another: a new seed, a new number."""
    _end_others(user, origin=origin, now=now)
    _tell("factor_changed", EventKind.FACTOR_CHANGED, user, authenticator, name, origin=origin, now=now)


def removed(
    user: User,
    authenticator: Authenticator,
    name: str,
    *,
    origin: Origin,
    now: datetime,
    by: User | None = None,
    reason: str = "",
) -> None:
    """A factor is gone. Nothing of the other sessions or of trusted browsers stays."""
    _end_others(user, origin=origin, now=now, by=by)
    _tell(
        "factor_removed",
        EventKind.FACTOR_REMOVED,
        user,
        authenticator,
        name,
        origin=origin,
        now=now,
        by=by,
        reason=reason,
    )


def codes_made(user: User, *, origin: Origin, now: datetime) -> None:
    """New backup codes; any old ones no longer work."""
    _mail("backup_codes_made", user, label=WORDS[Authenticator.BACKUP_CODE].title, name="", origin=origin, now=now)
    record(EventKind.BACKUP_CODES_MADE, user=user, origin=origin, now=now)


def code_used(user: User, *, left: int, origin: Origin, now: datetime) -> None:
    """A backup code was used up."""
    _mail("backup_code_used", user, label="", name="", origin=origin, now=now, left=left)
    record(EventKind.BACKUP_CODE_USED, user=user, origin=origin, now=now, data={"left": left})


def suspect(user: User, name: str, *, origin: Origin, now: datetime) -> None:
    """A security device counted backwards: there may be two of it (WebAuthn 6.1.1; security 68)."""
    _tell("factor_suspect", EventKind.FACTOR_SUSPECT, user, Authenticator.DEVICE, name, origin=origin, now=now)


def _end_others(user: User, *, origin: Origin, now: datetime, by: User | None = None) -> None:
    """All but the session it is done in; an administrator's own session is not the person's, unless it is."""
    own = origin.session_uuid
    sessions.end_all(user=user, reason=EndReason.FACTOR_CHANGED, origin=origin, now=now, keep=own, by=by)
    TrustedBrowser.objects.filter(user=user).delete()


def _tell(
    topic: str,
    kind: EventKind,
    user: User,
    authenticator: Authenticator,
    name: str,
    *,
    origin: Origin,
    now: datetime,
    by: User | None = None,
    reason: str = "",
) -> None:
    data = {"factor": authenticator.value, "name": name}
    if reason:
        data["reason_given"] = reason
    record(kind, user=user, origin=origin, now=now, by=by, data=data)
    _mail(topic, user, label=WORDS[authenticator].title, name=name, origin=origin, now=now, by=by, reason=reason)


def _mail(
    topic: str,
    user: User,
    *,
    label: str | Promise,
    name: str,
    origin: Origin,
    now: datetime,
    by: User | None = None,
    reason: str = "",
    left: int = 0,
) -> None:
    address = outbox.address_of(user)
    if not address:
        return
    is_other = by is not None and by != user
    context: dict[str, Any] = {
        "factor": label,
        "name": name,
        "left": left,
        "by_administrator": is_other,
        "reason_given": reason,
        "at": partial(formats.moment, now),
    }
    if not is_other:  # where an administrator sits is none of the person's business
        context["browser"] = partial(sessions_selectors.describe_user_agent, origin.user_agent)
        context["ip"] = origin.ip
    outbox.send_email(topic, to=address, user=user, now=now, context=context)
