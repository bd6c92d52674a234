"""Every page of linked accounts in every state: nothing for axe to report, nothing wider than the window."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.test_every_page import State, check
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.linked_accounts.support import ADD, link
from tests.support.factors import add_app
from tests.support.lives import make_settled_person
from tests.support.people import PASSPHRASE, make_person

pytestmark = pytest.mark.looks

STATES: dict[str, State] = {}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


def linked(visitor: Visitor) -> None:
    alice = make_settled_person()
    link(alice, make_person("carol", display_name="Carol Liddell"))
    long = "christopher-montgomery-of-the-faculty-of-applied-mathematics"
    link(alice, make_person(long, display_name="Christopher Montgomery, Faculty of Applied Mathematics"))
    visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)


@state
def linked_accounts(visitor: Visitor) -> None:
    linked(visitor)
    visitor.section("Linked accounts").scroll_into_view_if_needed()


@state
def deletion_of_a_link_asked(visitor: Visitor) -> None:
    linked(visitor)
    visitor.section("Linked accounts").get_by_role("link", name="Delete carol").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()


@state
def switched(visitor: Visitor) -> None:
    linked(visitor)
    visitor.section("Linked accounts").get_by_role("button", name="Switch").first.click()
    expect(visitor.heading).to_contain_text("Welcome, Carol")


@state
def second_step_of_a_switch(visitor: Visitor) -> None:
    alice, carol = make_settled_person(), make_person("carol")
    add_app(carol)
    link(alice, carol)
    visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)
    visitor.section("Linked accounts").get_by_role("button", name="Switch").click()
    expect(
        visitor.page.get_by_text("This is the second step of the account carol, which you switch to.")
    ).to_be_visible()


@state
def personal_info_after_a_switch(visitor: Visitor) -> None:
    switched(visitor)
    visitor.open(PERSONAL_INFO)


@state
def add_account(visitor: Visitor) -> None:
    make_settled_person()
    visitor.already_signed_in()
    visitor.open(ADD)


def fill_in(visitor: Visitor, password: str) -> None:
    add_account(visitor)
    add_app(make_person("carol"))
    visitor.field("Username").fill("carol")
    visitor.field("Password").fill(password)
    visitor.page.get_by_role("button", name="Save").click()


@state
def add_account_refused(visitor: Visitor) -> None:
    fill_in(visitor, "wrong")
    expect(visitor.page.locator("[data-error-summary]")).to_be_visible()


@state
def second_step_of_the_other_account(visitor: Visitor) -> None:
    fill_in(visitor, PASSPHRASE)
    expect(visitor.heading).to_have_text("Second step")


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name)
