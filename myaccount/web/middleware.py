"""Small, single-purpose middleware of the kernel."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject

from myaccount.limits.services import TooManyAttempts
from myaccount.web import errors, formats, languages
from myaccount.web.selectors import shared_portal_settings

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_FORWARDING_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class TrustedProxyMiddleware:
    """Believes forwarding headers from configured proxies only, and finds the client's address (security 7).

    Walks X-Forwarded-For from the right past trusted proxies; the first other address is the client.
    Anything unreadable on the way ends the walk at the last address known to be true.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer = _address(request.META.get("REMOTE_ADDR", ""))
        if peer is None or not _is_trusted(peer):
            for header in _FORWARDING_HEADERS:
                request.META.pop(header, None)
        else:
            peer = self._client(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""))
        request.META["REMOTE_ADDR"] = str(peer) if peer else "0.0.0.0"  # noqa: S104 (no socket: "unknown")
        return self.get_response(request)

    @staticmethod
    def _client(peer: _Address, forwarded_for: str) -> _Address:
        for hop in reversed(forwarded_for.split(",")):
            address = _address(hop.strip())
            if address is None:
                break
            peer = address
            if not _is_trusted(address):
                break
        return peer


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])  # without the zone of a link-local one
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_trusted(address: _Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


class RequestLimitsMiddleware:
    """Refuses bodies larger than any form of ours needs, and text no database takes, before they are read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        refuse = self._refusal(request)
        if refuse is None:
            return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            return refuse(request)

    @staticmethod
    def _refusal(request: HttpRequest) -> Callable[[HttpRequest], HttpResponse] | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return errors.bad_request
        if int(length) > settings.REQUEST_MAX_BYTES:
            return errors.too_large
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return errors.bad_request
        return None


class AttemptLimitMiddleware:
    """Answers 429 where a spent budget is not answered by the view itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Only for the budgets' own exception."""
        if not isinstance(exception, TooManyAttempts):
            return None
        seconds = max(1, int((exception.until - timezone.now()).total_seconds()))
        return errors.too_many_requests(request, retry_after=seconds)


class PrivatePagesMiddleware:
    """No page may be kept by a browser or a proxy unless its view says otherwise (security 16)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.portal_settings = SimpleLazyObject(shared_portal_settings)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if response.status_code == 405 and not getattr(response, "content", b""):
            with translation.override(response.headers.get("Content-Language", settings.LANGUAGE_CODE)):
                response = errors.method_not_allowed(request, allowed=response["Allow"])
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class PersonalLocaleMiddleware:
    """The person's own language and time zone; before sign-in what fits the browser.

    The browser keeps the person's language, so that the pages after signing out speak it too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        chosen = user.language if user.is_authenticated else ""
        language = chosen if chosen in dict(settings.LANGUAGES) else languages.before_sign_in(request)
        with translation.override(language), timezone.override(formats.zone(getattr(user, "time_zone", ""))):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        if language == chosen and _is_page(response) and not languages.is_set_or_kept(request, response, language):
            languages.remember(response, language)
        return response


def _is_page(response: HttpResponseBase) -> bool:
    """Whether this is for one person to read; what proxies may keep must set no cookie."""
    return response.headers.get("Content-Type", "").startswith("text/html")
