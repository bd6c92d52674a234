"""What a browser sees of the portal as it runs in production."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.support.servers import free_port
from tests.test_settings import GOOD, ROOT

RESPONSES = (
    "sign-in page", "overview of a stranger", "not found", "nul", "huge", "no token", "refused", "signed in",
    "overview", "security", "admin", "signed out", "afterwards", "foreign host", "plain http", "outbox",
)  # fmt: skip


def visit(*arguments: str, **environment: str) -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, "-m", "tests.support.production_visit", *arguments],
        env={**GOOD, "TRUSTED_PROXIES": "127.0.0.1", "PATH": os.environ["PATH"], **environment},
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    seen: dict[str, Any] = json.loads(result.stdout)
    return {**seen, "log": result.stderr}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> dict[str, Any]:
    """One visit: signing in, looking around, signing out, and what strangers try."""
    database: Path = tmp_path_factory.mktemp("production") / "portal.sqlite3"
    if connection.vendor == "sqlite":  # the tests' own tables, which saves making them anew
        with (
            closing(sqlite3.connect(connection.settings_dict["NAME"])) as ours,
            closing(sqlite3.connect(database)) as copy,
        ):
            ours.backup(copy)
    return visit(DATABASE_URL=f"sqlite:///{database}")


def test_the_cookies_are_bound_to_this_host_and_to_https(seen: dict[str, Any]) -> None:
    """Security 13."""
    session = seen["signed in"]["cookies"]["__Host-session"]
    token = seen["sign-in page"]["cookies"]["__Host-csrf"]
    known = seen["signed in"]["cookies"]["__Host-known"]
    for cookie in (session, token, known):
        assert cookie["secure"] is True
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert "domain" not in cookie
    language = seen["language"]["cookies"]["language"]
    assert (language["secure"], language["httponly"], language["samesite"]) == (True, True, "Lax")


def test_the_cookie_of_a_passkeys_challenge_is_bound_just_so(seen: dict[str, Any]) -> None:
    """Security 13, 64."""
    cookie = seen["passkey options"]["cookies"]["__Host-ceremony"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    assert cookie["path"] == "/"
    assert "domain" not in cookie


def test_the_session_cookie_says_nothing(seen: dict[str, Any]) -> None:
    """Security 13: opaque, and as long as Django's keys are."""
    session = seen["signed in"]["cookies"]["__Host-session"]
    assert re.fullmatch(r"[a-z0-9]{32}", session["value"])
    assert session["max-age"] <= 24 * 3600


def test_strangers_get_no_session(seen: dict[str, Any]) -> None:
    for name in ("sign-in page", "overview of a stranger", "refused", "not found"):
        assert "__Host-session" not in seen[name]["cookies"]


@pytest.mark.parametrize("name", RESPONSES)
def test_every_response_wears_its_headers(seen: dict[str, Any], name: str) -> None:
    """Security 89: errors, redirects and refusals too."""
    headers = seen[name]["headers"]
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    if name != "plain http":  # where it means nothing
        assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
        assert "no-store" in headers["cache-control"]
    assert "server" not in headers
    assert "x-powered-by" not in headers


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("sign-in page", 200),
        ("overview of a stranger", 302),
        ("foreign host", 400),
        ("not found", 404),
        ("nul", 400),
        ("huge", 413),
        ("no token", 403),
        ("refused", 422),
        ("signed in", 302),
        ("overview", 200),
        ("security", 200),
        ("admin", 302),  # to setting up a second factor
        ("signed out", 302),
        ("afterwards", 302),
    ],
)
def test_each_answer_is_what_it_should_be(seen: dict[str, Any], name: str, status: int) -> None:
    """Security 89, 90."""
    assert seen[name]["status"] == status
    assert "Traceback" not in seen[name]["body"]


@pytest.mark.parametrize("name", ["outbox", "gallery"])
def test_what_is_for_development_is_not_there(seen: dict[str, Any], name: str) -> None:
    """Security 89: nobody reads our mails in production."""
    assert seen[name]["status"] == 404


def test_plain_http_leads_to_https_unless_a_proxy_of_ours_took_care(seen: dict[str, Any]) -> None:
    """Security 7, 89."""
    for name in ("plain http", "forged https"):
        assert seen[name]["status"] == 301
        assert seen[name]["headers"]["location"] == "https://account.example.org/myaccount/"
    assert seen["https of a proxy"]["headers"]["location"].startswith("/myaccount/sign-in/")
    assert [seen[name]["status"] for name in ("health", "ready")] == [200, 200]


def test_no_host_but_our_own_is_believed(seen: dict[str, Any]) -> None:
    """Security 39."""
    assert "evil.example" not in json.dumps([seen["forged host"], seen["foreign host"]])


def test_signing_out_clears_what_the_browser_kept(seen: dict[str, Any]) -> None:
    """Security 15, 16."""
    assert seen["signed out"]["headers"]["clear-site-data"] == '"cache", "storage"'
    assert seen["signed out"]["cookies"]["__Host-session"]["max-age"] == 0
    assert seen["afterwards"]["headers"]["location"].startswith("/myaccount/sign-in/")


def test_passwords_are_hashed_with_argon2id(seen: dict[str, Any]) -> None:
    """Security 35."""
    assert seen["password hash"].startswith("argon2$argon2id$")


def test_the_log_is_quiet_and_has_no_secret(seen: dict[str, Any]) -> None:
    """Security 90."""
    assert "seven quiet wooden lanterns" not in seen["log"]
    assert "Traceback" not in seen["log"]
    assert seen["signed in"]["cookies"]["__Host-session"]["value"] not in seen["log"]
    assert "demo-passphrase" not in seen["sign-in page"]["body"]


def test_without_its_database_the_portal_says_so_at_once() -> None:
    """A dead database server is a 503 within seconds, not a page that hangs or a trace."""
    started = time.monotonic()
    seen = visit("without-people", DATABASE_URL=f"postgresql://portal:sesame@127.0.0.1:{free_port()}/portal")
    assert time.monotonic() - started < 30
    assert [seen[name]["status"] for name in ("health", "ready", "sign-in page")] == [200, 503, 503]
    assert seen["sign-in page"]["headers"]["retry-after"] == "30"
    assert "<h1>" in seen["sign-in page"]["body"]
    assert "sesame" not in json.dumps(seen)
