"""Registering: asking for an account, and proving the address.

Nothing here tells whether an address has an account: all get a registration, a queued job and the same replies, and
the job finds out which message to send (security 36). Usernames are told to be taken, within the limits of a network.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.limits import services as limits
from myaccount.limits.services import Rule
from myaccount.operations import services as operations
from myaccount.operations.registry import OperationImpossible
from myaccount.outbox import services as outbox
from myaccount.registration import accounts
from myaccount.registration.models import Registration, State
from myaccount.registration.selectors import is_username_taken, registration_settings, why_impossible
from myaccount.registration.tasks import deliver
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.backends import hashed, is_hash_of
from myaccount.users.models import User
from myaccount.users.names import canonical_key
from security.attempts import network_of

RESEND_AFTER: Final = timedelta(seconds=60)
MAX_TRIES: Final = 5
TOPICS: Final = ("registration_code", "registration_waiting")  # of messages to people who have no account yet
KEPT_AFTERWARDS: Final = timedelta(days=30)
_OF_ADDRESS: Final = Rule(free_attempts=8, first_pause=timedelta(minutes=10), forgotten_after=timedelta(hours=1))
_OF_NETWORK: Final = Rule(
    free_attempts=40, first_pause=timedelta(minutes=5), longest_pause=timedelta(minutes=15),
    forgotten_after=timedelta(hours=1),
)  # fmt: skip
_IN_ALL: Final = Rule(
    free_attempts=2_000, first_pause=timedelta(minutes=1), longest_pause=timedelta(minutes=5),
    forgotten_after=timedelta(minutes=10),
)  # fmt: skip
_GUESSES: Final = Rule(free_attempts=20, first_pause=timedelta(minutes=15))


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for, as the form has checked it."""

    username: str
    email: str
    password: str
    values: Mapping[str, str]  # by attribute, in the form they are stored in
    agreed: frozenset[str]  # attributes that may be kept, those no account is without among them
    purpose_version: int


class UsernameTaken(Exception):  # noqa: N818
    """Somebody has this username, or waits for it."""


class RegistrationOver(Exception):  # noqa: N818
    """There is no such registration any more: it is complete, took too long, or was replaced by a newer message."""


class WrongProof(Exception):  # noqa: N818
    """The code or the password was not right, or there is none."""


class ResendTooSoon(Exception):  # noqa: N818
    """A code was sent a moment ago."""


def start(*, wanted: Wanted, earlier: UUID | None, origin: Origin, now: datetime) -> Registration:
    """Keep what somebody asks for, and have a message sent to the address, whoever has it.

    `earlier`: what was begun in the same browser before; its code and link die (security 37). Raises
    limits.TooManyAttempts (security 44), or UsernameTaken, which is told to who has not spent the network's budget.
    """
    _reserve(origin, now=now)
    is_address = canonical_key(wanted.username) == canonical_key(wanted.email)
    if not is_address and is_username_taken(wanted.username):
        raise UsernameTaken
    _reserve_address(wanted.email, now=now)
    password = hashed(wanted.password)
    with transaction.atomic():
        if earlier is not None:
            Registration.objects.filter(pk=earlier, state=State.OPEN).delete()
        registration = Registration.objects.create(
            username=wanted.username,
            username_key=canonical_key(wanted.username),
            email=wanted.email,
            email_key=canonical_key(wanted.email),
            password=password,
            values=dict(wanted.values),
            agreed=sorted(wanted.agreed),
            purpose_version=wanted.purpose_version,
            language=translation.get_language() or settings.LANGUAGE_CODE,
            started_at=now,
            sent_at=now,
            expires_at=now + _life(),
            ip=origin.ip,
            user_agent=origin.user_agent[:512],
        )
        record(EventKind.REGISTRATION_STARTED, user=None, origin=origin, now=now)
        deliver.enqueue(str(registration.pk))
    return registration


