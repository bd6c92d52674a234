"""Where a person may be sent after an action: a page of ours, and nowhere else."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

AGAIN: Final = "again"  # in the address of the sign-in page: show it to who is signed in already, too
_MAX_LENGTH = 4000
_LEADING_AWAY: Final = ("authorize", "openid-logout")  # views that may send a browser on to an application
_HINT_MAX_LENGTH: Final = 254


def safe_next(value: str | None, *, default: str = "overview") -> str:
    """The path if it is one of the portal's own pages, else the path of the view named `default`.

    Refuses schemes, hosts, backslashes, control characters (also when percent-encoded) and
    paths no view of ours answers, so that no link can send people elsewhere (security 11).
    """
    return value if value and _is_own_page(value) else reverse(default)


def requested_next(request: HttpRequest) -> str:
    """The raw `next` of a form or a link; always pass it through `safe_next`."""
    return request.POST.get("next") or request.GET.get("next", "")


def go_to(request: HttpRequest, path: str) -> HttpResponse:
    """On to a page of ours after a POST.

    Where that page may send the browser to an application, by way of a page of ours: browsers hold a form to
    `form-action 'self'` through every redirect that follows it.
    """
    is_leading_away = resolve(urlsplit(path).path).url_name in _LEADING_AWAY
    return hop(request, path) if is_leading_away else HttpResponseRedirect(path)


def hop(request: HttpRequest, url: str, *, name: str = "") -> HttpResponse:
    """A page of ours that opens another by itself, perhaps an application's called `name`."""
    return render(request, "pages/hop.html", {"url": url, "name": name})


def to_sign_in_again(next_path: str) -> HttpResponseRedirect:
    """To the sign-in page, for somebody who is signed in already; what they show takes the place of the session."""
    return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({AGAIN: 1, 'next': next_path})}")


def application_of(path: str) -> str:
    """The client ID of the application a `next` leads to; empty where it leads to a page of the portal."""
    return _asked_for(path).get("client_id", "")


def login_hint(path: str) -> str:
    """Who an application thinks is signing in, from a `next` that leads to it; perhaps empty."""
    hint = _asked_for(path).get("login_hint", "")
    return "" if len(hint) > _HINT_MAX_LENGTH or not hint.isprintable() else hint


def ui_locales(path: str) -> list[str]:
    """The languages an application would like our pages in, the best first; none where it did not say."""
    return _asked_for(path).get("ui_locales", "").split()


def _asked_for(path: str) -> dict[str, str]:
    """What an application asks of us, from the path of its request to sign somebody in."""
    if safe_next(path) != path:
        return {}
    parts = urlsplit(path)
    return dict(parse_qsl(parts.query)) if parts.path == reverse("authorize") else {}


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
