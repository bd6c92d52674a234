"""Remembers, in a signed cookie, who has signed in with this browser before. Proves nothing else.

The cookie only chooses which attempt budget a guess counts against, and whether a sign-in is
told as new. It names at most five people, by their public id.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from myaccount.users.models import User

_LIFE: Final = timedelta(days=365)
_SALT: Final = "security.known-browser"
_MAX_PEOPLE: Final = 5


def cookie_name() -> str:
    """With the `__Host-` prefix wherever cookies are secure."""
    return "__Host-known" if settings.SESSION_COOKIE_SECURE else "known"


def browser_of(request: HttpRequest, user: User | None) -> str:
    """The id of this browser if `user` has signed in with it before, else an empty text."""
    content = _read(request)
    return content["id"] if user is not None and str(user.uuid) in content["people"] else ""


def is_known_for(request: HttpRequest, user_uuid: str) -> bool:
    """Whether the person with this public id has signed in with this browser before."""
    return user_uuid in _read(request)["people"]


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Set the cookie after `user` has signed in."""
    content = _read(request)
    others = [person for person in content["people"] if person != str(user.uuid)]
    value = {"id": content["id"] or secrets.token_urlsafe(16), "people": [str(user.uuid), *others][:_MAX_PEOPLE]}
    response.set_cookie(
        cookie_name(),
        signing.dumps(value, salt=_SALT),
        max_age=_LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        value = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=_LIFE)
        return {"id": str(value["id"]), "people": [str(person) for person in value["people"]]}
    except (signing.BadSignature, KeyError, TypeError):
        return {"id": "", "people": []}
