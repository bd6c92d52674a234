"""Getting back into an account: start, prove, set a new password.

Nothing here tells whether an account exists: unknown people get a recovery, a queued job and the same
replies as known ones, and what only a known one gets is done by the job (security 36).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.limits import services as limits
from myaccount.limits.services import Rule
from myaccount.outbox import services as outbox
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web import formats
from myaccount.web.requests import client_address, origin
from security.attempts import account_key, network_of
from security.factors import removal
from security.password import services as passwords
from security.recovery import waiting
from security.recovery.models import Recovery
from security.recovery.selectors import addresses_of, recovery_settings
from security.recovery.steps import Step, Way, is_wait_over, next_step
from security.recovery.tasks import deliver_code, send_usernames
from sessions_app import selectors as sessions_selectors

SMS_LIFE: Final = timedelta(minutes=10)  # NIST SP 800-63B 4.2.1.2
RESEND_AFTER: Final = timedelta(seconds=60)
MAX_TRIES: Final = 5
_STARTS: Final = Rule(free_attempts=10, first_pause=timedelta(minutes=10), forgotten_after=timedelta(hours=1))
_STARTS_OF_NETWORK: Final = Rule(
    free_attempts=40, first_pause=timedelta(minutes=5), longest_pause=timedelta(minutes=15),
    forgotten_after=timedelta(hours=1),
)  # fmt: skip
_STARTS_IN_ALL: Final = Rule(
    free_attempts=5_000, first_pause=timedelta(minutes=1), longest_pause=timedelta(minutes=5),
    forgotten_after=timedelta(minutes=10),
)  # fmt: skip
_GUESSES: Final = Rule(free_attempts=20, first_pause=timedelta(minutes=15))


class RecoveryOver(Exception):  # noqa: N818
    """There is no such recovery here: finished, too old, begun in another browser, or replaced by a newer one."""


class WrongProof(Exception):  # noqa: N818
    """The code was not right, or there is none."""


class ResendTooSoon(Exception):  # noqa: N818
    """A code was asked for a moment ago."""


def start(request: HttpRequest, *, identifier: str, binding: str, now: datetime) -> Recovery:
    """Begin a recovery for whoever this user name or proven address belongs to, or for nobody.

    A newer one kills the older ones of the account (security 37). Raises limits.TooManyAttempts (security 44).
    """
    candidate = find_by_identifier(identifier)
    key = salted_hmac("security.recovery", account_key(candidate, identifier), algorithm="sha256").hexdigest()
    _reserve_start(request, key, now=now)
    with transaction.atomic():
        Recovery.objects.filter(identifier_key=key, ended_at=None).update(ended_at=now)
        record(EventKind.RECOVERY_STARTED, user=candidate, origin=origin(request), now=now)
        return Recovery.objects.create(
            user=candidate if candidate is not None and candidate.is_active else None,
            identifier_key=key,
            binding=binding,
            started_at=now,
            expires_at=now + _life_of_link(),
        )


def current(recovery_id: str, *, binding: str, now: datetime) -> Recovery:
    """The recovery under way in this browser. Raises RecoveryOver."""
    try:
        uuid = UUID(recovery_id)
    except ValueError as error:
        raise RecoveryOver from error
    found = Recovery.objects.select_related("user").filter(
        pk=uuid, binding=binding, ended_at=None, expires_at__gt=now, started_at__lte=now
    )
    recovery = found.first()
    if recovery is None or not binding or (recovery.user is not None and not recovery.user.is_active):
        raise RecoveryOver
    return recovery


@transaction.atomic
def choose_questions(*, recovery: Recovery) -> None:
    """The person wants to answer questions."""
    Recovery.objects.filter(pk=recovery.pk, ended_at=None).update(is_for_questions=True)
    recovery.is_for_questions = True


def send(*, recovery: Recovery, way: Way, now: datetime, is_for_questions: bool = False) -> None:
    """Have a code sent, for an address or number the account may have. The earlier code dies.

    Raises ResendTooSoon or limits.TooManyAttempts. Takes as long for accounts that have neither.
    """
    if recovery.sent_at is not None and now - recovery.sent_at < RESEND_AFTER and recovery.channel == way:
        raise ResendTooSoon
    limits.reserve({f"recover-send:{recovery.identifier_key}": _STARTS}, now=now)
    with transaction.atomic():
        life = SMS_LIFE if way == Way.SMS else _life_of_link()
        unchanged = Recovery.objects.filter(pk=recovery.pk, ended_at=None, sent_at=recovery.sent_at)
        changed = unchanged.update(
            channel=way,
            is_for_questions=is_for_questions,
            sent_at=now,
            tries=0,
            code_digest="",
            token_digest="",
            code_expires_at=now + life,
            expires_at=now + max(life, _life_of_link()),
        )
        if not changed:
            raise ResendTooSoon
        deliver_code.enqueue(str(recovery.pk), translation.get_language() or "")


@transaction.atomic
def make_and_send_code(recovery_id: str, *, now: datetime) -> None:
    """The job: make the code and the link, and queue the message to every proven address, or to the number.

    Nothing for accounts that have none, for unknown people, and when the recovery is over.
    """
    recovery = Recovery.objects.select_for_update().filter(pk=recovery_id, ended_at=None).first()
    if recovery is None or recovery.user is None or recovery.code_digest:
        return
    user, code, token = recovery.user, f"{secrets.randbelow(10**6):06}", secrets.token_urlsafe(32)
    is_sms = recovery.channel == Way.SMS
    recipients = _number_of(user) if is_sms else addresses_of(user)
    if not recipients or not user.is_active or recovery.code_expires_at is None or recovery.code_expires_at <= now:
        return
    recovery.code_digest = _code_digest(recovery, code)
    recovery.token_digest = "" if is_sms else digest_of(token)
    recovery.save(update_fields=["code_digest", "token_digest"])
    life = recovery.code_expires_at - now
    context = {"code": code, "minutes": max(1, ceil(life.total_seconds() / 60))}
    for recipient in recipients:
        if is_sms:
            host = urlsplit(settings.PUBLIC_URL).hostname or ""
            outbox.send_sms(
                "recovery_code", to=recipient, user=user, now=now, life=life, is_secret=True,
                context={**context, "host": host},
            )  # fmt: skip
        else:
            link = settings.PUBLIC_URL + reverse("recovery-link", args=[token])
            outbox.send_email(
                "recovery_code", to=recipient, user=user, now=now, life=life, is_secret=True,
                context={
                    **context, "link": link, "username": user.username,
                    "is_by_administrator": recovery.is_by_administrator,
                },
            )  # fmt: skip


def prove_by_code(*, recovery: Recovery, code: str, origin: Origin, now: datetime) -> None:
    """Take the code that was sent. The try is counted before it is compared (security 45).

    Raises WrongProof or limits.TooManyAttempts. Call outside transactions.
    """
    limits.reserve({f"recover-guess:{recovery.identifier_key}": _GUESSES}, now=now)
    counted = Recovery.objects.filter(pk=recovery.pk, ended_at=None, tries__lt=MAX_TRIES).update(tries=F("tries") + 1)
    is_right = constant_time_compare(_code_digest(recovery, code), recovery.code_digest or "-")
    in_time = recovery.code_expires_at is not None and now < recovery.code_expires_at
    if not (counted and is_right and in_time):
        record(EventKind.RECOVERY_FAILED, user=recovery.user, origin=origin, now=now)
        raise WrongProof
    _accept(recovery, Way(recovery.channel))


def check_link(token: str, *, binding: str, now: datetime) -> Recovery:
    """The recovery a link of an e-mail belongs to, while it works in this browser. Raises RecoveryOver.

    It works where the recovery began; the link an administrator had sent works in the first browser that opens it.
    """
    found = Recovery.objects.filter(token_digest=digest_of(token), code_expires_at__gt=now).first() if token else None
    if found is None or found.binding not in ("", binding):
        raise RecoveryOver
    return found


def prove_by_link(token: str, *, binding: str, now: datetime) -> Recovery:
    """The same as the code, by the link. Raises RecoveryOver."""
    found = check_link(token, binding=binding, now=now)
    if not found.binding:
        Recovery.objects.filter(pk=found.pk, binding="", ended_at=None).update(binding=binding)
    recovery = current(str(found.pk), binding=binding, now=now)
    try:
        _accept(recovery, Way.EMAIL)
    except WrongProof as error:
        raise RecoveryOver from error
    return recovery


@transaction.atomic
def note_shown(*, recovery: Recovery, what: str) -> None:
    """Remember that something was shown; `factor:…` for a second factor. Raises RecoveryOver."""
    locked = Recovery.objects.select_for_update().filter(pk=recovery.pk, ended_at=None).first()
    if locked is None:
        raise RecoveryOver
    locked.shown = [*locked.shown, what]
    locked.save(update_fields=["shown"])


@transaction.atomic
def set_password(*, recovery: Recovery, new: str, origin: Origin, now: datetime) -> User:
    """Set the new password, once: the recovery ends, and so do all sessions; nobody is signed in (security 38, 41).

    Second factors stay, but for somebody whose waiting time after losing all of them is over. Raises RecoveryOver.
    """
    locked = Recovery.objects.select_for_update().filter(pk=recovery.pk, ended_at=None).first()
    if locked is None or locked.user is None:
        raise RecoveryOver
    if next_step(locked, recovery_settings(), now=now).step != Step.PASSWORD:
        raise RecoveryOver
    Recovery.objects.filter(identifier_key=locked.identifier_key, ended_at=None).update(ended_at=now)
    user = User.objects.select_for_update().get(pk=locked.user.pk)
    if is_wait_over(locked, now=now):
        removal.remove_all_lost(user, origin=origin, now=now)
    waiting.finish(user)
    passwords.replace(user=user, new=new, origin=origin, now=now, keep=None)
    record(EventKind.RECOVERY_DONE, user=user, origin=origin, now=now)
    limits.forgive([f"recover-guess:{locked.identifier_key}"])
    if recovery_settings().notify_on_success:
        for address in addresses_of(user):
            context = {
                "browser": partial(sessions_selectors.describe_user_agent, origin.user_agent),
                "ip": origin.ip,
                "at": partial(formats.moment, now),
            }
            outbox.send_email("account_recovered", to=address, user=user, now=now, context=context)
    return user


@transaction.atomic
def send_by_administrator(*, user: User, by: User, origin: Origin, now: datetime) -> bool:
    """Send a person a link to set a new password. The administrator sees neither (security 48).

    False when they have no proven address. The link opens in any browser, and asks for the second factor as always.
    """
    if not addresses_of(user) or not user.is_active:
        return False
    key = salted_hmac("security.recovery", account_key(user, ""), algorithm="sha256").hexdigest()
    Recovery.objects.filter(identifier_key=key, ended_at=None).update(ended_at=now)
    life = _life_of_link()
    recovery = Recovery.objects.create(
        user=user, identifier_key=key, binding="", started_at=now, expires_at=now + life, channel=Way.EMAIL,
        sent_at=now, code_expires_at=now + life, is_by_administrator=True,
    )  # fmt: skip
    record(EventKind.RECOVERY_STARTED, user=user, by=by, origin=origin, now=now)
    deliver_code.enqueue(str(recovery.pk), translation.get_language() or "")
    return True


@transaction.atomic
def end_all_of(user: User, *, now: datetime) -> None:
    """What opens the account has changed: recoveries that were begun before are over (security 19)."""
    Recovery.objects.filter(user=user, ended_at=None).update(ended_at=now)


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete recoveries that ran out a day ago. Returns how many went."""
    return delete_batch(Recovery.objects.filter(expires_at__lt=now - timedelta(days=1)), size=batch)


