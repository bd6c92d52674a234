"""Chromium holds forms to `form-action 'self'` through redirects (security 89), and yet people arrive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from myaccount.users.models import User
from tests.consent.support import consent_to
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import Visitor
from tests.support.factors import add_app, code_of
from tests.support.people import PASSPHRASE
from tests.support.relying_party import RelyingParty, parameters_of, relying_party


@pytest.fixture
def address() -> Iterator[str]:
    """Where the application is: a server of its own, since no browser asks a test about redirects."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b'<!doctype html><title>Pickup</title><link rel="icon" href="data:,"><h1>Arrived</h1>')

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def pickup(alice: User, address: str) -> RelyingParty:
    return relying_party(redirect_uris=f"{address}/callback", post_logout_redirect_uris=f"{address}/bye")


def let_out(visitor: Visitor, address: str) -> None:
    """Let the browser leave the portal for the application."""
    visitor.context.route(f"{address}/**", lambda route: route.continue_())


def sign_in_here(visitor: Visitor) -> None:
    """Fill in the sign-in page that is open."""
    visitor.page.get_by_label("Username or e-mail address").fill("alice")
    visitor.page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    visitor.page.get_by_role("button", name="Sign In", exact=True).click()


def has_arrived(visitor: Visitor) -> dict[str, str]:
    """At the application, and with what."""
    expect(visitor.page.get_by_role("heading", name="Arrived")).to_be_visible()
    return parameters_of(visitor.page.url)


@pytest.mark.parametrize("has_script", [True, False])
def test_forms_lead_to_the_application(
    pickup: RelyingParty, address: str, new_visitor: NewVisitor, *, has_script: bool
) -> None:
    """Agreeing, denying, signing in with stored consent, and signing out."""
    visitor = new_visitor(java_script_enabled=has_script)
    let_out(visitor, address)
    page = visitor.page
    page.goto(visitor.base_url + pickup.request())
    sign_in_here(visitor)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Pickup")
    page.get_by_role("button", name="Deny").click()
    assert has_arrived(visitor)["error"] == "access_denied"
    page.goto(visitor.base_url + pickup.request())
    page.get_by_role("button", name="Allow").click()
    assert "code" in has_arrived(visitor)
    identity = pickup.exchange(parameters_of(page.url)["code"]).json()["id_token"]
    page.goto(f"{visitor.base_url}/oauth2/logout/?client_id={pickup.application.client_id}"
              f"&post_logout_redirect_uri={address}/bye")  # fmt: skip
    page.get_by_role("button", name="Sign out").click()
    has_arrived(visitor)
    page.goto(visitor.base_url + pickup.request(id_token_hint=identity))
    sign_in_here(visitor)
    assert "code" in has_arrived(visitor)


def test_the_second_step_and_confirming_lead_there_too(
    alice: User, pickup: RelyingParty, address: str, visitor: Visitor
) -> None:
    consent_to(alice, pickup.application)
    app = add_app(alice)
    let_out(visitor, address)
    visitor.page.goto(visitor.base_url + pickup.request())
    sign_in_here(visitor)
    visitor.page.get_by_label("Code").fill(code_of())
    visitor.page.get_by_role("button", name="Continue").click()
    assert "code" in has_arrived(visitor)
    visitor.page.goto(visitor.base_url + pickup.request(prompt="login"))
    type(app).objects.update(last_step=-1)
    visitor.page.get_by_label("Code").fill(code_of())
    visitor.page.get_by_role("button", name="Confirm").click()
    assert "code" in has_arrived(visitor)
