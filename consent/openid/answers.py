"""What a person or an application is answered at the authorisation endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from oauth2_provider.settings import oauth2_settings

from consent.applications.models import Application
from consent.openid.requests import Refused
from myaccount.web.redirects import hop


def to_application(request: HttpRequest, url: str, *, name: str = "") -> HttpResponse:
    """Send the browser on: by a redirect, or after a form by a page of ours."""
    if request.method == "POST":
        return hop(request, url, name=name)
    return HttpResponseRedirect(url)


def refusal(redirect_uri: str, state: str, refused: Refused) -> str:
    """Where an application is told that it cannot be; with who says so (RFC 9207)."""
    told = {
        "error": refused.error,
        "error_description": refused.description,
        "state": state,
        "iss": oauth2_settings.OIDC_ISS_ENDPOINT,
    }
    return with_parameters(redirect_uri, {name: value for name, value in told.items() if value})


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """The address with these added to its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


def unanswerable(request: HttpRequest, reason: str | Promise) -> HttpResponse:
    """400, on a page of ours: nobody is sent anywhere (security 76)."""
    return render(request, "openid/unanswerable.html", {"reason": reason}, status=400)


def not_for_you(request: HttpRequest, application: Application, back: str) -> HttpResponse:
    """403: the person is in none of the groups the application is for. A link tells it so."""
    return render(request, "openid/not_for_you.html", {"application": application, "back": back}, status=403)
