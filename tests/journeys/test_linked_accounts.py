"""Manual, “Linked accounts”: link new accounts, delete linked accounts; switching between them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from linked_accounts.local.models import LocalLink
from myaccount.users.models import User
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import Visitor
from tests.linked_accounts.support import link
from tests.support.factors import SEED, add_app
from tests.support.people import PASSPHRASE, make_person

CAROLS_SEED = bytes(reversed(SEED))


@pytest.fixture
def carol(alice: User) -> User:
    return make_person("carol", display_name="Carol Liddell")


def add_carol(visitor: Visitor) -> None:
    """Steps 2 to 4 of “Link new accounts”."""
    visitor.go_to("Personal info")
    visitor.section("Linked accounts").get_by_role("link", name="Add account").click()
    visitor.field("Username").fill("carol")
    visitor.field("Password").fill(PASSPHRASE)
    visitor.page.get_by_role("button", name="Save").click()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_person_links_switches_and_deletes(script: bool, alice: User, carol: User, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(java_script_enabled=script)
    page = visitor.sign_in()
    add_carol(visitor)
    section = visitor.section("Linked accounts")
    expect(section).to_contain_text("Carol Liddell")
    assert LocalLink.objects.count() == 1
    section.get_by_role("button", name="Switch").click()
    expect(visitor.heading).to_contain_text("Welcome, Carol")
    mark = page.get_by_role("region", name="Which account this is")
    expect(mark).to_contain_text("You are in the account carol, switched from alice.")
    mark.get_by_role("button", name="Switch back").click()
    expect(visitor.heading).to_contain_text("Welcome, Alice")
    expect(mark).to_have_count(0)
    visitor.go_to("Personal info")
    visitor.section("Linked accounts").get_by_role("link", name="Delete carol").click()
    expect(visitor.heading).to_have_text("Confirm access")  # nothing of alice was proven since she came back
    visitor.field("Password").fill(PASSPHRASE)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="OK", exact=True).click()
    expect(visitor.section("Linked accounts")).to_contain_text("No linked accounts")
    assert not LocalLink.objects.exists()


def test_two_accounts_with_second_factors(alice: User, carol: User, visitor: Visitor) -> None:
    """Each asks for its own: when they are linked, and at every switch (security 70, 71)."""
    add_app(alice)
    add_app(carol, seed=CAROLS_SEED)
    page = visitor.sign_in()
    add_carol(visitor)
    expect(visitor.heading).to_have_text("Second step")
    expect(page.get_by_text("This is the second step of the account carol")).to_be_visible()
    visitor.give_code(CAROLS_SEED)
    expect(visitor.section("Linked accounts")).to_contain_text("Carol Liddell")
    visitor.section("Linked accounts").get_by_role("button", name="Switch").click()
    visitor.give_code(CAROLS_SEED)
    expect(visitor.heading).to_contain_text("Welcome, Carol")
    page.get_by_role("button", name="Switch back").click()
    visitor.give_code()
    expect(visitor.heading).to_contain_text("Welcome, Alice")


def test_the_other_account_ends_the_link(alice: User, carol: User, visitor: Visitor) -> None:
    link(alice, carol)
    page = visitor.sign_in("carol")
    visitor.go_to("Personal info")
    visitor.section("Linked accounts").get_by_role("link", name="Delete alice").click()
    dialog = page.get_by_role("dialog", name="Delete the link to alice?")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)
    visitor.section("Linked accounts").get_by_role("link", name="Delete alice").click()
    dialog.get_by_role("button", name="OK", exact=True).click()
    visitor.expect_message("The link to alice was removed.")
    assert not LocalLink.objects.exists()
