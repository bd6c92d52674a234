"""The language a browser speaks before anybody signs in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


def remember(response: HttpResponseBase, language: str) -> None:
    """Keep a language in this browser, for the pages before sign-in and after sign-out."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


def is_set_or_kept(request: HttpRequest, response: HttpResponseBase, language: str) -> bool:
    """Whether the browser keeps this language already, or is just being told one."""
    name = settings.LANGUAGE_COOKIE_NAME
    return name in response.cookies or request.COOKIES.get(name) == language
