"""Lost every second factor: a waiting time that everybody who reads the person's messages can stop.

Nothing gets past a second factor at once (security 41). The wait begins only after a proof by e-mail,
SMS or questions; at its start and its end every address and the number are told, with a link to cancel.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.outbox import services as outbox
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from myaccount.web import formats
from security.recovery.models import WaitingRecovery
from security.recovery.selectors import addresses_of, recovery_settings

USABLE_FOR: Final = timedelta(days=7)  # after the wait is over


@transaction.atomic
def begin(*, user: User, origin: Origin, now: datetime) -> WaitingRecovery:
    """Start the waiting time, unless it runs already: asking again neither shortens nor prolongs it."""
    User.objects.select_for_update().get(pk=user.pk)
    found = WaitingRecovery.objects.filter(user=user).first()
    if found is not None:
        return found
    ready_at = now + timedelta(hours=recovery_settings().waiting_hours)
    made = WaitingRecovery(user=user, started_at=now, ready_at=ready_at)
    token = _new_token(made)
    made.save()
    record(EventKind.RECOVERY_WAITING_STARTED, user=user, origin=origin, now=now)
    _tell(user, "recovery_waiting", token, now=now, at=ready_at)
    return made


@transaction.atomic
def cancel(*, token: str, origin: Origin, now: datetime) -> bool:
    """Stop the wait by the link of a message. False if it is over or the link is none."""
    found = (
        WaitingRecovery.objects.select_for_update().select_related("user").filter(cancel_digest=_digest(token)).first()
    )
    if found is None:
        return False
    _stop(found, origin=origin, now=now)
    return True


@transaction.atomic
def cancel_of(user: User, *, origin: Origin, now: datetime) -> bool:
    """Stop the wait because the person has just shown a second factor. False if none was running."""
    found = WaitingRecovery.objects.select_for_update().select_related("user").filter(user=user).first()
    if found is None:
        return False
    _stop(found, origin=origin, now=now)
    return True


def is_known(token: str) -> bool:
    """Whether a link to cancel still means something."""
    return WaitingRecovery.objects.filter(cancel_digest=_digest(token)).exists()


@transaction.atomic
def finish(user: User) -> None:
    """The account was recovered: the wait has served its purpose."""
    WaitingRecovery.objects.filter(user=user).delete()


@transaction.atomic
def announce(*, now: datetime, batch: int = SIZE) -> int:
    """Tell those whose wait is over, once. Returns how many they were."""
    over = WaitingRecovery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
    rows = list(over.filter(ready_at__lte=now, was_announced=False).order_by("ready_at")[:batch])
    for row in rows:
        token = _new_token(row)
        row.was_announced = True
        row.save(update_fields=["was_announced", "cancel_digest"])
        _tell(row.user, "recovery_ready", token, now=now, at=row.ready_at)
    return len(rows)


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete waits that nobody has used within a week of their end. Returns how many went."""
    return delete_batch(WaitingRecovery.objects.filter(ready_at__lt=now - USABLE_FOR), size=batch)


def _stop(found: WaitingRecovery, *, origin: Origin, now: datetime) -> None:
    user = found.user
    found.delete()
    record(EventKind.RECOVERY_WAITING_CANCELLED, user=user, origin=origin, now=now)
    for address in addresses_of(user):
        outbox.send_email("recovery_cancelled", to=address, user=user, now=now, context=_facts(now))


def _tell(user: User, topic: str, token: str, *, now: datetime, at: datetime) -> None:
    context = {
        **_facts(now),
        "ready_at": partial(formats.moment, at),
        "cancel_link": settings.PUBLIC_URL + reverse("cancel-waiting", args=[token]),
        "link": settings.PUBLIC_URL + reverse("forgot-password"),
    }
    for address in addresses_of(user):
        outbox.send_email(topic, to=address, user=user, now=now, context=context)
    if user.mobile and user.mobile_verified_at:
        outbox.send_sms(topic, to=user.mobile, user=user, now=now, context=context)


def _facts(now: datetime) -> dict[str, Any]:
    return {"at": partial(formats.moment, now)}


def _new_token(row: WaitingRecovery) -> str:
    token = secrets.token_urlsafe(32)
    row.cancel_digest = _digest(token)
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
