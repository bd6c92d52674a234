"""Authenticator apps: set up from what the page shows, used at sign-in, given a new secret, trusted browsers."""

from __future__ import annotations

import re
from base64 import b32decode
from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from time_machine import TimeMachineFixture

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from security.factors.models import TotpDevice, TrustedBrowser
from sessions_app.models import LoginSession
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import SECURITY, Visitor
from tests.profile.support import recipients
from tests.support.factors import SEED, add_app, add_sms, code_of, wrong_code

ADD: Final = f"{SECURITY}factors/authenticator-app/add/"
OTHER: Final = bytes(range(20, 40))
STEP: Final = 30  # seconds


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """The server's clock, and the app's; it goes on from where it is."""
    time_machine.move_to(timezone.now(), tick=True)
    return time_machine


def factors(visitor: Visitor) -> Locator:
    return visitor.section("Multi-factor authentication")


def row(visitor: Visitor, name: str) -> Locator:
    """The row of an app in the list."""
    return factors(visitor).locator(".row.is-nested").filter(has_text=name)


def shown_seed(page: Page) -> bytes:
    """The secret beside the picture, as one would type it into an app."""
    secret = page.locator("#totp-secret").inner_text()
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", secret), secret
    return b32decode(secret.replace(" ", ""))


def enter(visitor: Visitor, code: str) -> None:
    """The second step."""
    visitor.field("Code").fill(code)
    visitor.page.get_by_role("button", name="Continue").click()


def prove(visitor: Visitor, code: str, button: str = "Add the app") -> None:
    """The last step of setting one up."""
    visitor.field("Code that the app shows").fill(code)
    visitor.page.get_by_role("button", name=button).click()


def test_a_person_adds_an_app_and_signs_in_with_it(alice: User, visitor: Visitor, clock: TimeMachineFixture) -> None:
    """Nothing is stored before a code is proven; and that code is used up (security 54, 55)."""
    page = visitor.sign_in()
    visitor.go_to("Security")
    factors(visitor).get_by_role("link", name="Add authenticator app").click()
    picture = page.get_by_role("img", name="QR code with the secret for your app")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] >= 150
    seed = shown_seed(page)
    visitor.field("Name of the app").fill("Work phone")
    prove(visitor, wrong_code(seed))
    expect(page.get_by_role("alert")).to_contain_text("That is not the code the app shows now.")
    assert shown_seed(page) == seed
    expect(visitor.field("Name of the app")).to_have_value("Work phone")
    assert not TotpDevice.objects.exists()
    code = code_of(seed)
    prove(visitor, f"{code[:3]} {code[3:]}")
    visitor.expect_message("The authenticator app was added.")
    expect(row(visitor, "Work phone")).to_contain_text("not used yet")
    assert TotpDevice.objects.get().user == alice
    assert seed.hex() not in TotpDevice.objects.get().seed
    assert recipients("factor_added") == ["alice@example.org"]
    visitor.sign_out()

    visitor.give_password()
    expect(visitor.heading).to_have_text("Second step")
    expect(visitor.field("Code")).to_be_focused()
    enter(visitor, code)
    expect(page.get_by_role("alert")).to_contain_text("That code is not right. Wait for the next one in the app")
    clock.shift(STEP)
    enter(visitor, code_of(seed))
    expect(visitor.heading).to_contain_text("Welcome")
    assert LoginSession.objects.get(ended_at=None).methods == ["pwd", "otp", "mfa"]
    visitor.go_to("Security")
    expect(row(visitor, "Work phone")).to_contain_text("last used")


