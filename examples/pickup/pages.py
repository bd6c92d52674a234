"""Pickup's pages: a few lines of HTML, everything in them escaped."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any, Final

STYLE: Final = Path(__file__).with_name("style.css")
Answer = tuple[str, list[tuple[str, str]], bytes]


def security_headers(portal: str) -> list[tuple[str, str]]:
    """What every answer wears. Signing out posts here and ends at the portal, so forms may lead there."""
    policy = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {portal}; frame-ancestors 'none'; base-uri 'none'"
    )
    return [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),  # with none at all, browsers call the origin of a form "null"
        ("Cache-Control", "no-store"),
    ]


def style() -> Answer:
    """The style sheet."""
    return "200 OK", [("Content-Type", "text/css; charset=utf-8")], STYLE.read_bytes()


def redirect(address: str, *, cookie: str = "") -> Answer:
    """Elsewhere, with a cookie perhaps."""
    headers = [("Location", address), *([("Set-Cookie", cookie)] if cookie else [])]
    return "302 Found", headers, b""


def message(title: str, text: str, *, status: str = "200 OK") -> Answer:
    """One sentence, and the way back."""
    return _page(title, f'<p>{escape(text)}</p><p><a class="button" href="/">To Pickup</a></p>', status=status)


def signed_out(portal: str) -> Answer:
    """Nobody is signed in in this browser."""
    return _page(
        "Order ahead, collect when it suits you",
        f"""<p>Pickup is a small application that shows what the portal tells an application about you,
        and that you decide.</p>
        <p><a class="button primary" href="/sign-in">Sign in with My Account</a></p>
        <p class="quiet">You will be asked at {escape(portal)} what Pickup may know.</p>""",
    )


def signed_in(session: dict[str, Any]) -> Answer:
    """What the portal has told."""
    userinfo: dict[str, Any] = session.get("userinfo", {})
    name = userinfo.get("given_name") or "you"
    refused = f'<p class="notice" role="status">{escape(session["refused"])}</p>' if session.get("refused") else ""
    return _page(
        f"Good to see {'you' if name == 'you' else 'you, ' + name}",
        f"""{refused}
        <h2>What the portal tells now</h2>{_table(userinfo)}
        <form method="post" action="/ask-again"><button class="button primary">Ask again</button></form>
        <h2>What the ID token said when you signed in</h2>{_table(session["claims"])}
        <form method="post" action="/sign-out"><button class="button">Sign out</button></form>""",
    )


def _table(claims: dict[str, Any]) -> str:
    if not claims:
        return '<p class="quiet">Nothing.</p>'
    rows = (
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(_text(value))}</td></tr>" for name, value in claims.items()
    )
    return f'<div class="scroll" tabindex="0"><table>{"".join(rows)}</table></div>'


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _page(title: str, content: str, *, status: str = "200 OK") -> Answer:
    html = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · Pickup</title>
<link rel="stylesheet" href="/style.css">
<header><a href="/">Pickup</a></header>
<main><h1>{escape(title)}</h1>{content}</main>
</html>"""
    return status, [("Content-Type", "text/html; charset=utf-8")], html.encode()
