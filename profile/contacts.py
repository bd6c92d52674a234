"""Changing the e-mail address or the mobile number: proven first, then true (security 29, 43 to 45)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.limits import services as limits
from myaccount.limits.services import Rule
from myaccount.operations.registry import OperationImpossible, Submission
from myaccount.operations.services import Done, Outcome, submit
from myaccount.outbox import services as outbox
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from myaccount.users.names import canonical_key
from myaccount.users.selectors import is_name_taken
from myaccount.users.signals import ChangeRefused, email_changed, mobile_changed
from myaccount.web import formats
from profile.current import attributes_of
from profile.models import ContactKind, PendingContact
from profile.phones import readable
from profile.pictures import GRAVATAR_ORIGIN

CODE_LIFE: Final = {ContactKind.EMAIL: timedelta(hours=1), ContactKind.MOBILE: timedelta(minutes=10)}
RESEND_AFTER: Final = timedelta(seconds=60)
MAX_TRIES: Final = 5
SET_CONTACT: Final = "profile.set_contact"
EMAIL: Final = ContactKind.EMAIL
MOBILE: Final = ContactKind.MOBILE
_SENDS: Final = Rule(free_attempts=8, first_pause=timedelta(minutes=10), forgotten_after=timedelta(hours=1))
_KINDS: Final = {
    ContactKind.EMAIL: (EventKind.EMAIL_CHANGE_REQUESTED, EventKind.EMAIL_CHANGED, EventKind.EMAIL_CHANGE_CANCELLED),
    ContactKind.MOBILE: (
        EventKind.MOBILE_CHANGE_REQUESTED,
        EventKind.MOBILE_CHANGED,
        EventKind.MOBILE_CHANGE_CANCELLED,
    ),
}


class WrongCode(Exception):  # noqa: N818
    """The code was not right; `tries_left` more may be tried, none means that it is dead."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("wrong code")
        self.tries_left = tries_left


class NothingPending(Exception):  # noqa: N818
    """There is no change to prove here: it was proven, cancelled, replaced, has expired, or began elsewhere."""


class ResendTooSoon(Exception):  # noqa: N818
    """A code was sent a moment ago."""


class AddressTaken(Exception):  # noqa: N818
    """Somebody else proved this address first."""


@dataclass(frozen=True)
class Waiting:
    """A change that waits for its proof in this session."""

    value: str
    shown: str  # as people write it
    expires_at: datetime
    can_resend: bool


@dataclass(frozen=True)
class _Secrets:
    code: str
    token: str


def request_change(
    *, user: User, kind: ContactKind, value: str, session_uuid: UUID, origin: Origin, now: datetime, purpose: str = ""
) -> None:
    """Send a code to a new address or number and keep it as pending; an earlier pending one dies.

    Raises limits.TooManyAttempts when too many were sent, ResendTooSoon when this very change was
    asked for a moment ago (a form sent twice): its code stays good. Says nothing of whether the
    address belongs to somebody else: then its owner gets a mail that tells them, and no code.
    `purpose` is told to whoever listens once the change is proven (`mobile_changed`).
    """
    reserve_send(user, value, now=now)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        earlier = PendingContact.objects.filter(user=user, kind=kind)
        same = earlier.filter(value=value, purpose=purpose, session_uuid=session_uuid)
        if same.filter(sent_at__gt=now - RESEND_AFTER).exists():
            raise ResendTooSoon
        earlier.delete()
        pending = PendingContact(
            user=user, kind=kind, value=value, purpose=purpose, session_uuid=session_uuid, sent_at=now,
            expires_at=now + CODE_LIFE[kind],
        )  # fmt: skip
        _send_code(pending, now=now)
        record(_KINDS[kind][0], user=user, origin=origin, now=now, data={"address": _shown(kind, value)})
        address = outbox.address_of(user)
        if kind == ContactKind.EMAIL and address and canonical_key(address) != canonical_key(value):
            outbox.send_email(
                "email_change_requested",
                to=address,
                user=user,
                now=now,
                context={"at": partial(formats.moment, now)},
            )