def resend(*, registration: Registration, origin: Origin, now: datetime) -> None:
    """Have a new code sent; the old one and its link die. Raises ResendTooSoon or limits.TooManyAttempts."""
    if now - registration.sent_at < RESEND_AFTER:
        raise ResendTooSoon
    _reserve(origin, now=now)
    _reserve_address(registration.email, now=now)
    with transaction.atomic():
        unchanged = Registration.objects.filter(pk=registration.pk, state=State.OPEN, sent_at=registration.sent_at)
        changed = unchanged.update(sent_at=now, expires_at=now + _life(), tries=0, code_digest="", token_digest="")
        if not changed:
            raise ResendTooSoon
        deliver.enqueue(str(registration.pk))


@transaction.atomic
def make_and_send_code(registration_id: str, *, now: datetime) -> None:
    """The job: queue a message with a code and a link; or one that says that there is an account, or that one waits.

    An account's message goes to the address as it is stored there, not as it was typed (security 43).
    """
    rows = Registration.objects.select_for_update().filter(pk=registration_id, state=State.OPEN, code_digest="")
    registration = rows.filter(expires_at__gt=now).first()
    if registration is None:
        return
    key = registration.email_key
    known = User.objects.filter(Q(email_key=key) | Q(username_key=key)).order_by("pk").first()
    waiting = Registration.objects.filter(email_key=key, state=State.WAITING).first()
    with translation.override(registration.language):
        if known is not None:
            to = known.email if known.email_key == key else registration.email
            context = {"link": settings.PUBLIC_URL + reverse("sign-in")}
            outbox.send_email("registration_known", to=to, user=known, now=now, context=context)
        elif waiting is not None:
            outbox.send_email("registration_waiting", to=waiting.email, user=None, now=now, context={})
        else:
            _send_code(registration, now=now)


def current(registration_id: str, *, now: datetime) -> Registration:
    """The registration under way that this browser began. Raises RegistrationOver."""
    found = find(registration_id)
    if found is None or found.state != State.OPEN or found.expires_at <= now:
        raise RegistrationOver
    return found


def find(registration_id: str) -> Registration | None:
    """A registration in any state, by the id this browser's session has."""
    try:
        return Registration.objects.filter(pk=UUID(registration_id)).first()
    except ValueError:
        return None


def prove_by_code(*, registration: Registration, code: str, origin: Origin, now: datetime) -> None:
    """Take the code that was sent. The try is counted before it is compared (security 45).

    Raises WrongProof or limits.TooManyAttempts. Call outside transactions.
    """
    is_counted = _count_try(registration, now=now)
    is_right = constant_time_compare(_code_digest(registration, code), registration.code_digest or "-")
    if not (is_counted and is_right and now < registration.expires_at):
        raise WrongProof
    _accept(registration, origin=origin, now=now)


def check_link(token: str, *, now: datetime) -> Registration:
    """The registration a link of an e-mail belongs to, while it works. Raises RegistrationOver."""
    rows = Registration.objects.filter(token_digest=_token_digest(token), state=State.OPEN, expires_at__gt=now)
    found = rows.first() if token else None
    if found is None:
        raise RegistrationOver
    return found


def prove_by_link(token: str, *, began_here: str, password: str, origin: Origin, now: datetime) -> Registration:
    """The same by the link. In any other browser than the one that registered (`began_here`: the id it has) the
    password shows that it is the same person: nobody proves their address for a stranger's password.

    Raises RegistrationOver, WrongProof or limits.TooManyAttempts. Call outside transactions.
    """
    registration = check_link(token, now=now)
    if str(registration.pk) != began_here:
        is_counted = _count_try(registration, now=now)
        if not is_counted or not is_hash_of(password, registration.password):
            raise WrongProof
    try:
        _accept(registration, origin=origin, now=now)
    except WrongProof as error:
        raise RegistrationOver from error
    return registration


