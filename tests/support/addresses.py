"""Every address of the portal, with something filled in where it has parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

FILLED_IN = {
    "uuid": "5e2a9c1e-7d0f-4a53-9d6c-0d2b6f0f2b11",
    "name": "given_name",
    "kind": "email",
    "slug": "university",
    "token": "no-such-token",
    "digest": "0" * 64,
    "authenticator": "totp",
    "device": "usb",
    "pk": "1",
    "factor_pk": "1",
    "object_id": "1",
    "content_type_id": "1",
    "app_label": "users",
    "url": "no/such/page",
    "how": "404",
}


@dataclass(frozen=True)
class Address:
    """One path, its name and the view that answers."""

    path: str
    name: str
    view: Callable[..., Any]

    def __str__(self) -> str:
        return self.path


def addresses() -> list[Address]:
    """All of them, the administration's too."""
    return list(_walk(get_resolver(), "/"))


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _walk(entry, prefix + str(entry.pattern))
        else:
            assert isinstance(entry, URLPattern)
            yield Address(_fill_in(prefix + str(entry.pattern)), entry.name or "", entry.callback)


def _fill_in(route: str) -> str:
    """`a/<uuid:uuid>/` and, as Django admin has one of them, `^(?P<app_label>users|auth)/$`."""
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda part: FILLED_IN[part[1]], route)
    route = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: FILLED_IN[part[1]], route)
    return route.replace("^", "").replace("$", "").replace("\\Z", "")