def resend(*, user: User, kind: ContactKind, session_uuid: UUID, now: datetime) -> None:
    """Send a new code for the pending change; the old one dies.

    Raises ResendTooSoon, NothingPending or TooManyAttempts.
    """
    pending = _own(user, kind, session_uuid, now=now)
    if now - pending.sent_at < RESEND_AFTER:
        raise ResendTooSoon
    reserve_send(user, pending.value, now=now)
    with transaction.atomic():
        locked = PendingContact.objects.select_for_update().filter(pk=pending.pk).first()
        if locked is None:
            raise NothingPending
        if now - locked.sent_at < RESEND_AFTER:
            raise ResendTooSoon
        locked.sent_at, locked.expires_at, locked.tries = now, now + CODE_LIFE[kind], 0
        _send_code(locked, now=now)


@transaction.atomic
def cancel(*, user: User, kind: ContactKind, origin: Origin, now: datetime) -> bool:
    """Give the pending change up; the old value stays. False if there was none."""
    deleted, _ = PendingContact.objects.filter(user=user, kind=kind).delete()
    if deleted:
        record(_KINDS[kind][2], user=user, origin=origin, now=now)
    return bool(deleted)


def prove_by_code(
    *, user: User, kind: ContactKind, code: str, session_uuid: UUID, origin: Origin, now: datetime
) -> Outcome:
    """Make the pending value the person's, if the code is right, at once or when people agree.

    Raises WrongCode, NothingPending, AddressTaken, and ChangeRefused where something else depends on the value.

    The try is counted before the code is compared, so parallel guesses get no more than five.
    """
    pending = _own(user, kind, session_uuid, now=now)
    counted = PendingContact.objects.filter(pk=pending.pk, tries__lt=MAX_TRIES, code_digest=pending.code_digest)
    if not counted.update(tries=F("tries") + 1):
        raise WrongCode(0)
    if not constant_time_compare(_code_digest(pending, code), pending.code_digest):
        raise WrongCode(max(0, MAX_TRIES - 1 - pending.tries))
    return _accept(pending, origin=origin, now=now)


def prove_by_token(*, user: User, token: str, session_uuid: UUID, origin: Origin, now: datetime) -> Outcome:
    """The same by the link of the e-mail. Raises NothingPending or AddressTaken."""
    pending = _own(user, ContactKind.EMAIL, session_uuid, now=now)
    if not constant_time_compare(_token_digest(token), pending.token_digest):
        raise NothingPending
    return _accept(pending, origin=origin, now=now)


@transaction.atomic
def set_by_administrator(
    *, user: User, kind: ContactKind, value: str, is_proven: bool, by: User, origin: Origin, now: datetime
) -> Outcome:
    """Take what an administrator knows to be the person's, as proven or not, at once or when people agree.

    Done(False) if nothing is different. A pending change of the person's own dies with it. Raises AddressTaken, or
    ChangeRefused as below.
    """
    is_proven = is_proven and bool(value)
    person = User.objects.select_for_update().get(pk=user.pk)
    old, verified_at = (
        (person.email, person.email_verified_at)
        if kind == ContactKind.EMAIL
        else (person.mobile, person.mobile_verified_at)
    )
    if value == old and is_proven == (verified_at is not None):
        return Done(result=False)
    return _submit(person, kind, value, proven_at=now if is_proven else None, origin=origin, now=now, by=by)


@transaction.atomic
def set_without_proof(*, user: User, kind: ContactKind, value: str, origin: Origin, now: datetime) -> Outcome:
    """Take the value as it is: for an empty one, and where an administrator has switched proof off.

    At once, or when people agree. Raises AddressTaken, or ChangeRefused where something else depends on the value.
    """
    return _submit(user, kind, value, proven_at=None, origin=origin, now=now)


