"""A person at a real browser. Whatever the browser complains about fails the test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, Request, Route, expect

from security.factors.models import TotpDevice
from tests.support import browsing
from tests.support.factors import SEED, code_of
from tests.support.people import PASSPHRASE

PERSONAL_INFO = "/myaccount/personal-info/"
SECURITY = "/myaccount/security/"

# What the console says of a page whose status is an expected error is no mistake of the page.
_STATUS_NOTE = re.compile(r"^Failed to load resource: the server responded with a status of [45]\d\d")
_GRAVATAR = "https://www.gravatar.com/"
_PIXEL = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="72" height="72"><rect width="72" height="72" fill="#57a"/></svg>'
)


class Visitor:
    """One browser context with one page, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.context = context
        self.base_url = base_url
        self.problems: list[str] = []
        self.gravatar_requests: list[str] = []
        self.friends: list[str] = []  # other servers of the test
        context.set_default_timeout(20_000)  # milliseconds
        context.route(lambda url: not url.startswith(base_url), self._elsewhere)
        context.on("page", self._watch)
        self.page = context.new_page()

    def _watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("dialog", self._on_dialog)
        page.on("requestfailed", self._on_failed_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _STATUS_NOTE.match(message.text):
            self.problems.append(f"console {message.type}: {message.text}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_failed_request(self, request: Request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):
            self.problems.append(f"request failed: {request.url} {request.failure}")

    def _elsewhere(self, route: Route) -> None:
        """Nothing leaves this machine: Gravatar is played, anything else is a mistake."""
        url = route.request.url
        if url.startswith(tuple(self.friends)):
            route.continue_()
            return
        if url.startswith(_GRAVATAR):
            self.gravatar_requests.append(url)
            route.fulfill(body=_PIXEL, content_type="image/svg+xml")
            return
        self.problems.append(f"asked a stranger: {url}")
        route.abort()

    def open(self, path: str) -> Page:
        """Go to an address of the portal."""
        self.page.goto(self.base_url + path)
        return self.page

    @property
    def heading(self) -> Locator:
        """What the page is about."""
        return self.page.get_by_role("heading", level=1)

    def sign_in(self, username: str = "alice", password: str = PASSPHRASE) -> Page:
        """Steps 1 and 2 of “Access My Account and its components”, and the second step of those who have an app."""
        self.give_password(username, password)
        expect(self.heading).not_to_have_text("Sign in")
        if self.heading.inner_text() == "Second step":
            self.give_code()
        expect(self.heading).to_contain_text("Welcome")
        return self.page

    def give_password(self, username: str = "alice", password: str = PASSPHRASE, *, at: str = "/myaccount/") -> Page:
        """The first step of signing in."""
        self.open(at)
        self.page.get_by_label("Username or e-mail address").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign In", exact=True).click()
        return self.page

    def sign_out(self) -> Page:
        """By the person's menu."""
        self.page.get_by_role("banner").locator("details > summary").click()
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.heading).to_have_text("You are signed out")
        return self.page

    def give_code(self, seed: bytes = SEED) -> None:
        """Enter what the authenticator app shows: in the second step, or where access is to be confirmed."""
        TotpDevice.objects.update(last_step=-1)  # people wait for the next code; tests do not
        self.field("Code").fill(code_of(seed))
        self.page.get_by_role("button", name=re.compile("^(Continue|Confirm)$")).click()

    def already_signed_in(self, username: str = "alice") -> Page:
        """As after `sign_in`, without the pages of it: for journeys about something else."""
        client = browsing.sign_in(browsing.new_browser(), username)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.base_url}])
        return self.page

    @property
    def session_cookie(self) -> str:
        """The key of the browser's session, if it has one."""
        cookies = {cookie["name"]: cookie["value"] for cookie in self.context.cookies()}
        return cookies.get(settings.SESSION_COOKIE_NAME, "")

    def grow_stale(self) -> None:
        """Let the last proof of identity be older than sensitive acts accept."""
        browsing.make_stale(self._same_session())

    @property
    def session(self) -> SessionBase:
        """What the portal remembers of this browser."""
        return self._same_session().session

    def _same_session(self) -> Client:
        client = browsing.new_browser()
        client.cookies[settings.SESSION_COOKIE_NAME] = self.session_cookie
        return client

    def go_to(self, tab: str) -> Page:
        """Click a tab of the side panel."""
        self.page.get_by_role("navigation", name="Account").get_by_role("link", name=tab).click()
        current = self.page.get_by_role("navigation", name="Account").locator("[aria-current=page]")
        expect(current).to_have_text(tab)
        return self.page

    def field(self, label: str) -> Locator:
        """An input by its label, whether it is optional or not."""
        inputs = self.page.locator("input, select, textarea")
        return self.page.get_by_label(re.compile(rf"^\s*{label}\s*(\(optional\))?\s*$")).and_(inputs)

    def section(self, name: str) -> Locator:
        """A section of a page by its heading."""
        return self.page.get_by_role("region", name=name, exact=True)

    def confirm_access(self, password: str = PASSPHRASE) -> None:
        """Prove who one is on the page that asks for it: by the app for those who have one."""
        expect(self.heading).to_have_text("Confirm access")
        if self.field("Code").count():
            self.give_code()
            return
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Confirm").click()

    def expect_message(self, text: str) -> None:
        """The page says so, to screen readers as well, where it can be seen without scrolling."""
        message = self.page.get_by_role("status").filter(has_text=text)
        expect(message).to_be_visible()
        expect(message).to_be_in_viewport()

    def expect_refusal(self, text: str) -> None:
        """The page says above its form that this did not work. By its summary, since a page that is still loading its
        styles has other alerts, which they hide."""
        expect(self.page.locator("[data-error-summary]")).to_contain_text(text)

    def scrolls_sideways(self) -> bool:
        """Whether the page is wider than the window."""
        wider: bool = self.page.evaluate(
            "Math.max(document.scrollingElement.scrollWidth, document.body.scrollWidth) > innerWidth"
        )
        return wider

    @contextmanager
    def new_tab(self) -> Iterator[Page]:
        """A second tab in the same browser, current while this lasts."""
        first, self.page = self.page, self.context.new_page()
        try:
            yield self.page
        finally:
            self.page.close()
            self.page = first