def test_the_secret_is_copied(alice: User, visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.already_signed_in()
    visitor.open(ADD)
    page.get_by_role("button", name="Copy the secret").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert b32decode(copied.replace(" ", "")) == shown_seed(page)


def test_a_wrong_code_says_so_and_nothing_else_opens(alice: User, visitor: Visitor) -> None:
    """Security 10: half signed in is not signed in."""
    add_app(alice)
    page = visitor.give_password()
    enter(visitor, wrong_code())
    expect(page.get_by_role("alert")).to_contain_text("That code is not right.")
    enter(visitor, "12345")
    expect(page.get_by_role("alert")).to_be_visible()
    for path in (SECURITY, ADD, "/myaccount/"):
        visitor.open(path)
        expect(visitor.heading).to_have_text("Sign in")
    assert not LoginSession.objects.exists()
    assert Event.objects.filter(kind=EventKind.FACTOR_FAILED, user_uuid=alice.uuid).exists()


def test_too_many_wrong_codes_have_words_of_their_own(alice: User, visitor: Visitor) -> None:
    """Security 56."""
    add_app(alice)
    page = visitor.give_password()
    for _ in range(6):
        enter(visitor, wrong_code())
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("There were too many tries. Wait a few minutes, then try again.")
    visitor.give_code()
    expect(page.get_by_role("alert")).to_contain_text("There were too many tries.")
    assert not LoginSession.objects.exists()


def test_any_of_several_apps_will_do(alice: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    add_app(alice, name="Phone")
    page = visitor.sign_in()
    visitor.open(ADD)
    seed = shown_seed(page)
    visitor.field("Name of the app").fill("Tablet")
    prove(visitor, code_of(seed))
    visitor.expect_message("The authenticator app was added.")
    expect(factors(visitor).locator(".row.is-nested")).to_have_count(2)
    for each in (SEED, seed):
        other = new_visitor()
        other.give_password()
        other.give_code(each)
        expect(other.heading).to_contain_text("Welcome")


def test_an_app_is_renamed_and_removed(alice: User, visitor: Visitor) -> None:
    add_app(alice, name="Phone")
    add_app(alice, name="Tablet", seed=OTHER)
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    page.get_by_role("link", name="Rename Tablet").click()
    visitor.field("Name").fill("Old tablet")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    visitor.expect_message("It is now called “Old tablet”.")
    page.get_by_role("link", name="Delete Old tablet").click()
    expect(page.get_by_role("dialog")).not_to_contain_text("This is your last second factor")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    visitor.expect_message("“Old tablet” was removed.")
    page.get_by_role("link", name="Delete Phone").click()
    expect(page.get_by_role("dialog")).to_contain_text("This is your last second factor")
    expect(page.get_by_role("dialog")).to_contain_text("your password alone opens your account")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    visitor.expect_message("“Phone” was removed.")
    assert not TotpDevice.objects.exists()
    assert recipients("factor_removed") == ["alice@example.org"] * 2


def test_a_new_secret_replaces_the_old_one_once_it_is_proven(
    alice: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    add_app(alice, name="Phone")
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    page.get_by_role("link", name="New secret for Phone").click()
    expect(visitor.heading).to_have_text("New secret for “Phone”")
    expect(page.get_by_text("The app goes on working with its old secret")).to_be_visible()
    seed = shown_seed(page)
    assert seed != SEED
    elsewhere = new_visitor()
    elsewhere.sign_in()  # the old one still works
    prove(visitor, code_of(seed), "Use the new secret")
    visitor.expect_message("The app was given its new secret.")
    assert TotpDevice.objects.count() == 1
    assert recipients("factor_changed") == ["alice@example.org"]
    elsewhere.page.reload()
    expect(elsewhere.heading).to_have_text("Sign in")  # signed out, since it did not prove the new one
    elsewhere.give_password()
    elsewhere.give_code(SEED)
    expect(elsewhere.page.get_by_role("alert")).to_contain_text("That code is not right.")
    elsewhere.give_code(seed)
    expect(elsewhere.heading).to_contain_text("Welcome")


def test_a_trusted_browser_is_not_asked_until_it_is_forgotten(
    alice: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    add_app(alice)
    page = visitor.give_password()
    page.get_by_label("Trust this browser for 30 days").check()
    visitor.give_code()
    expect(visitor.heading).to_contain_text("Welcome")
    visitor.sign_out()
    visitor.give_password()
    expect(visitor.heading).to_contain_text("Welcome")  # at once
    other = new_visitor()
    other.give_password()
    expect(other.heading).to_have_text("Second step")

    visitor.open(SECURITY)
    factors(visitor).get_by_role("link", name="Trusted browsers").click()
    expect(visitor.heading).to_have_text("Trusted browsers")
    trusted = page.locator(".row").filter(has_text="Trusted until")
    expect(trusted).to_have_count(1)
    expect(trusted).to_contain_text("127.0.0.1")
    trusted.get_by_role("link", name=re.compile("^Forget ")).click()
    visitor.confirm_access()  # security 53: what let this browser in was the password alone
    expect(visitor.heading).to_have_text("Forget this browser?")
    page.get_by_role("button", name="Forget").click()
    visitor.expect_message("The second step will be asked for there again.")
    expect(visitor.heading).to_have_text("Trusted browsers")
    expect(page.get_by_text("No trusted browsers")).to_be_visible()
    expect(trusted).to_have_count(0)
    assert not TrustedBrowser.objects.exists()
    visitor.sign_out()
    visitor.give_password()
    expect(visitor.heading).to_have_text("Second step")


def test_all_browsers_are_forgotten_at_once(alice: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    add_app(alice)
    for one in (visitor, new_visitor()):
        one.give_password()
        one.page.get_by_label("Trust this browser for 30 days").check()
        one.give_code()
        expect(one.heading).to_contain_text("Welcome")
    page = visitor.open(f"{SECURITY}trusted-browsers/")
    expect(page.get_by_text("Trusted until")).to_have_count(2)
    page.get_by_role("link", name="Forget all browsers").click()
    page.get_by_role("dialog", name="Forget all browsers?").get_by_role("button", name="Forget").click()
    visitor.expect_message("The second step will be asked for there again.")
    assert not TrustedBrowser.objects.exists()


def test_what_is_asked_first_is_chosen(alice: User, visitor: Visitor) -> None:
    """The default second factor; the others one click away."""
    add_app(alice)
    add_sms(alice)
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    expect(page.locator("#authenticator-app")).to_contain_text("Asked first")
    page.get_by_label("Asked for first").select_option("SMS number")
    page.locator("#preferred").get_by_role("button", name="Save").click()
    visitor.expect_message("You will be asked for this first: SMS number.")
    expect(page.locator("#sms")).to_contain_text("Asked first")
    visitor.sign_out()
    visitor.give_password()
    expect(page.get_by_text("Enter the code we sent to your mobile number.")).to_be_visible()
    page.get_by_role("link", name="Use an authenticator app").click()
    visitor.give_code()
    expect(visitor.heading).to_contain_text("Welcome")