@transaction.atomic
def set_contact(
    *,
    user: User,
    kind: ContactKind,
    value: str,
    proven_at: datetime | None,
    origin: Origin,
    now: datetime,
    by: User | None = None,
    purpose: str = "",
) -> None:
    """Store an address or number at once, whatever a workflow holds; a change that waits for its proof dies.

    Raises AddressTaken, or ChangeRefused where something else depends on the value.
    """
    PendingContact.objects.filter(user=user, kind=kind).delete()
    _set(user, kind, value, verified_at=proven_at, origin=origin, now=now, by=by, purpose=purpose)


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete changes nobody proved in time. Returns how many went."""
    return delete_batch(PendingContact.objects.filter(expires_at__lt=now), size=batch)


def waiting(*, user: User, kind: ContactKind, session_uuid: UUID, purpose: str, now: datetime) -> Waiting | None:
    """The change asked for in this session for this purpose, while it can be proven."""
    try:
        pending = _own(user, kind, session_uuid, now=now)
    except NothingPending:
        return None
    if pending.purpose != purpose:
        return None
    can_resend = now - pending.sent_at >= RESEND_AFTER
    return Waiting(pending.value, _shown(kind, pending.value), pending.expires_at, can_resend)


def _own(user: User, kind: ContactKind, session_uuid: UUID, *, now: datetime) -> PendingContact:
    found = PendingContact.objects.filter(user=user, kind=kind, session_uuid=session_uuid, expires_at__gt=now).first()
    if found is None:
        raise NothingPending
    return found


def reserve_send(user: User, value: str, *, now: datetime) -> None:
    """Count one message with a code to this address or number before it is queued (security 44).

    Raises limits.TooManyAttempts. Must be called outside any transaction.
    """
    recipient = salted_hmac("sends", canonical_key(value), algorithm="sha256").hexdigest()[:32]
    limits.reserve({f"send:{user.uuid}": _SENDS, f"send-to:{recipient}": _SENDS}, now=now)


def _send_code(pending: PendingContact, *, now: datetime) -> None:
    """Save the digests of a new code and link, and queue the message that carries them."""
    secret = _Secrets(code=f"{secrets.randbelow(10**6):06}", token=secrets.token_urlsafe(32))
    is_email = pending.kind == ContactKind.EMAIL
    if is_email and is_name_taken(pending.value, other_than=pending.user):
        secret = _Secrets("", "")
    pending.code_digest = _code_digest(pending, secret.code) if secret.code else ""
    pending.token_digest = _token_digest(secret.token) if secret.token and is_email else ""
    pending.save()
    life = CODE_LIFE[ContactKind(pending.kind)]
    context = {"code": secret.code, "minutes": int(life.total_seconds() // 60)}
    if not is_email:
        context["host"] = urlsplit(settings.PUBLIC_URL).hostname or ""
        outbox.send_sms(
            "prove_mobile", to=pending.value, user=pending.user, now=now, life=life, is_secret=True, context=context
        )
    elif secret.code:
        context["link"] = settings.PUBLIC_URL + reverse("prove-email-link", args=[secret.token])
        outbox.send_email(
            "prove_email", to=pending.value, user=pending.user, now=now, life=life, is_secret=True, context=context
        )
    else:
        outbox.send_email("email_in_use", to=pending.value, user=None, now=now, context={})


def _accept(pending: PendingContact, *, origin: Origin, now: datetime) -> Outcome:
    """Exactly one of any number of parallel proofs gets here with the row still there."""
    with transaction.atomic():
        deleted, _ = PendingContact.objects.filter(pk=pending.pk, code_digest=pending.code_digest).delete()
        if not deleted:
            raise NothingPending
        user = User.objects.select_for_update().get(pk=pending.user_id)
        return _submit(
            user, ContactKind(pending.kind), pending.value, proven_at=now, origin=origin, now=now,
            purpose=pending.purpose,
        )  # fmt: skip


def _submit(
    user: User,
    kind: ContactKind,
    value: str,
    *,
    proven_at: datetime | None,
    origin: Origin,
    now: datetime,
    by: User | None = None,
    purpose: str = "",
) -> Outcome:
    """Have it stored. What its own rules refuse at once is raised as such; nobody is asked about a taken address.

    To prove what is there already changes no value: nobody is asked about that either.
    """
    was = user.email if kind == ContactKind.EMAIL else user.mobile
    if value == was:
        set_contact(
            user=user, kind=kind, value=value, proven_at=proven_at, origin=origin, now=now, by=by, purpose=purpose
        )
        return Done(result=True)
    if kind == ContactKind.EMAIL and proven_at and is_name_taken(value, other_than=user):
        raise AddressTaken
    submission = Submission(
        action=SET_CONTACT,
        payload={
            "claim": kind.value, "value": value, "was": was, "purpose": purpose,
            "proven_at": proven_at.isoformat() if proven_at else "",
        },
        subject_name=user.username,
        subject_uuid=user.uuid,
        requester=by or user,
        attributes=attributes_of(user),
        claims=frozenset([kind.value]),
        key=f"{kind.value} {value} {bool(proven_at)} {purpose}",
    )  # fmt: skip
    try:
        return submit(submission, origin=origin, now=now)
    except OperationImpossible as impossible:
        if isinstance(impossible.__cause__, AddressTaken | ChangeRefused):
            raise impossible.__cause__ from None
        if kind == ContactKind.EMAIL and proven_at and is_name_taken(value, other_than=user):
            raise AddressTaken from None  # somebody was quicker, between the look above and the change
        raise


def _set(
    user: User,
    kind: ContactKind,
    value: str,
    *,
    verified_at: datetime | None,
    origin: Origin,
    now: datetime,
    by: User | None = None,
    purpose: str = "",
) -> None:
    told = outbox.address_of(user)
    is_other_number = kind == ContactKind.MOBILE and user.mobile != value
    is_other_email = kind == ContactKind.EMAIL and canonical_key(user.email) != canonical_key(value)
    if kind == ContactKind.EMAIL:
        if value and verified_at and is_name_taken(value, other_than=user):
            raise AddressTaken
        user.email, user.email_verified_at = value, verified_at if value else None
        if user.picture.startswith(GRAVATAR_ORIGIN) and is_other_email:
            user.picture = ""  # it belonged to the old address, and the person agreed to ask for that one only
    else:
        user.mobile, user.mobile_verified_at = value, verified_at if value else None
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_verified_at", "mobile", "mobile_verified_at", "picture"])
    except IntegrityError as error:
        raise AddressTaken from error
    record(_KINDS[kind][1], user=user, origin=origin, now=now, by=by, data={"address": _shown(kind, value)})
    if kind == ContactKind.EMAIL:
        email_changed.send(User, user=user, origin=origin, now=now)
    else:
        mobile_changed.send(User, user=user, purpose=purpose, origin=origin, now=now, by=by)
    if is_other_email and told:
        context = {"new_address": value, "at": partial(formats.moment, now)}
        outbox.send_email("email_changed", to=told, user=user, now=now, context=context)
    elif is_other_number and told:
        context = {"new_number": readable(value) if value else "", "at": partial(formats.moment, now)}
        outbox.send_email("mobile_changed", to=told, user=user, now=now, context=context)


def _shown(kind: ContactKind, value: str) -> str:
    return readable(value) if kind == ContactKind.MOBILE and value else value


def _code_digest(pending: PendingContact, code: str) -> str:
    """Keyed with the secret key and bound to person, value and session: a stolen table does not give codes away."""
    bound = f"{pending.pk}|{pending.user_id}|{pending.value}|{pending.session_uuid}|{code}"
    return salted_hmac("profile.contact-code", bound, algorithm="sha256").hexdigest()


def _token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
