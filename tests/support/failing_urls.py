"""The portal's addresses and some that fail in every way, for tests of what people then see."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NoReturn

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest
from django.urls import path

from myaccount.limits.services import TooManyAttempts
from myaccount.urls import handler400, handler403, handler404, handler500
from myaccount.urls import urlpatterns as _portal

FAILURES = {
    "400": SuspiciousOperation("secret detail"),
    "403": PermissionDenied(),
    "404": Http404("secret detail"),
    "429": TooManyAttempts(datetime(2126, 11, 22, tzinfo=UTC)),
    "500": RuntimeError("secret detail"),
    "503": OperationalError("secret detail"),
    "503-too": InterfaceError("secret detail"),
}


def fail(request: HttpRequest, how: str) -> NoReturn:
    raise FAILURES[how]


urlpatterns = [path("fail/<str:how>/", fail), *_portal]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
