"""Starts and ends sign-in sessions. Ending one deletes the browser's row in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, Origin, record
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from myaccount.users.signals import sessions_ended
from myaccount.web.models import PortalSettings
from sessions_app import devices
from sessions_app.models import USER_AGENT_MAX_LENGTH, BrowserSession, EndReason, LoginSession

__all__ = ["EndReason", "LoginSession"]  # offered to the other areas, which know services only

LAST_SEEN_PRECISION = timedelta(minutes=1)
KEPT_AFTER_END = timedelta(days=90)


@dataclass(frozen=True)
class Switch:
    """That a session goes on in a linked account: whose it was, and since when the person has been signed in."""

    source: User
    is_return: bool  # back to the account they signed in to
    started_at: datetime


@transaction.atomic
def start(
    *, user: User, origin: Origin, methods: Sequence[str], now: datetime, switch: Switch | None = None
) -> LoginSession:
    """Begin a session for a person who has just signed in. `methods` are RFC 8176 references such as `pwd`.

    One that goes on from a linked account ends no later than the one it came from would have (security 14).
    """
    is_away = switch is not None and not switch.is_return
    device = devices.describe(origin.user_agent)
    return LoginSession.objects.create(
        user=user,
        user_agent=origin.user_agent[:USER_AGENT_MAX_LENGTH],
        browser=device.browser,
        operating_system=device.operating_system,
        device=device.model,
        ip=origin.ip,
        started_at=switch.started_at if switch else now,
        last_seen_at=now,
        methods=list(methods),
        switched_from=switch.source.uuid if switch and is_away else None,
        switched_from_name=switch.source.username if switch and is_away else "",
    )


@transaction.atomic
def end(
    *, login_session: LoginSession, reason: EndReason, origin: Origin, now: datetime, by: User | None = None
) -> bool:
    """End one session. False if it was over already; then nothing is written."""
    active = LoginSession.objects.filter(pk=login_session.pk, ended_at=None)
    if not active.update(ended_at=now, end_reason=reason):
        return False
    BrowserSession.objects.filter(login_session=login_session).delete()
    sessions_ended.send(
        LoginSession,
        user=login_session.user,
        session_uuids=(login_session.pk,),
        reason=reason,
        origin=origin,
        now=now,
        ends_offline=False,
    )
    kind = {
        EndReason.SIGNED_OUT: EventKind.SIGNED_OUT,
        EndReason.IDLE: EventKind.SESSION_EXPIRED,
        EndReason.TOO_OLD: EventKind.SESSION_EXPIRED,
    }.get(reason, EventKind.SESSION_ENDED)
    record(kind, user=login_session.user, origin=origin, now=now, by=by, data=_told_of(login_session, reason))
    return True


def _told_of(login_session: LoginSession, reason: EndReason) -> dict[str, str]:
    """What the event of its end holds."""
    return {
        "reason": reason.value,
        "browser": login_session.browser,
        "operating_system": login_session.operating_system,
    }


@transaction.atomic
def end_all(
    *,
    user: User,
    reason: EndReason,
    origin: Origin,
    now: datetime,
    keep: UUID | None = None,
    by: User | None = None,
    ends_offline: bool = False,
) -> int:
    """End a person's sessions, except `keep`. Returns how many ended; one event tells of all.

    Those that came from this account by switching end, too: whoever is to be kept out of it does not stay in another
    one by it, from where they could come back (security 18, 19).
    `ends_offline`: what applications may do while nobody is signed in ends, too, even where no session is left.
    """
    # Who comes back to this account holds its row until the new session is there (security/sign_in/flows.py).
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
    others = LoginSession.objects.exclude(pk=keep) if keep else LoginSession.objects.all()
    ids = list(others.filter(user=user, ended_at=None).values_list("pk", flat=True))
    ended = LoginSession.objects.filter(pk__in=ids, ended_at=None).update(ended_at=now, end_reason=reason) if ids else 0
    # After the others: a switch that is under way ends the session it leaves, and is waited for there.
    ended += _end_switched(others.filter(switched_from=user.uuid), EndReason.SOURCE_ENDED, now=now)
    if ids or ends_offline:
        BrowserSession.objects.filter(login_session__in=ids).delete()
        sessions_ended.send(
            LoginSession,
            user=user,
            session_uuids=tuple(ids),
            reason=reason,
            origin=origin,
            now=now,
            ends_offline=ends_offline,
        )
    if ids or ended:
        record(
            EventKind.SESSION_ENDED,
            user=user,
            origin=origin,
            now=now,
            by=by,
            data={"reason": reason.value, "count": ended, "kept_one": keep is not None},
        )
    return ended


@transaction.atomic
def terminate(*, user: User, login_session: LoginSession, origin: Origin, now: datetime) -> bool:
    """End a session as a person wants it: one of their own, or one that went on from their account in a linked one.

    The history of the linked account does not tell from where. False if it was over already.
    """
    if login_session.user_id == user.pk:
        return end(login_session=login_session, reason=EndReason.TERMINATED, origin=origin, now=now)
    if not end(login_session=login_session, reason=EndReason.SOURCE_ENDED, origin=SYSTEM, now=now):
        return False
    data = _told_of(login_session, EndReason.TERMINATED)
    record(EventKind.SESSION_ENDED, user=user, origin=origin, now=now, data=data)
    return True


@transaction.atomic
def end_switched(*, user: User, source: User, now: datetime) -> None:
    """End the sessions in a person's account that came by switching from another one."""
    _end_switched(LoginSession.objects.filter(user=user, switched_from=source.uuid), EndReason.UNLINKED, now=now)