def digest_of(token: str) -> str:
    """What is stored of a link's token, which has 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def request_usernames(request: HttpRequest, *, address: str, now: datetime) -> None:
    """Have the user names of an address mailed to it, if there are any. Raises limits.TooManyAttempts (security 44)."""
    key = salted_hmac("security.recovery", account_key(None, address), algorithm="sha256").hexdigest()
    _reserve_start(request, key, now=now)
    send_usernames.enqueue(address, translation.get_language() or "")


def _reserve_start(request: HttpRequest, key: str, *, now: datetime) -> None:
    network = network_of(client_address(request))
    rules = {f"recover:{key}": _STARTS, f"recover-from:{network}": _STARTS_OF_NETWORK, "recover-all": _STARTS_IN_ALL}
    limits.reserve(rules, now=now)


def _accept(recovery: Recovery, way: Way) -> None:
    """Exactly one of any number of parallel proofs finds the code still there (security 38)."""
    with transaction.atomic():
        still = Recovery.objects.select_for_update().filter(
            pk=recovery.pk, ended_at=None, code_digest=recovery.code_digest, token_digest=recovery.token_digest
        )
        locked = still.first()
        if locked is None or not locked.code_digest:
            raise WrongProof
        locked.code_digest = locked.token_digest = ""
        locked.shown = [*locked.shown, way.value]
        locked.save(update_fields=["code_digest", "token_digest", "shown"])
        recovery.shown = locked.shown


def _number_of(user: User) -> list[str]:
    return [user.mobile] if user.mobile and user.mobile_verified_at else []


def _life_of_link() -> timedelta:
    return timedelta(minutes=recovery_settings().link_minutes)


def _code_digest(recovery: Recovery, code: str) -> str:
    bound = f"{recovery.pk}|{recovery.user_id}|{recovery.binding}|{recovery.channel}|{recovery.sent_at}|{code}"
    return salted_hmac("security.recovery-code", bound, algorithm="sha256").hexdigest()
