"""Rules of signing in, proving who one is again, and signing out."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import record
from myaccount.limits.services import TooManyAttempts
from myaccount.outbox import services as outbox
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web import formats, step_up
from myaccount.web.requests import origin
from security import known_browsers
from security.attempts import Attempt, confirmation_attempt, sign_in_attempt
from security.factors.kinds import Authenticator, is_multi_factor, method_references
from security.sign_in.adapters import let_past, remember_account_key
from sessions_app import selectors as sessions_selectors
from sessions_app import services as sessions
from sessions_app.services import EndReason, LoginSession

BACKEND = "myaccount.users.backends.IdentifierBackend"


class SignInRefused(Exception):  # noqa: N818
    """Wrong, unknown, disabled or too often: the reply is the same for all (security 1)."""


def check_password(
    request: HttpRequest, *, identifier: str, password: str, now: datetime, is_past_captcha: bool = False
) -> User:
    """The person whose user name or proven address and password these are.

    Raises SignInRefused. The attempt is reserved before the password is hashed.
    With a captcha it waits for no pause that strangers could have caused (security 5).
    """
    candidate = find_by_identifier(identifier)
    attempt = sign_in_attempt(request, candidate, identifier, is_past_captcha=is_past_captcha)
    if is_past_captcha:
        let_past(request)
    try:
        attempt.reserve(now=now)
    except TooManyAttempts as error:
        raise SignInRefused from error
    user = _authenticate(request, attempt, candidate, identifier, password)
    if user is None:
        # Unknown people get an event as well: as much work, and an administrator sees the guessing.
        record(EventKind.SIGN_IN_FAILED, user=candidate, origin=origin(request), now=now)
        raise SignInRefused
    return user


@transaction.atomic
def complete(request: HttpRequest, *, user: User, shown: list[str], now: datetime) -> None:
    """Sign the person in: new session key, session, event; and a mail when the browser is new to them.

    `shown` names the authenticators that were shown, in order.
    """
    methods = method_references(shown)
    previous: LoginSession | None = getattr(request, "login_session", None)
    if previous is not None:
        sessions.end(login_session=previous, reason=EndReason.REPLACED, origin=origin(request), now=now)
        request.session.flush()  # nothing of it passes on, and Django would keep its key for the same person
    sign_in_attempt(request, user, "").succeeded()
    is_first = user.last_login is None
    remember_account_key(request, str(user.uuid))
    request.sign_in_methods = methods  # type: ignore[attr-defined]
    login(request, user, backend=BACKEND)
    level = step_up.TWO_FACTORS if is_multi_factor(shown) else step_up.ONE_FACTOR
    step_up.mark_confirmed(request.session, now=now, level=level, shown=shown)
    record(EventKind.SIGNED_IN, user=user, origin=origin(request), now=now, data={"methods": methods})
    if not is_first and not known_browsers.browser_of(request, user):
        _tell_of_new_browser(request, user, now=now)


def confirm_by_password(request: HttpRequest, *, user: User, password: str, now: datetime) -> None:
    """Prove again who one is, with the password. Raises SignInRefused or TooManyAttempts."""
    attempt = confirmation_attempt(request, user)
    attempt.reserve(now=now)
    if not is_own_password(request, attempt, user=user, password=password):
        record(EventKind.IDENTITY_NOT_CONFIRMED, user=user, origin=origin(request), now=now)
        raise SignInRefused
    attempt.succeeded()
    confirmed(request, user=user, level=step_up.ONE_FACTOR, shown=Authenticator.PASSWORD, now=now)


@transaction.atomic
def confirmed(request: HttpRequest, *, user: User, level: int, shown: Authenticator, now: datetime) -> None:
    """The person has just proven again who they are: new session key, mark, event (security 9, 20)."""
    request.session.cycle_key()
    step_up.mark_confirmed(request.session, now=now, level=level, shown=[shown])
    record(EventKind.IDENTITY_CONFIRMED, user=user, origin=origin(request), now=now)


def is_own_password(request: HttpRequest, attempt: Attempt, *, user: User, password: str) -> bool:
    """Whether a signed-in person typed their own password. The attempt is reserved by the caller.

    A hash made with old parameters is made anew by this, so the session is tied to the new one.
    """
    if _authenticate(request, attempt, user, user.username, password) is None:
        return False
    update_session_auth_hash(request, user)
    return True


def sign_out(request: HttpRequest, *, login_session: LoginSession, now: datetime) -> None:
    """End this session and empty the browser's."""
    sessions.end(login_session=login_session, reason=EndReason.SIGNED_OUT, origin=origin(request), now=now)
    request.session.flush()


def _authenticate(
    request: HttpRequest, attempt: Attempt, candidate: User | None, identifier: str, password: str
) -> User | None:
    """Through Django, so that axes sees the guesses of signing in and of confirming alike."""
    remember_account_key(request, attempt.account)
    user = authenticate(request, username=identifier, password=password, candidate=candidate)
    return user if isinstance(user, User) and user == candidate else None


def _tell_of_new_browser(request: HttpRequest, user: User, *, now: datetime) -> None:
    address = outbox.address_of(user)
    if not address:
        return
    source = origin(request)
    context = {
        "browser": partial(sessions_selectors.describe_user_agent, source.user_agent),
        "ip": source.ip,
        "at": partial(formats.moment, now),
    }
    outbox.send_email("new_sign_in", to=address, user=user, now=now, context=context)
