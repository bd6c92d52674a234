"""A real browser, one a worker; a context of its own for every visitor."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, Error, Playwright, expect, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from myaccount.users.models import User
from tests.journeys import patience, quiet_server
from tests.journeys.visitor import Visitor
from tests.support.people import make_person

# Playwright's event loop runs in this thread; the ORM is used beside it, not inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=15_000)  # milliseconds; a busy machine is no reason to fail

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--in-process-gpu",
    "--renderer-process-limit=1",
]

NewVisitor = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a journey and may use the database from the server's thread, too."""
    for item in items:
        if "tests/journeys/" in item.nodeid:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.django_db(transaction=True))


def _chromium() -> str | None:
    """CHROMIUM from the environment, or the first Chromium on the path; None for Playwright's own."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started, pytest.MonkeyPatch.context() as patch:
        patience.wait_for_pages(patch)
        yield started
        # While its event loop runs, Django keeps connections of this thread apart from those before it. A test may have
        # left one open, and after the loop nobody would find it again: then the database could not be dropped.
        connections.close_all()


@pytest.fixture(scope="session")
def running(playwright: Playwright) -> Iterator[list[Browser]]:
    """The worker's browser, once it was started."""
    started: list[Browser] = []
    yield started
    for browser in started:
        browser.close()


@pytest.fixture
def chromium(playwright: Playwright, running: list[Browser]) -> Browser:
    """The worker's browser; another one should it have crashed, so that one journey fails and not all after it."""
    if not running or not running[-1].is_connected():
        try:
            running.append(playwright.chromium.launch(executable_path=_chromium(), args=_FLAGS))
        except Error as error:
            text = "no Chromium: set CHROMIUM to its path, or run `playwright install chromium`"
            if os.environ.get("CI"):
                pytest.fail(f"{text}\n{error}")
            pytest.skip(text)
    return running[-1]


@pytest.fixture
def new_visitor(chromium: Browser, live_server: LiveServer, settings: Settings) -> Iterator[NewVisitor]:
    """Makes visitors: `new_visitor(java_script_enabled=False, color_scheme="dark")`."""
    settings.PUBLIC_URL = live_server.url
    quiet_server.listen()
    visitors: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        defaults = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "reduced_motion": "reduce"}
        visitors.append(Visitor(chromium.new_context(**{**defaults, **options}), live_server.url))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    quiet_server.wait_until_quiet()
    problems = [problem for visitor in visitors for problem in visitor.problems]
    assert problems == [], "\n".join(problems)


@pytest.fixture
def visitor(new_visitor: NewVisitor) -> Visitor:
    """Somebody at a desk."""
    return new_visitor()


@pytest.fixture
def alice(live_server: LiveServer) -> User:
    return make_person("alice", values={"given_name": "Alice", "family_name": "Liddell"}, display_name="Alice Liddell")


@pytest.fixture
def bob(live_server: LiveServer) -> User:
    return make_person("bob")
