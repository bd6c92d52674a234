"""Where a person may be sent after an action: a page of ours, and nowhere else."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse

_MAX_LENGTH = 2000


def safe_next(value: str | None, *, default: str = "overview") -> str:
    """The path if it is one of the portal's own pages, else the path of the view named `default`.

    Refuses schemes, hosts, backslashes, control characters (also when percent-encoded) and
    paths no view of ours answers, so that no link can send people elsewhere (security 11).
    """
    return value if value and _is_own_page(value) else reverse(default)


def requested_next(request: HttpRequest) -> str:
    """The raw `next` of a form or a link; always pass it through `safe_next`."""
    return request.POST.get("next") or request.GET.get("next", "")


def to_section(url_name: str, section_id: str) -> HttpResponseRedirect:
    """Back to a section of a page after an action there."""
    return HttpResponseRedirect(f"{reverse(url_name)}#{section_id}")


def to_signed_out(*, everywhere: bool = False) -> HttpResponseRedirect:
    """To the page that says so; on the way the browser forgets what it kept of ours (security 16)."""
    response = HttpResponseRedirect(reverse("signed-out") + ("?everywhere=1" if everywhere else ""))
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _is_own_page(value: str) -> bool:
    if len(value) > _MAX_LENGTH or not value.startswith("/"):
        return False
    decoded = unquote(unquote(value))
    for text in (value, decoded):
        if text.startswith("//") or "\\" in text or any(unicodedata.category(c)[0] == "C" for c in text):
            return False
    try:
        parts = urlsplit(value)
        resolve(parts.path)
    except (ValueError, Resolver404):
        return False
    return not parts.scheme and not parts.netloc