def _end_switched(sessions: QuerySet[LoginSession], reason: EndReason, *, now: datetime) -> int:
    """The history of the account they are in does not tell where it was done: that is another account's business."""
    found = sessions.filter(ended_at=None).select_related("user")
    return sum(end(login_session=each, reason=reason, origin=SYSTEM, now=now) for each in found)


def touch(login_session: LoginSession, *, now: datetime) -> None:
    """Note that the session is in use, at most once a minute: a write a page would halve the rate of pages."""
    if now - login_session.last_seen_at >= LAST_SEEN_PRECISION:
        LoginSession.objects.filter(pk=login_session.pk, ended_at=None).update(last_seen_at=now)
        login_session.last_seen_at = now


def why_over(login_session: LoginSession, *, portal_settings: PortalSettings, now: datetime) -> EndReason | None:
    """Why a session is no longer good, or None while it is (NIST SP 800-63B 2.2.3; security 14, 18)."""
    if login_session.ended_at is not None or not login_session.user.is_active:
        return EndReason.NO_LONGER_VALID
    if now - login_session.started_at >= timedelta(hours=portal_settings.session_absolute_hours):
        return EndReason.TOO_OLD
    if now - login_session.last_seen_at >= timedelta(minutes=portal_settings.session_idle_minutes):
        return EndReason.IDLE
    return None


def seconds_left(login_session: LoginSession, *, portal_settings: PortalSettings, now: datetime) -> int:
    """How many seconds until the session ends if nothing more is done in it; none when it is over."""
    idle_end = login_session.last_seen_at + timedelta(minutes=portal_settings.session_idle_minutes)
    absolute_end = login_session.started_at + timedelta(hours=portal_settings.session_absolute_hours)
    return max(0, int((min(idle_end, absolute_end) - now).total_seconds()))


def sweep(*, portal_settings: PortalSettings, now: datetime, batch: int = 200) -> int:
    """End sessions that ran out while nobody looked. Returns how many ended."""
    idle_since = now - timedelta(minutes=portal_settings.session_idle_minutes)
    started_before = now - timedelta(hours=portal_settings.session_absolute_hours)
    over = LoginSession.objects.filter(ended_at=None).filter(
        Q(last_seen_at__lte=idle_since) | Q(started_at__lte=started_before)
    )
    ended = 0
    for login_session in over.select_related("user").order_by("last_seen_at")[:batch]:
        reason = why_over(login_session, portal_settings=portal_settings, now=now)
        if reason and end(login_session=login_session, reason=reason, origin=SYSTEM, now=now):
            ended += 1
    return ended


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete browser rows that ran out and sessions that ended 90 days ago. Returns how many rows went."""
    gone = delete_batch(BrowserSession.objects.filter(expire_date__lt=now), size=batch)
    return gone + delete_batch(LoginSession.objects.filter(ended_at__lt=now - KEPT_AFTER_END), size=batch)
