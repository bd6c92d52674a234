"""The guard of every private view."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from myaccount.web.requests import PortalRequest

P = ParamSpec("P")


def signed_in(
    view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Send people who are not signed in to the sign-in page, and after it to where they wanted to go.

    A POST is not repeated: its form is gone with the session, so they go to the overview.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_sign_in(request)
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    guarded.requires_sign_in = True  # type: ignore[attr-defined]
    return guarded


def redirect_to_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    """To the sign-in page, saying so when a session has just run out."""
    query = {"next": request.get_full_path()} if request.method in ("GET", "HEAD") else {}
    if hasattr(request, "session_ended_because"):
        query["ended"] = request.session_ended_because
    return HttpResponseRedirect(reverse("sign-in") + (f"?{urlencode(query)}" if query else ""))
