"""The captcha: a proof of work that the browser does by itself, in the protocol of ALTCHA (security 46).

The browser gets a signed challenge and looks for the one number whose derived key begins as the challenge
says. Nobody is asked to look at pictures, and no other service is asked about anybody. A solution counts
once, for one action, in the session that asked for it, within five minutes.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import altcha
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from myaccount.limits import services as limits
from myaccount.limits.services import Rule
from myaccount.schedule.batches import SIZE, delete_batch
from security.attempts import network_of
from security.captcha.models import CaptchaSolution

SIGN_IN: Final = "sign-in"
RECOVER: Final = "recover"
REGISTER: Final = "register"
ACTIONS: Final = frozenset({SIGN_IN, RECOVER, REGISTER})  # what somebody shows it for

LIFE: Final = timedelta(minutes=5)

# About a second of a phone's time at most: one of 512 keys of 5,000 rounds each. The challenge carries a
# signature of the right key, so that looking at an answer costs us no such round.
ALGORITHM: Final = "PBKDF2/SHA-256"
ROUNDS: Final = 5_000
COUNTERS: Final = range(512)
_MAX_LENGTH: Final = 4_000  # characters of an answer; ours have less than a thousand

PER_MINUTE: Final = Rule(
    free_attempts=60,
    first_pause=timedelta(minutes=1),
    longest_pause=timedelta(minutes=1),
    forgotten_after=timedelta(minutes=1),
)


class CaptchaRefused(Exception):  # noqa: N818 (states the fact)
    """It does not count. As text, the words for people: the same for every reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return _("We could not see that you are not a robot. Wait until the check says “Done”, then try again.")


def reserve(address: str, *, now: datetime) -> None:
    """Count one more challenge against the network that asks. Raises TooManyAttempts; call outside transactions.

    Two budgets take turns by the minute, so that a busy network starts each minute with a whole one.
    """
    turn = int(now.timestamp()) // 60 % 2
    limits.reserve({f"captchas:{turn}:{network_of(address)}": PER_MINUTE}, now=now)


def issue(*, action: str, binding: str, now: datetime) -> dict[str, Any]:
    """A challenge for this action in this session, as the browser gets it. Nothing is stored."""
    if action not in ACTIONS:
        raise ValueError(f"no captcha is for {action}")
    challenge = altcha.create_challenge(
        ALGORITHM,
        ROUNDS,
        counter=secrets.choice(COUNTERS),
        expires_at=now + LIFE,
        data={"action": action, "session": _session_digest(binding)},
        hmac_secret=_key("challenge"),
        hmac_key_secret=_key("solution"),
    )
    return challenge.to_dict()


def check(*, payload: str, action: str, binding: str, now: datetime) -> None:
    """Take what the browser answered; raises CaptchaRefused unless it is right and the first of its kind.

    It is marked as used in a transaction of its own: of many who hand one in, one gets through, and a
    rollback of what follows makes none whole again. Call outside transactions.
    """
    challenge = _verified(payload)
    parameters = challenge.parameters
    data, expires_at = parameters.data or {}, parameters.expires_at or 0
    if expires_at <= now.timestamp():
        raise CaptchaRefused("it is too old")
    if data.get("action") != action:
        raise CaptchaRefused("it was for something else")
    if not binding or not constant_time_compare(data.get("session", ""), _session_digest(binding)):
        raise CaptchaRefused("it is another session's")
    try:
        with transaction.atomic(durable=True):
            # The signature is the digest of the whole challenge.
            CaptchaSolution.objects.create(digest=str(challenge.signature), expires_at=now + LIFE)
    except IntegrityError as error:
        raise CaptchaRefused("it was used") from error


def forget_old(*, now: datetime, batch: int = SIZE) -> int:
    """Delete the marks of what is too old to be handed in again, a batch at a time. Returns how many went."""
    return delete_batch(CaptchaSolution.objects.filter(expires_at__lt=now), size=batch)


def _verified(payload: str) -> altcha.Challenge:
    """The challenge of an answer that is ours and right."""
    if not payload:
        raise CaptchaRefused("there is none")
    if len(payload) > _MAX_LENGTH:
        raise CaptchaRefused("it is no answer")
    try:
        answer = altcha.Payload.from_base64(payload)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CaptchaRefused("it is no answer") from error
    result = altcha.verify_solution(answer, _key("challenge"), hmac_key_secret=_key("solution"))
    if result.expired:
        raise CaptchaRefused("it is too old")
    if result.invalid_signature:
        raise CaptchaRefused("it is not ours")
    if not result.verified:
        raise CaptchaRefused("it is not solved")
    return answer.challenge


def _session_digest(binding: str) -> str:
    """What stands for the session in a challenge; its binding itself never leaves the server."""
    return salted_hmac("security.captcha.session", binding, algorithm="sha256").hexdigest()


def _key(use: str) -> str:
    return salted_hmac("security.captcha.key", use, algorithm="sha256").hexdigest()
