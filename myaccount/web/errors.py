"""Error pages. They need no database, session or signed-in person, so that they always work."""

from __future__ import annotations

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def _page(status: int, **context: object) -> HttpResponse:
    response = HttpResponse(render_to_string(f"errors/{status}.html", context), status=status)
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request could not be understood; or 413 when it was its size."""
    return too_large(request) if isinstance(exception, RequestDataTooBig) else _page(400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, with the reason when the exception was given one for people."""
    return _page(403, reason=str(exception) if exception and exception.args else "")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing here, or nothing of this person's."""
    return _page(404)


def method_not_allowed(request: HttpRequest, *, allowed: str) -> HttpResponse:
    """405: an address only forms are sent to was opened as a page."""
    response = _page(405)
    response["Allow"] = allowed
    return response


def too_large(request: HttpRequest) -> HttpResponse:
    """413: more than any form takes."""
    return _page(413)


def too_many_requests(request: HttpRequest, *, retry_after: int) -> HttpResponse:
    """429, with how many seconds to wait."""
    response = _page(429, minutes=max(1, -(-retry_after // 60)))
    response["Retry-After"] = str(retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 when it was the database that did not answer."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = _page(503)
        response["Retry-After"] = "30"
        return response
    return _page(500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was not ours, or it was open too long."""
    return _page(
        403,
        reason=_(
            "This form was open too long, or it did not come from this site. "
            "Go back, load the page again and try once more."
        ),
    )
