"""The language a browser speaks before anybody signs in."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import get_language_from_request
from django.utils.translation.trans_real import get_supported_language_variant

from myaccount.web.redirects import ui_locales


def before_sign_in(request: HttpRequest) -> str:
    """The switcher's, then what an application would like that sends somebody here, then the browser's."""
    wished_for = "ui_locales" in request.META.get("QUERY_STRING", "")
    if wished_for and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        for path in (request.get_full_path(), request.GET.get("next", "")):
            for language in ui_locales(path):
                with suppress(LookupError):
                    return get_supported_language_variant(language.lower())
    return get_language_from_request(request)


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
