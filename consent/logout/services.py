"""Tells applications that a session has ended: queued with its end, sent by a job, tried again, given up in the end.

A request only queues: whether an application is up, slow or lying never shows in a reply.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from consent.applications.models import ApplicationAccess
from consent.applications.subjects import subject_of
from consent.logout import adapters
from consent.logout.models import DeliveryState, LogoutDelivery
from consent.logout.tasks import tell_applications
from consent.logout.tokens import logout_token
from myaccount.users.models import User

BATCH: Final = 100  # deliveries in one job; others of the worker's jobs get their turn in between
THREADS: Final = 16
MAX_ATTEMPTS: Final = 5
CLAIM_LIFE: Final = timedelta(minutes=3)  # a batch takes a minute at the very worst
PAUSES: Final = [timedelta(minutes=minutes) for minutes in (1, 5, 20, 60)]


@transaction.atomic
def queue(*, session_uuids: Collection[UUID], user: User, now: datetime) -> int:
    """Have every application told that was used in these sessions and wants to know. Returns how many are to be."""
    used = ApplicationAccess.objects.filter(login_session__in=session_uuids).exclude(
        application__backchannel_logout_uri=""
    )
    rows = [
        LogoutDelivery(
            login_session_id=session, application_id=application, user=user, created_at=now, next_attempt_at=now
        )
        for session, application in used.values_list("login_session", "application")
    ]
    if rows:
        LogoutDelivery.objects.bulk_create(rows, ignore_conflicts=True)
        tell_applications.enqueue()
    return len(rows)


@transaction.atomic
def detach_from_account(*, user: User) -> None:
    """Let what waits to be told outlive the account, with all that telling needs: the session's id and the subject."""
    rows = LogoutDelivery.objects.select_for_update(of=("self",)).select_related("application")
    for delivery in rows.defer("application__logo").filter(user=user, state=DeliveryState.WAITING):
        delivery.detached_session, delivery.detached_subject = _whose(delivery)
        delivery.login_session = delivery.user = None
        delivery.save(update_fields=["login_session", "user", "detached_session", "detached_subject"])


def _whose(delivery: LogoutDelivery) -> tuple[UUID, str]:
    """The session and the subject an application is told of."""
    if delivery.user is None or delivery.login_session_id is None:
        return delivery.detached_session or UUID(int=0), delivery.detached_subject or ""
    return delivery.login_session_id, subject_of(delivery.user, delivery.application)


def deliver_due(*, now: datetime) -> int:
    """Tell the applications whose time has come, many at once. Returns how many were tried, at most a batch.

    One that does not answer is not tried again for other sessions in the same batch: it would hold everybody up.
    """
    claimed = _claim(now=now)
    silent: set[int] = set()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="logout") as pool:
        futures: dict[Future[str], LogoutDelivery] = {}
        for delivery in claimed:
            application = delivery.application
            session, subject = _whose(delivery)
            token = logout_token(application=application, login_session_uuid=session, subject=subject, now=now)
            uri = application.backchannel_logout_uri
            futures[pool.submit(_tell, application.pk, uri, token, silent)] = delivery
        for future in as_completed(futures):
            _note(futures[future], future.result(), now=timezone.now())
    return len(claimed)


@transaction.atomic
def _claim(*, now: datetime) -> list[LogoutDelivery]:
    """Take what is due; a try counts before it is made, so that one that ends its worker is not made for ever."""
    due = LogoutDelivery.objects.filter(state=DeliveryState.WAITING, next_attempt_at__lte=now)
    due.filter(attempts__gte=MAX_ATTEMPTS, user=None).delete()
    due.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=DeliveryState.GIVEN_UP, next_attempt_at=None, last_error="the worker ended"
    )
    rows = due.select_for_update(skip_locked=True, of=("self",)).select_related("application", "user")
    claimed = list(rows.order_by("next_attempt_at").defer("application__logo")[:BATCH])
    LogoutDelivery.objects.filter(pk__in=[delivery.pk for delivery in claimed]).update(
        attempts=F("attempts") + 1, next_attempt_at=now + CLAIM_LIFE
    )
    for delivery in claimed:
        delivery.attempts += 1
    return claimed


def _tell(application_pk: int, uri: str, token: str, silent: set[int]) -> str:
    """Send one, in a thread of its own and so without the database. Returns what went wrong, or nothing."""
    if not uri:
        return "there is no address any more"
    if application_pk in silent:
        return "not tried: it did not answer for another session"
    try:
        adapters.tell(uri, token, allows_private=settings.PRIVATE_ADDRESSES_ALLOWED)
    except adapters.NoAnswer as failure:
        silent.add(application_pk)
        return str(failure)
    except adapters.NotDelivered as failure:
        return str(failure)
    return ""


def _note(delivery: LogoutDelivery, error: str, *, now: datetime) -> None:
    delivery.last_error = error[:200]
    delivery.next_attempt_at = None
    if not error:
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, now
    elif delivery.attempts >= MAX_ATTEMPTS:
        delivery.state = DeliveryState.GIVEN_UP
    else:
        delivery.next_attempt_at = now + PAUSES[delivery.attempts - 1]
    told = LogoutDelivery.objects.filter(pk=delivery.pk)
    if delivery.next_attempt_at is None and told.filter(user=None).delete()[0]:
        return
    told.update(
        state=delivery.state,
        next_attempt_at=delivery.next_attempt_at,
        delivered_at=delivery.delivered_at,
        last_error=delivery.last_error,
    )
