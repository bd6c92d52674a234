"""Lets a page load the one picture that is not ours, and only for people who chose it (security 25)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from profile.pictures import GRAVATAR_ORIGIN


def gravatar_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Add Gravatar to `img-src` for a person whose picture it is."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if getattr(request.user, "picture", "").startswith(GRAVATAR_ORIGIN):
            allow_gravatar(response)
        return response

    return middleware


def allow_gravatar(response: HttpResponseBase) -> None:
    """Let this one response load pictures from Gravatar."""
    response._csp_update = {"img-src": [GRAVATAR_ORIGIN]}  # type: ignore[attr-defined]
