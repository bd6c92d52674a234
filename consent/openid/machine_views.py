"""What applications ask server to server: tokens, userinfo, introspection, revocation.

No cookie counts here, so there is no form whose token could be checked; and no other site's script may read an
answer (no CORS): an application in a browser has a server of its own to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauth2_provider.settings import oauth2_settings
from oauthlib.common import Request

from consent.openid import live
from consent.openid.claims import told
from consent.openid.scopes import OPENID
from myaccount.limits.services import TooManyAttempts

P = ParamSpec("P")
_GRANT_TYPES: Final = ("authorization_code", "refresh_token")


def for_applications(
    *methods: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]
]:
    """A view for machines: refusals are JSON too, and what oauthlib cannot read is a 400."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @csrf_exempt
        @require_http_methods([*methods])
        @wraps(view)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method == "POST" and not _is_readable(request):
                return _refused("invalid_request", status=400)
            try:
                return view(request, *args, **kwargs)
            except TooManyAttempts as error:
                response = _refused("invalid_client", status=429)
                response["Retry-After"] = str(max(1, int((error.until - timezone.now()).total_seconds())))
                return response
            except ValueError as error:
                if not str(error).startswith(
                    ("Error trying to decode", "Invalid hex")
                ):  # oauthlib, of the query string
                    raise
                return _refused("invalid_request", status=400)

        return answer

    return decorate


def _is_readable(request: HttpRequest) -> bool:
    """Each parameter once (RFC 6749, 3.2), and nothing no database takes."""
    fields = request.POST.lists()
    return all(len(values) == 1 and "\x00" not in name + values[0] for name, values in fields)


@for_applications("POST")
def token(request: HttpRequest) -> HttpResponse:
    """Tokens for a code, or for a refresh token."""
    if request.POST.get("grant_type") not in _GRANT_TYPES:
        return _refused("unsupported_grant_type" if "grant_type" in request.POST else "invalid_request", status=400)
    _uri, headers, body, status = _core().create_token_response(request)
    return _answered(headers, body, status)


@for_applications("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """End a token of the application's own, and all that came of the same code (RFC 7009)."""
    _uri, headers, body, status = _core().create_revocation_response(request)
    return _answered(headers, body, status)


@for_applications("GET", "POST")
def userinfo(request: HttpRequest) -> HttpResponse:
    """What the person lets the application know now (OpenID Connect Core 1.0, 5.3). Three queries.

    The token is taken from the header alone; what it is good for is looked up here, without a detour by oauthlib.
    """
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return _challenged("Bearer", "invalid_request")
    now = timezone.now()
    found = live.access_token(text, now=now)
    if found is None or OPENID not in found.scope.split():
        return _challenged('Bearer error="invalid_token"', "invalid_token")
    claims = told(found.user, found.application_id, found.release["userinfo"], now=now)
    return JsonResponse({**claims, "sub": found.authentication["sub"]})


@for_applications("POST")
def introspect(request: HttpRequest) -> HttpResponse:
    """Whether a token of the application's own is good; of any other no more is said than that (RFC 7662)."""
    asking = _authenticated(request)
    if asking is None:
        return _challenged('Basic realm="introspection"', "invalid_client")
    text = request.POST.get("token", "")
    if not text:
        return _refused("invalid_request", status=400)
    return JsonResponse(_state_of(text, asking))


def _authenticated(request: HttpRequest) -> Any:
    """The confidential application that asks; None for anybody else."""
    core = _core()
    uri, method, body, headers = core._extract_params(request)
    asking = Request(uri, method, body, headers)
    return asking.client if core.server.request_validator.authenticate_client(asking) else None


def _state_of(text: str, application: Any) -> dict[str, Any]:
    now = timezone.now()
    found = live.access_token(text, now=now)
    kind = "access_token"
    if found is None:
        found, kind = live.refresh_token(text, application, now=now), "refresh_token"
        if found is not None and (found.revoked is not None or found.ends_at <= now or not found.is_live):
            found = None
    if found is None or found.application_id != application.pk:
        return {"active": False}
    ends = found.expires if kind == "access_token" else found.ends_at
    return {
        "active": True,
        "iss": oauth2_settings.OIDC_ISS_ENDPOINT,
        "client_id": application.client_id,
        "sub": found.authentication["sub"],
        "scope": found.scope,
        "exp": int(ends.timestamp()),
        "token_type": "Bearer" if kind == "access_token" else kind,
    }


@lru_cache(maxsize=1)
def _core() -> Any:
    return get_oauthlib_core()


def _answered(headers: dict[str, str], body: str | None, status: int) -> HttpResponse:
    response = HttpResponse(body or "", status=status)
    for name, value in headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    response.headers.setdefault("Content-Type", "application/json")
    return response


def _challenged(challenge: str, error: str) -> HttpResponse:
    response = _refused(error, status=401)
    response["WWW-Authenticate"] = challenge
    return response


def _refused(error: str, *, status: int) -> HttpResponse:
    return JsonResponse({"error": error}, status=status)
