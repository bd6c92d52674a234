"""Fresh proof of identity before a sensitive act: at most five minutes old, checked on the POST (security 20).

A proof has a level: 1 for one factor, 2 for two; 0 where this account was entered from a linked one, which
proves nothing. It has to be as good as the account can give (security 53); which level that is, the area that
knows of factors tells through `register_required_level`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from myaccount.users.models import User
from myaccount.web.pages import Text
from myaccount.web.requests import PortalRequest

P = ParamSpec("P")

FRESH_FOR: Final = timedelta(minutes=5)
INTERRUPTED_FOR: Final = timedelta(minutes=10)
NOTHING_SHOWN: Final = 0  # somebody came in without proving anything of this account: by switching from another
ONE_FACTOR: Final = 1
TWO_FACTORS: Final = 2
_CONFIRMED_KEY = "step_up_confirmed_at"
_LEVEL_KEY = "step_up_level"
_SHOWN_KEY = "step_up_shown"
_INTERRUPTED_KEY = "step_up_interrupted"
_NOT_TYPED = ("next", "about", "opened_with", "opened_version")
_NEVER_KEPT = ("password", "csrfmiddlewaretoken", "code", "answer", "captcha")


@dataclass(frozen=True)
class InterruptedPost:
    """A form that was sent too late: kept, without secrets, until the person has confirmed who they are."""

    path: str
    at: float  # seconds since the epoch
    fields: list[tuple[str, str]] = field(default_factory=list)
    has_left_out: bool = False  # a password or the like, which is entered once more

    @property
    def has_typed(self) -> bool:
        """Whether there is something in it that people have entered."""
        return any(value.strip() for name, value in self.fields if name not in _NOT_TYPED)


@dataclass(frozen=True)
class Act:
    """What people are asked to confirm who they are for, and where it begins: a section of a page, or a page whose
    address has the arguments of the act's own."""

    title: Text
    page: str
    section: str = ""


@dataclass(frozen=True)
class Announced:
    """An act in words, and the address of where it began."""

    title: Text
    back: str


_acts: dict[str, Act] = {}

RequiredLevel = Callable[[User], int]
_required_level: list[RequiredLevel] = []


def register_required_level(of: RequiredLevel) -> None:
    """Let `of` say which level a person's proof has to have; the highest of all that are registered counts."""
    if of not in _required_level:
        _required_level.append(of)


def required_level(user: User) -> int:
    """The best level the person can give."""
    return max((of(user) for of in _required_level), default=ONE_FACTOR)


def mark_confirmed(session: SessionBase, *, now: datetime, level: int = ONE_FACTOR, shown: Iterable[str] = ()) -> None:
    """Remember that the person has just proven who they are, how well, and with what (names of authenticators).

    The caller rotates the session key.
    """
    session[_CONFIRMED_KEY] = now.timestamp()
    session[_LEVEL_KEY] = level
    session[_SHOWN_KEY] = [*dict.fromkeys([*shown_in(session), *shown])]


def confirmed_at(session: SessionBase) -> float:
    """When the person last proved who they are in this session, in seconds since the epoch; 0 for never."""
    at = session.get(_CONFIRMED_KEY)
    return at if isinstance(at, int | float) else 0


def shown_in(session: SessionBase) -> list[str]:
    """The authenticators shown in this session, in order, at sign-in and later."""
    shown = session.get(_SHOWN_KEY)
    return [str(name) for name in shown] if isinstance(shown, list) else []


def level_of(session: SessionBase) -> int:
    """How well the person proved who they are, the last time they did in this session."""
    level = session.get(_LEVEL_KEY, ONE_FACTOR)
    return level if isinstance(level, int) else ONE_FACTOR


def is_confirmed(request: HttpRequest, *, now: datetime) -> bool:
    """Whether the last proof is fresh and good enough. A time in the future (a clock set back) does not count."""
    at = request.session.get(_CONFIRMED_KEY)
    if not isinstance(at, int | float) or not request.user.is_authenticated:
        return False
    if not 0 <= now.timestamp() - at < FRESH_FOR.total_seconds():
        return False
    level = level_of(request.session)
    return level >= TWO_FACTORS or level >= required_level(request.user)


def require_step_up(
    view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
) -> Callable[Concatenate[PortalRequest, P], HttpResponseBase]:
    """Send people without fresh proof to the confirmation page, and back to what they were doing.

    A GET comes back by its address. A POST is kept without its secrets and offered again after.
    """

    @wraps(view)
    def guarded(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        now = timezone.now()
        if is_confirmed(request, now=now):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            _keep(request, now=now)
            return redirect_to_confirm(reverse("continue-interrupted"))
        return redirect_to_confirm(request.get_full_path())

    guarded.requires_step_up = True  # type: ignore[attr-defined]
    return guarded


def require_step_up_and_return(
    view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
) -> Callable[Concatenate[PortalRequest, P], HttpResponseBase]:
    """The same for a POST that is answered with a file: the person comes back by GET to the address it was sent to.

    The page that offers a kept form again would stay where it is while the file is saved, as if nothing were done.
    """

    @wraps(view)
    def guarded(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if is_confirmed(request, now=timezone.now()):
            return view(request, *args, **kwargs)
        return redirect_to_confirm(request.path)

    guarded.requires_step_up = True  # type: ignore[attr-defined]
    return guarded


def register_acts(acts: Mapping[str, Act]) -> None:
    """Let an area that lies above say what the views do that ask for proof, by their names."""
    _acts.update(acts)


def announced(request: HttpRequest, path: str) -> Announced:
    """What the page at `path` is for, of the portal's own; for the one that goes on, what was interrupted."""
    kept = interrupted(request, now=timezone.now()) if path == reverse("continue-interrupted") else None
    try:
        match = resolve(urlsplit(kept.path if kept else path).path)
        act = _acts[match.url_name or ""]
    except (Resolver404, KeyError):
        return Announced("", reverse("overview"))
    if act.section:
        return Announced(act.title, f"{reverse(act.page)}#{act.section}")
    return Announced(act.title, reverse(act.page, kwargs=match.kwargs))


def redirect_to_confirm(next_path: str) -> HttpResponseRedirect:
    """To the page that asks for proof, which then leads on to `next_path`."""
    return HttpResponseRedirect(f"{reverse('confirm-access')}?{urlencode({'next': next_path})}")


def _keep(request: PortalRequest, *, now: datetime) -> None:
    sent = [(name, str(value)) for name, values in request.POST.lists() for value in values]
    fields = [(name, value) for name, value in sent if not any(secret in name.lower() for secret in _NEVER_KEPT)]
    secrets = (value for name, value in sent if name != "csrfmiddlewaretoken" and (name, value) not in fields)
    post = InterruptedPost(request.path, now.timestamp(), fields, has_left_out=any(secrets))
    request.session[_INTERRUPTED_KEY] = asdict(post)


def interrupted(request: HttpRequest, *, now: datetime) -> InterruptedPost | None:
    """The kept form, if it is not too old. A later one takes its place; signing out forgets it."""
    kept: Any = request.session.get(_INTERRUPTED_KEY)
    try:
        post = InterruptedPost(**kept)
        age = now.timestamp() - post.at
    except TypeError:  # there is none, or an older version of the portal kept it
        return None
    return post if 0 <= age < INTERRUPTED_FOR.total_seconds() else None
