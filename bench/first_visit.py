"""What a browser that has never been here loads for the sign-in page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bench.load import Connection
from bench.pages import PAGES
from bench.sites import PORTAL

_LINKED: Final = re.compile(r'<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]+)"')


@dataclass(frozen=True)
class Loaded:
    """One file as it came over the wire, head and body."""

    path: str
    kind: str
    wire_bytes: int
    body_bytes: int


def first_visit() -> list[Loaded]:
    """The sign-in page and everything it names, as sent."""
    page = _load("/myaccount/sign-in/", signed_in=False)
    text = _text("/myaccount/sign-in/")
    return [page, *(_load(path, signed_in=False) for path in dict.fromkeys(_LINKED.findall(text)))]


def html_bytes() -> dict[str, int]:
    """The compressed size of each measured page's HTML."""
    return {page.name: _load(page.path, signed_in=page.signed_in).body_bytes for page in PAGES}


def _load(path: str, *, signed_in: bool) -> Loaded:
    connection = Connection(PORTAL.port)
    reply = connection.send(PORTAL.get(path, signed_in=signed_in))
    connection.close()
    if reply.status != 200:
        raise RuntimeError(f"{path} answered {reply.status}")
    kind = reply.headers["content-type"].split(";")[0]
    return Loaded(path, kind, reply.wire_bytes, len(reply.body))


def _text(path: str) -> str:
    """The page's HTML, asked for without compression."""
    request = PORTAL.get(path, signed_in=False).replace(
        b"Accept-Encoding: gzip, deflate, br", b"Accept-Encoding: identity"
    )
    connection = Connection(PORTAL.port)
    reply = connection.send(request)
    connection.close()
    return reply.body.decode()
