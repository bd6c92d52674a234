"""The way out of an account that is about to be deleted: the browser is signed out, and is told until when."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from myaccount.deletion.models import AccountDeletion
from myaccount.web import formats

_KEY: Final = "account_to_be_deleted_on"


def say(request: HttpRequest, deletion: AccountDeletion) -> HttpResponse:
    """Empty the browser's session of everything but the day, and lead to the page that tells it (security 15, 16)."""
    day = timezone.localtime(deletion.erase_at).date()
    request.session.flush()
    request.session[_KEY] = day.isoformat()
    response = redirect("to-be-deleted")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def day(request: HttpRequest) -> str:
    """The day in words; empty where nothing was asked for in this browser."""
    kept: Any = request.session.get(_KEY, "")
    try:
        return formats.day(date.fromisoformat(kept))
    except (TypeError, ValueError):
        return ""
