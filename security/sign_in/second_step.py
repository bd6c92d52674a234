"""The second step, wherever it is asked for: when signing in, and when confirming who one is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.limits.services import TooManyAttempts
from myaccount.users.models import User
from security import pending as state
from security.attempts import confirmation_attempt, has_no_guesses_left
from security.factors import services as factors
from security.factors.devices.services import DeviceRefused
from security.factors.kinds import WORDS, Authenticator
from security.factors.models import Purpose
from security.factors.sms import services as sms
from security.sign_in.services import is_own_password
from security.sign_in.stages import Situation

_URL_NAMES: Final = {
    Purpose.SIGN_IN: ("second-step-with", "send-sign-in-code", "second-step-options"),
    Purpose.RECOVER: ("recovery-second-step-with", "send-recovery-step-code", "recovery-options"),
    Purpose.CONFIRM: ("confirm-with", "send-confirmation-code", "confirm-options"),
    Purpose.LINK: ("link-second-step-with", "send-link-code", "link-options"),
}


class Refused(Exception):  # noqa: N818
    """What was shown did not do. The text says why, in the person's language."""


@dataclass(frozen=True)
class Alternative:
    """Another way to prove who one is; `is_sent` ones are asked for by POST, since a code goes out."""

    words: str
    icon: str
    url: str
    is_sent: bool


@dataclass(frozen=True)
class SecondStep:
    """Who is asked, for what, and which authenticators will do, the one asked for first in front."""

    user: User
    purpose: Purpose
    kinds: tuple[Authenticator, ...]
    next: str = ""
    trust_days: int = 0
    is_switch: bool = False  # from a linked account, where the person stays signed in until then

    def url_of(self, authenticator: Authenticator) -> str:
        """The page that asks for this authenticator."""
        return self._with_next(reverse(_URL_NAMES[self.purpose][0], args=[authenticator]))

    @property
    def send_url(self) -> str:
        return self._with_next(reverse(_URL_NAMES[self.purpose][1]))

    @property
    def options_url(self) -> str:
        return reverse(_URL_NAMES[self.purpose][2])

    def alternatives_to(self, current: Authenticator) -> list[Alternative]:
        """The others, one click away."""
        return [
            Alternative(
                str(_offer(kind)),
                "key" if kind == Authenticator.PASSWORD else WORDS[kind].icon,
                self.send_url if kind == Authenticator.SMS else self.url_of(kind),
                is_sent=kind == Authenticator.SMS,
            )
            for kind in self.kinds
            if kind != current
        ]

    def _with_next(self, url: str) -> str:
        return f"{url}?{urlencode({'next': self.next})}" if self.next else url


def at_sign_in(situation: Situation) -> SecondStep | None:
    """The second step of an unfinished sign-in, if one is asked for."""
    asked = situation.asked
    if asked is None or asked.is_enrolment:
        return None
    return SecondStep(
        situation.user,
        Purpose.SIGN_IN,
        asked.authenticators,
        trust_days=situation.policy.trust_days,
        is_switch=bool(situation.pending.switched_from),
    )


def when_linking(situation: Situation) -> SecondStep | None:
    """The second step of an account that somebody wants to link to their own, if one is asked for."""
    step = at_sign_in(situation)
    return replace(step, purpose=Purpose.LINK, trust_days=0) if step else None


def prepare(request: HttpRequest, situation: Situation, *, now: datetime) -> None:
    """Send the code where one is asked for first, so that it is on its way when the page opens."""
    prepare_step(request, at_sign_in(situation), now=now)


def prepare_step(request: HttpRequest, step: SecondStep | None, *, now: datetime) -> None:
    """The same for a step known already."""
    if step is not None and step.kinds[0] == Authenticator.SMS:
        with suppress(sms.ResendTooSoon, TooManyAttempts):
            send(request, step, now=now)


def send(request: HttpRequest, step: SecondStep, *, now: datetime) -> None:
    """Send a code to the person's mobile number; an earlier one dies. Raises sms.ResendTooSoon, TooManyAttempts."""
    sms.send(user=step.user, purpose=step.purpose, binding=state.binding(request.session), now=now)


def check(request: HttpRequest, step: SecondStep, authenticator: Authenticator, *, now: datetime) -> None:
    """Check what the form brought. Raises Refused."""
    try:
        if authenticator == Authenticator.DEVICE:
            factors.verify_device(
                request,
                user=step.user,
                challenge_id=request.POST.get("challenge", ""),
                credential=request.POST.get("credential", ""),
                purpose=step.purpose,
                now=now,
            )
        elif authenticator == Authenticator.PASSWORD:
            _check_password(request, step.user, now=now)
        else:
            code = request.POST.get("code", "")
            factors.verify_code(
                request, user=step.user, authenticator=authenticator, code=code, purpose=step.purpose, now=now
            )
    except DeviceRefused as refused:
        raise Refused(str(refused)) from refused
    except TooManyAttempts as error:
        raise Refused(_too_many(step.user, now=now)) from error
    except factors.WrongFactor as error:
        raise Refused(str(_WRONG[authenticator])) from error


_WRONG: Final = {
    Authenticator.TOTP: gettext_lazy("That code is not right. Wait for the next one in the app and enter it."),
    Authenticator.SMS: gettext_lazy("That is not the code we sent, or it no longer works. You can ask for a new one."),
    Authenticator.BACKUP_CODE: gettext_lazy("That is none of your unused backup codes. Each works once."),
}


def _too_many(user: User, *, now: datetime) -> str:
    if has_no_guesses_left(user, now=now):
        return _("There were too many wrong codes. Use a security device, or ask an administrator for help.")
    return _("There were too many tries. Wait a few minutes, then try again.")


def _check_password(request: HttpRequest, user: User, *, now: datetime) -> None:
    attempt = confirmation_attempt(request, user)
    attempt.reserve(now=now)
    if not is_own_password(request, attempt, user=user, password=request.POST.get("password", "")):
        raise Refused(_("That is not your password."))
    attempt.succeeded()


def _offer(kind: Authenticator) -> str:
    return _("Use your password") if kind == Authenticator.PASSWORD else str(WORDS[kind].offer)
