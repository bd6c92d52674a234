"""Self-registration in a browser: from the sign-in page to the first sign-in, with and without approval."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from consent.receipts.models import ConsentReceipt
from myaccount.operations import services as operations
from myaccount.operations.registry import Execution
from myaccount.users.models import User
from tests.journeys.conftest import NewVisitor
from tests.journeys.test_keyboard import tab_to
from tests.journeys.visitor import Visitor
from tests.profile.support import wrong
from tests.registration.support import ADDRESS, REGISTER, allow, code_of, gate, link_of, newest, run_jobs
from tests.support.browsing import SIGN_IN
from tests.support.people import PASSPHRASE

SENT: Final = f"We sent a message to {ADDRESS}. Enter its code here, or open its link."


def open_form(visitor: Visitor, next_path: str = "") -> None:
    """By the link of the sign-in page."""
    page = visitor.open(SIGN_IN + (f"?next={next_path}" if next_path else ""))
    page.get_by_role("link", name="Create an account").click()
    expect(visitor.heading).to_have_text("Create an account")


def fill_in(visitor: Visitor, username: str = "dora", address: str = ADDRESS) -> None:
    filled = {"Username": username, "Email": address, "First Name": "Dora", "Password": PASSPHRASE}
    for label, value in filled.items():
        visitor.field(label).fill(value)
    for switch in (re.compile("^Username, Email"), re.compile("^May be kept ?: First Name$")):
        visitor.page.get_by_role("checkbox", name=switch).check()


def send(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Create account").click()


def enter(visitor: Visitor, code: str) -> None:
    visitor.field("Code").fill(code)
    visitor.page.get_by_role("button", name="Continue").click()


def register(visitor: Visitor, **filled: Any) -> None:
    """As far as the page that asks for the code."""
    open_form(visitor)
    fill_in(visitor, **filled)
    send(visitor)
    expect(visitor.heading).to_have_text("Check your e-mail")
    run_jobs()


def test_a_person_registers_and_goes_on_to_where_they_wanted(visitor: Visitor) -> None:
    """The captcha is solved by the browser alone. What is missing is said; what was typed stays, the password aside."""
    allow(asks_captcha=True, text="For everybody who works with us.")
    open_form(visitor, "/myaccount/security/")
    expect(visitor.page.get_by_text("For everybody who works with us.")).to_be_visible()
    expect(visitor.field("Username")).to_be_focused()
    visitor.field("Username").fill("dora")
    send(visitor)
    expect(visitor.page.get_by_role("alert")).to_contain_text(
        "Please select all required consents in order to proceed."
    )
    expect(visitor.field("Username")).to_have_value("dora")
    fill_in(visitor)
    visitor.page.get_by_role("button", name="Show: Password").click()
    expect(visitor.field("Password")).to_have_attribute("type", "text")
    expect(visitor.page.get_by_text("Done: you are not a robot.")).to_be_visible()
    send(visitor)
    expect(visitor.page.get_by_text(SENT)).to_be_visible()
    run_jobs()
    enter(visitor, wrong(code_of(newest())))
    expect(visitor.page.get_by_role("alert")).to_contain_text("That is not the code we sent")
    enter(visitor, code_of(newest()))
    expect(visitor.heading).to_have_text("Your account is ready")
    visitor.page.get_by_role("main").get_by_role("link", name="Sign in").click()
    visitor.field("Username or e-mail address").fill("dora")
    visitor.page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    visitor.page.get_by_role("button", name="Sign In", exact=True).click()
    expect(visitor.heading).to_have_text("Security")
    consent = visitor.section("Manage consent")
    expect(consent.get_by_role("link", name=re.compile("^Revoke ?: System consent$"))).to_be_visible()
    assert ConsentReceipt.objects.count() == 1


def test_an_address_that_has_an_account_gets_the_same_page_and_another_mail(alice: User, visitor: Visitor) -> None:
    allow()
    register(visitor, address=alice.email)
    expect(visitor.page.get_by_text(SENT.replace(ADDRESS, alice.email))).to_be_visible()
    assert "There is an account with it already" in newest("registration_known").text
    enter(visitor, "123456")
    expect(visitor.page.get_by_role("alert")).to_contain_text("That is not the code we sent")
    assert User.objects.count() == 1


def test_who_waits_for_approval_is_told_so_for_the_right_password_only(visitor: Visitor) -> None:
    """Until somebody approves: then the new person signs in."""
    allow()
    with gate() as holding:
        register(visitor)
        enter(visitor, code_of(newest()))
        expect(visitor.heading).to_have_text("Waiting for approval")
    visitor.give_password("dora", "a guess of somebody")
    visitor.expect_refusal("That did not work.")
    visitor.give_password("dora")
    expect(visitor.heading).to_have_text("Waiting for approval")
    operations.carry_out(holding.only[1], Execution(by=None, now=timezone.now()))
    visitor.sign_in("dora")


def test_the_link_asks_for_the_password_in_another_browser(visitor: Visitor, new_visitor: NewVisitor) -> None:
    allow()
    register(visitor)
    on_phone = new_visitor(viewport={"width": 360, "height": 740}, color_scheme="dark")
    on_phone.open(link_of(newest()))
    expect(on_phone.page).to_have_url(f"{on_phone.base_url}{REGISTER}link/")
    on_phone.field("Password").fill(PASSPHRASE)
    on_phone.page.get_by_role("button", name="Confirm").click()
    expect(on_phone.heading).to_have_text("Your account is ready")
    enter(visitor, code_of(newest()))
    expect(visitor.heading).to_have_text("Your account is ready")


def test_a_person_registers_without_script(new_visitor: NewVisitor) -> None:
    """Where no captcha is asked for; else the page says what to do."""
    visitor = new_visitor(java_script_enabled=False, viewport={"width": 360, "height": 740})
    allow(asks_captcha=True)
    open_form(visitor)
    assert "The check needs JavaScript" in visitor.page.content()  # Playwright's browsers show no <noscript>
    allow()
    register(visitor)
    visitor.open(link_of(newest()))
    visitor.page.get_by_role("button", name="Confirm").click()
    expect(visitor.heading).to_have_text("Your account is ready")
    assert not visitor.scrolls_sideways()
    visitor.sign_in("dora")


@pytest.mark.looks
def test_a_person_registers_without_a_mouse(visitor: Visitor) -> None:
    allow()
    page = visitor.open(REGISTER)
    expect(visitor.field("Username")).to_be_focused()
    page.keyboard.type("dora")
    for label, value in {"Email": ADDRESS, "Password": PASSPHRASE}.items():
        tab_to(page, label)
        page.keyboard.type(value)
    tab_to(page, "Username, Email")
    page.keyboard.press("Space")
    tab_to(page, "First Name")
    page.keyboard.type("Dora")
    tab_to(page, "May be kept", at_most=1)
    page.keyboard.press("Space")
    tab_to(page, "Create account")
    page.keyboard.press("Enter")
    expect(visitor.field("Code")).to_be_focused()
    run_jobs()
    page.keyboard.type(code_of(newest()))
    page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Your account is ready")