@transaction.atomic
def forget_person(*, user: User) -> None:
    """Delete the registration an account came from, with the messages of it, which were written to nobody known yet."""
    for registration in Registration.objects.filter(user_uuid=user.uuid):
        outbox.forget_address(registration.email, topics=TOPICS)
        registration.delete()


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete registrations nobody proved in time, and those that have been over for a month. Returns how many went."""
    unproven = Q(state=State.OPEN, expires_at__lt=now)
    return delete_batch(Registration.objects.filter(unproven | Q(ended_at__lt=now - KEPT_AFTERWARDS)), size=batch)


def _send_code(registration: Registration, *, now: datetime) -> None:
    code, token = f"{secrets.randbelow(10**6):06}", secrets.token_urlsafe(32)
    registration.code_digest, registration.token_digest = _code_digest(registration, code), _token_digest(token)
    registration.save(update_fields=["code_digest", "token_digest"])
    life = registration.expires_at - now
    context = {
        "code": code,
        "link": settings.PUBLIC_URL + reverse("registration-link", args=[token]),
        "minutes": max(1, ceil(life.total_seconds() / 60)),
    }
    outbox.send_email(
        "registration_code", to=registration.email, user=None, now=now, life=life, is_secret=True, context=context
    )


def _count_try(registration: Registration, *, now: datetime) -> bool:
    limits.reserve({f"register-guess:{registration.pk}": _GUESSES}, now=now)
    open_still = Registration.objects.filter(pk=registration.pk, state=State.OPEN, tries__lt=MAX_TRIES)
    return bool(open_still.update(tries=F("tries") + 1))


def _accept(registration: Registration, *, origin: Origin, now: datetime) -> None:
    """The address is proven, by exactly one of any number of parallel proofs (security 38): make the account, or wait.

    Where neither is possible any more the registration ends, and says why.
    """
    with transaction.atomic():
        still = Registration.objects.select_for_update().filter(
            pk=registration.pk, state=State.OPEN, code_digest=registration.code_digest,
            token_digest=registration.token_digest,
        )  # fmt: skip
        locked = still.first()
        if locked is None or not locked.code_digest:
            raise WrongProof
        locked.proven_at, locked.code_digest, locked.token_digest = now, "", ""
        locked.save(update_fields=["proven_at", "code_digest", "token_digest"])
        try:
            _submit(locked, origin=origin, now=now)
        except OperationImpossible as impossible:
            accounts.close(locked, State.FAILED, reason=str(impossible), now=now)


@transaction.atomic
def _submit(registration: Registration, *, origin: Origin, now: datetime) -> None:
    reason = why_impossible(registration)
    if reason:
        raise OperationImpossible(reason)
    try:
        outcome = operations.submit(accounts.submission_of(registration), origin=origin, now=now)
        if isinstance(outcome, operations.Waiting):
            _wait(registration, outcome.request_uuid, now=now)
    except IntegrityError as error:  # somebody else asked for the same name at the same moment
        raise OperationImpossible(_("The username or the e-mail address has been taken meanwhile.")) from error


def _wait(registration: Registration, request_uuid: UUID, *, now: datetime) -> None:
    registration.state, registration.request_uuid = State.WAITING, request_uuid
    registration.save(update_fields=["state", "request_uuid"])
    with translation.override(registration.language):
        outbox.send_email("registration_waiting", to=registration.email, user=None, now=now, context={})


def _reserve(origin: Origin, *, now: datetime) -> None:
    """Count a try of this network, and of everybody, before it is looked at (44). Call outside transactions."""
    network = network_of(origin.ip or "0.0.0.0")  # noqa: S104 (an address, and nothing that listens)
    limits.reserve({f"register-from:{network}": _OF_NETWORK, "register-all": _IN_ALL}, now=now)


def _reserve_address(email: str, *, now: datetime) -> None:
    """Count one message to this address before it is asked for (security 44). Call outside transactions."""
    address = salted_hmac("registration.address", canonical_key(email), algorithm="sha256").hexdigest()
    limits.reserve({f"register:{address}": _OF_ADDRESS}, now=now)


def _life() -> timedelta:
    return timedelta(minutes=registration_settings().code_minutes)


def _code_digest(registration: Registration, code: str) -> str:
    """Keyed with the secret key, bound to registration and address: a stolen table does not give codes away."""
    bound = f"{registration.pk}|{registration.email}|{registration.sent_at.isoformat()}|{code}"
    return salted_hmac("registration.code", bound, algorithm="sha256").hexdigest()


def _token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
