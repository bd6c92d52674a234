"""Rules of signing in, proving who one is again, and signing out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import record
from myaccount.limits.services import TooManyAttempts
from myaccount.outbox import services as outbox
from myaccount.users.backends import AccountNotMadeYet
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.users.signals import switched
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


@dataclass(frozen=True)
class WaitingPerson:
    """Somebody who has no account yet, because people have to agree to it first."""

    name: str  # the one their guesses are counted by, however it was spelled
    password_hash: str


_waiting: list[Callable[[str], WaitingPerson | None]] = []


def register_waiting(find: Callable[[str], WaitingPerson | None]) -> None:
    """Let an area that lies above tell who waits for an account under a user name or address."""
    if find not in _waiting:
        _waiting.append(find)


class SignInRefused(Exception):  # noqa: N818
    """Wrong, unknown, disabled or too often: the reply is the same for all (security 1)."""


class ProofTooOld(Exception):  # noqa: N818
    """What the person showed elsewhere opens the account, but not what only its owner may do on the way in."""


class NotLinked(Exception):  # noqa: N818
    """There is no way from the account one is in to the other one, or no longer."""


IsLinked = Callable[[HttpRequest, User], bool]
_is_linked: list[IsLinked] = []


def register_is_linked(is_linked: IsLinked) -> None:
    """Let the area of linked accounts say whether who is signed in may switch to an account.

    It is asked within the transaction of the switch, and has to see to it that its answer holds until the end of that.
    """
    if is_linked not in _is_linked:
        _is_linked.append(is_linked)


def check_password(
    request: HttpRequest,
    *,
    identifier: str,
    password: str,
    now: datetime,
    is_past_captcha: bool = False,
    is_for_link: bool = False,
) -> User:
    """The person whose user name or proven address and password these are.

    Raises SignInRefused, or AccountNotMadeYet for the right password of somebody who waits for an account.
    The attempt is reserved before the password is hashed.
    With a captcha it waits for no pause that strangers could have caused (security 5). `is_for_link`: somebody who is
    signed in wants to link the account to theirs, and the history tells it so.
    """
    candidate = find_by_identifier(identifier)
    waiting = next((found for find in _waiting if (found := find(identifier))), None)
    counted_as = waiting.name if waiting else identifier
    attempt = sign_in_attempt(request, candidate, counted_as, is_past_captcha=is_past_captcha)
    if is_past_captcha:
        let_past(request)
    try:
        attempt.reserve(now=now)
    except TooManyAttempts as error:
        raise SignInRefused from error
    try:
        user = _authenticate(request, attempt, candidate, identifier, password, waiting=waiting)
    except AccountNotMadeYet:
        attempt.succeeded()
        raise
    if user is None:
        # Unknown people get an event as well: as much work, and an administrator sees the guessing.
        data = {"is_for_link": True} if is_for_link else None
        record(EventKind.SIGN_IN_FAILED, user=candidate, origin=origin(request), now=now, data=data)
        raise SignInRefused
    return user


@transaction.atomic
def complete(request: HttpRequest, *, user: User, shown: list[str], proven_at: datetime, now: datetime) -> None:
    """Sign the person in: new session key, session, event; and a mail when the browser is new to them.

    `shown` names the authenticators that were shown, in order; `proven_at` is when the last of them was.
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
    step_up.mark_confirmed(request.session, now=proven_at, level=level, shown=shown)
    record(EventKind.SIGNED_IN, user=user, origin=origin(request), now=now, data={"methods": methods})
    if not is_first and not known_browsers.browser_of(request, user):
        _tell_of_new_browser(request, user, now=now)


@transaction.atomic
def complete_switch(request: HttpRequest, *, user: User, shown: list[str], now: datetime) -> None:
    """Go on in a linked account: its own session and key, and nothing of the proofs shown in the other (security 71).

    What was shown of this account's second factor counts; without that, nothing has been proven in it, and
    sensitive acts ask. Budgets of guesses stay as they are, since nothing was guessed. Raises NotLinked.
    """
    if not any(is_linked(request, user) for is_linked in _is_linked):
        raise NotLinked
    source: User = request.user  # type: ignore[assignment]
    left: LoginSession = request.login_session  # type: ignore[attr-defined]
    proven_at = step_up.confirmed_at(request.session)
    is_return = left.switched_from == user.uuid
    if not sessions.end(login_session=left, reason=EndReason.SWITCHED, origin=origin(request), now=now):
        raise NotLinked  # it was ended meanwhile, and nothing goes on from it
    record(
        EventKind.SWITCHED_FROM_ACCOUNT, user=source, origin=origin(request), now=now, data={"account": user.username}
    )
    request.session.flush()
    remember_account_key(request, f"switched-{user.uuid}")  # axes forgets the failures of an account one signs in to
    request.sign_in_methods = method_references(shown)  # type: ignore[attr-defined]
    request.switch = sessions.Switch(source, is_return, left.started_at)  # type: ignore[attr-defined]
    login(request, user, backend=BACKEND)
    if is_multi_factor(shown):
        step_up.mark_confirmed(request.session, now=now, level=step_up.TWO_FACTORS, shown=shown)
    else:
        last = datetime.fromtimestamp(proven_at, tz=now.tzinfo)
        step_up.mark_confirmed(request.session, now=last, level=step_up.NOTHING_SHOWN, shown=shown)
    record(EventKind.SWITCHED_TO_ACCOUNT, user=user, origin=origin(request), now=now, data={"account": source.username})
    if not is_return:
        switched.send(User, source=source, target=user, origin=origin(request), now=now)


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


@transaction.atomic
def not_confirmed(request: HttpRequest, *, user: User, now: datetime) -> None:
    """Somebody tried to confirm access for the person and is not them."""
    record(EventKind.IDENTITY_NOT_CONFIRMED, user=user, origin=origin(request), now=now)


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
    request: HttpRequest,
    attempt: Attempt,
    candidate: User | None,
    identifier: str,
    password: str,
    *,
    waiting: WaitingPerson | None = None,
) -> User | None:
    """Through Django, so that axes sees the guesses of signing in and of confirming alike."""
    remember_account_key(request, attempt.account)
    user = authenticate(
        request,
        username=identifier,
        password=password,
        candidate=candidate,
        waiting_password=waiting.password_hash if waiting else "",
    )
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
