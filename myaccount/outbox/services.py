"""Queues messages in the transaction of the change they tell about, and sends them.

A request only queues: whether the mail server is up, slow or refusing never shows in a reply
(security 36). A message is claimed by a conditional update before it is sent, so two workers
never send it twice; one whose worker died is sent again under the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult

from myaccount.outbox import adapters
from myaccount.outbox.models import Channel, Message, State
from myaccount.outbox.tasks import deliver
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.selectors import portal_settings

DEFAULT_LIFE: Final = timedelta(days=2)
CLAIM_LIFE: Final = timedelta(minutes=2)
MAX_ATTEMPTS: Final = 60
_PAUSES: Final = [timedelta(seconds=s) for s in (10, 30, 60, 120, 300, 600, 1200, 2400, 3600)]


def address_of(user: User) -> str:
    """Where the person is told about their account: a proven address, or any where proof is switched off; or empty."""
    is_theirs = user.email_verified_at is not None or not portal_settings().prove_contact_changes
    return user.email if is_theirs else ""


@transaction.atomic
def send_email(
    topic: str,
    *,
    to: str,
    user: User | None,
    now: datetime,
    context: Mapping[str, Any],
    life: timedelta = DEFAULT_LIFE,
    is_secret: bool = False,
) -> Message:
    """Queue the e-mail `templates/email/<topic>.{subject.txt,txt,html}` in the person's language.

    `context`: what depends on the language or the time zone is given as a callable, called in theirs.
    `life`: after this it is no longer sent (a code's message dies with the code).
    `is_secret`: its text is removed once it has been sent.
    """
    with _as_read_by(user):
        values = {**_called(context), "person": user, "product_name": portal_settings().product_name, "now": now}
        values["public_url"] = settings.PUBLIC_URL
        subject = " ".join(render_to_string(f"email/{topic}.subject.txt", values).split())
        text = render_to_string(f"email/{topic}.txt", values).strip() + "\n"
        html = render_to_string(f"email/{topic}.html", {**values, "subject": subject})
    return _queue(
        now=now, life=life, channel=Channel.EMAIL, topic=topic, recipient=to, user=user, is_secret=is_secret,
        subject=subject[:200], text=text, html=html,
    )  # fmt: skip


@transaction.atomic
def send_sms(
    topic: str,
    *,
    to: str,
    user: User | None,
    now: datetime,
    context: Mapping[str, Any],
    life: timedelta = DEFAULT_LIFE,
    is_secret: bool = False,
) -> Message:
    """Queue the text message `templates/sms/<topic>.txt` in the person's language. `to` is E.164."""
    with _as_read_by(user):
        values = {**_called(context), "product_name": portal_settings().product_name}
        text = render_to_string(f"sms/{topic}.txt", values).strip()
    return _queue(
        now=now, life=life, channel=Channel.SMS, topic=topic, recipient=to, user=user, is_secret=is_secret, text=text
    )


def _called(context: Mapping[str, Any]) -> dict[str, Any]:
    """Templates call what is callable, but not inside a text that is translated as a whole."""
    return {name: value() if callable(value) else value for name, value in context.items()}


def _queue(*, now: datetime, life: timedelta, **parts: Any) -> Message:
    message = Message.objects.create(created_at=now, expires_at=now + life, next_attempt_at=now, **parts)
    deliver.enqueue(str(message.pk))
    return message


def attempt(message_id: str, *, now: datetime) -> None:
    """Try to send one message; on failure queue the next try, until it expires or the tries are used up."""
    claimed = Message.objects.filter(pk=message_id, next_attempt_at__lte=now).filter(
        Q(state=State.QUEUED) | Q(state=State.SENDING, claimed_at__lt=now - CLAIM_LIFE)
    )
    if not claimed.update(state=State.SENDING, claimed_at=now):
        return
    message = Message.objects.get(pk=message_id)
    if message.expires_at <= now:
        _finish(message, State.EXPIRED)
        return
    try:
        adapters.send(message)
    except adapters.DeliveryFailed as failure:
        _retry(message, str(failure), now=now)
    else:
        message.sent_at = timezone.now()
        _finish(message, State.SENT)


@transaction.atomic
def _retry(message: Message, error: str, *, now: datetime) -> None:
    message.attempts += 1
    message.last_error = error[:300]
    pause = _PAUSES[min(message.attempts, len(_PAUSES)) - 1]
    message.next_attempt_at = now + pause
    if message.attempts >= MAX_ATTEMPTS or message.next_attempt_at >= message.expires_at:
        _finish(message, State.ABANDONED if message.attempts >= MAX_ATTEMPTS else State.EXPIRED)
        return
    message.state = State.QUEUED
    if _store(message):
        deliver.using(run_after=message.next_attempt_at).enqueue(str(message.pk))


def _finish(message: Message, state: State) -> None:
    message.state = state
    message.next_attempt_at = None
    if message.is_secret and not settings.OUTBOX_KEEPS_BODIES:
        message.text = message.html = ""
    _store(message)


def _store(message: Message) -> int:
    """Keep how far it has come. One that went with its person's account meanwhile does not come back: 0."""
    names = ("state", "attempts", "next_attempt_at", "sent_at", "last_error", "text", "html")
    return Message.objects.filter(pk=message.pk).update(**{name: getattr(message, name) for name in names})


@transaction.atomic
def try_again(message: Message, *, now: datetime) -> bool:
    """Send a message as soon as a worker is free: one that waits, or one that was given up or came too late.

    False for one that has left or is leaving, and for one whose code or link no longer holds.
    """
    locked = Message.objects.select_for_update().get(pk=message.pk)
    is_too_late = locked.expires_at <= now
    if locked.state in (State.SENT, State.SENDING) or not locked.text or (is_too_late and locked.is_secret):
        return False
    if locked.state != State.QUEUED:
        locked.state, locked.attempts = State.QUEUED, 0
    if is_too_late:
        locked.expires_at = now + DEFAULT_LIFE
    locked.next_attempt_at = now
    locked.save()
    deliver.enqueue(str(locked.pk))
    return True


@transaction.atomic
def requeue_lost(*, now: datetime, batch: int = 100) -> int:
    """Queue anew the messages whose job was lost with its worker. Returns how many.

    Marked as claimed now, so that a queue that is merely long does not grow by a job a minute each.
    """
    late = now - CLAIM_LIFE * 2
    lost = Message.objects.filter(state__in=[State.QUEUED, State.SENDING], next_attempt_at__lt=late)
    lost = lost.filter(Q(claimed_at=None) | Q(claimed_at__lt=late))
    ids = list(lost.order_by("next_attempt_at").values_list("pk", flat=True)[:batch])
    lost.filter(pk__in=ids).update(state=State.QUEUED, claimed_at=now)
    for message_id in ids:
        deliver.enqueue(str(message_id))
    return len(ids)


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete messages that left, or were given up, more than 30 days ago. Returns how many went."""
    old = Message.objects.filter(created_at__lt=now - timedelta(days=30), next_attempt_at=None)
    return delete_batch(old, size=batch)


@transaction.atomic
def forget_person(*, user: User) -> None:
    """Delete every message to a person whose account ends, also those that have not left yet."""
    Message.objects.filter(user=user).delete()


@transaction.atomic
def forget_address(address: str, *, topics: Collection[str]) -> None:
    """Delete messages about these things that went to an address before anybody here had it."""
    Message.objects.filter(user=None, recipient=address, topic__in=topics).delete()


def forget_topic(topic: str, *, batch: int = SIZE) -> int:
    """Delete the messages about one thing as soon as they have left or were given up. Returns how many went."""
    return delete_batch(Message.objects.filter(topic=topic, user=None, next_attempt_at=None), size=batch)


def forget_finished_jobs(*, now: datetime, batch: int = SIZE) -> int:
    """Delete the queue's rows of jobs that ended more than a day ago. Returns how many went."""
    return delete_batch(DBTaskResult.objects.finished().filter(finished_at__lt=now - timedelta(days=1)), size=batch)


@contextmanager
def _as_read_by(user: User | None) -> Iterator[None]:
    """The person's own language and time zone, whoever's request this is; those in use where they have chosen none."""
    language = user.language if user and user.language else translation.get_language()
    zone = formats.zone(user.time_zone) if user else None
    with translation.override(language), timezone.override(zone or timezone.get_current_timezone()):
        yield
