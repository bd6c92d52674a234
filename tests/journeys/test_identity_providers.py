"""“Linking federated accounts”, with a provider of another make in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from linked_accounts.federated.selectors import redirect_uri
from myaccount.users.models import User
from myaccount.web import encryption
from scripts.node import what_is_missing
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.peers.node_peer import node_provider

CLIENT_ID, SECRET = "myaccount", "the secret of the portal at the provider"
NewVisitor = Callable[..., Visitor]


@pytest.fixture
def university(live_server: LiveServer, new_visitor: NewVisitor) -> Iterator[IdentityProvider]:
    """The provider in Node, set up here as well."""
    missing = what_is_missing()
    if missing and not os.environ.get("CI"):
        pytest.skip(missing)
    assert not missing, missing
    with node_provider(CLIENT_ID, SECRET, redirect_uri("university")) as issuer:
        yield IdentityProvider.objects.create(
            name="University", slug="university", issuer=issuer, client_id=CLIENT_ID,
            client_secret=encryption.encrypt(SECRET.encode()),
        )  # fmt: skip


def to_provider(visitor: Visitor, provider: IdentityProvider, button: str) -> None:
    """Press one of our buttons, and arrive."""
    visitor.friends.append(provider.issuer)
    visitor.page.get_by_role("button", name=re.compile(f"^{button}")).click()
    expect(visitor.heading).to_have_text("University sign-in")


def at_provider(visitor: Visitor, account: str = "carol", button: str = "Continue") -> None:
    """Show who one is there."""
    visitor.page.get_by_label("Account").fill(account)
    visitor.page.get_by_role("button", name=button).click()


def connect(visitor: Visitor, account: str = "carol") -> None:
    """Look at what it is, back here."""
    expect(visitor.heading).to_have_text("Connect your account at University?")
    expect(visitor.page.get_by_role("main")).to_contain_text(f"“{account}”")
    visitor.page.get_by_role("button", name="Yes, connect").click()
    visitor.expect_message("Your account at University is connected.")


def test_connect_sign_in_and_remove(alice: User, visitor: Visitor, university: IdentityProvider) -> None:
    """Security 9, 72: from the first button to the last."""
    visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)
    to_provider(visitor, university, "Connect")
    at_provider(visitor)
    connect(visitor)
    section = visitor.section("Linked accounts")
    expect(section).to_contain_text("carol")
    expect(section).to_contain_text("Not used yet")
    assert FederatedIdentity.objects.get().subject == "carol"

    visitor.sign_out()
    visitor.open("/myaccount/sign-in/")
    visitor.page.get_by_role("button", name="Sign in with University").click()
    expect(visitor.heading).to_contain_text("Welcome")  # the provider still knows who it is

    visitor.grow_stale()
    visitor.open(PERSONAL_INFO)
    expect(visitor.section("Linked accounts")).to_contain_text("Last used")
    visitor.open(visitor.page.get_by_role("link", name=re.compile("^Delete University")).get_attribute("href") or "")
    expect(visitor.heading).to_have_text("Confirm access")
    visitor.page.get_by_role("button", name="Confirm with University").click()
    at_provider(visitor)  # it has to be shown anew
    expect(visitor.heading).to_have_text("Delete the link to University?")
    visitor.page.get_by_role("button", name="OK").click()
    visitor.expect_message("The link to University was removed.")
    assert not FederatedIdentity.objects.exists()


def test_who_cancels_there_is_back_here(alice: User, visitor: Visitor, university: IdentityProvider) -> None:
    visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)
    to_provider(visitor, university, "Connect")
    at_provider(visitor, button="Cancel")
    visitor.expect_message("Nothing was done")
    assert not FederatedIdentity.objects.exists()


def test_an_answer_used_again_or_by_somebody_else_does_nothing(
    alice: User, bob: User, new_visitor: NewVisitor, university: IdentityProvider
) -> None:
    """Security 73: in the browser it was for, and in another."""
    alices, bobs = new_visitor(), new_visitor()
    answers: list[str] = []
    alices.page.on("request", lambda request: answers.append(request.url) if "/callback/" in request.url else None)
    alices.already_signed_in("alice")
    bobs.already_signed_in("bob")
    alices.open(PERSONAL_INFO)
    to_provider(alices, university, "Connect")
    at_provider(alices)
    connect(alices)
    for visitor in (alices, bobs):
        visitor.page.goto(answers[0])
        expect(visitor.heading).to_have_text("This page is no longer valid")
    assert FederatedIdentity.objects.get().user == alice


def test_a_provider_that_is_down_leaves_the_password(alice: User, visitor: Visitor) -> None:
    IdentityProvider.objects.create(name="University", slug="university", issuer="http://127.0.0.1:9", client_id="x")
    visitor.open("/myaccount/sign-in/")
    visitor.page.get_by_role("button", name="Sign in with University").click()
    expect(visitor.heading).to_have_text("University cannot be reached")
    visitor.page.get_by_role("link", name="Back").click()
    visitor.sign_in()
