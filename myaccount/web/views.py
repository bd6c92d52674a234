"""Small pages of the kernel: health, language, the organisation's dress."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from myaccount.users import services as users
from myaccount.web import colours, languages
from myaccount.web.redirects import requested_next, safe_next
from myaccount.web.requests import PortalRequest

_A_YEAR = 365 * 24 * 3600  # seconds


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 while the process answers, whatever else is down."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 while the database answers too, else 503: send no requests here now."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch languages: in the profile when signed in, in any case in this browser."""
    language = request.POST.get("language", "")
    response = redirect(safe_next(requested_next(request), default="sign-in"))
    if language in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            users.set_language(user=request.user, language=language)
        languages.remember(response, language)
    return response


@require_safe
def theme(request: PortalRequest) -> HttpResponse:
    """The organisation's accent colour as two custom properties. Its address changes with it, so it is kept."""
    css = colours.theme_css(request.portal_settings.accent_color)
    return _kept(HttpResponse(css, content_type="text/css; charset=utf-8"))


@require_safe
def logo(request: PortalRequest) -> HttpResponse:
    """The organisation's logo, a PNG of ours."""
    if not request.portal_settings.logo:
        raise Http404
    return _kept(HttpResponse(bytes(request.portal_settings.logo), content_type="image/png"))


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
    return response
