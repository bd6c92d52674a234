"""The check against programs in a real browser, under our content security policy."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from myaccount.limits.models import AttemptBudget
from myaccount.users.models import User
from security.captcha.models import CaptchaSolution
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import Visitor
from tests.support.browsing import SIGN_IN, new_browser
from tests.support.people import PASSPHRASE


def strangers_guess() -> None:
    """Until the account is paused for whoever was never there before, from everywhere."""
    for number in range(30):
        new_browser(address=f"198.51.{number}.1").post(SIGN_IN, {"identifier": "alice", "password": "a guess"})


def try_to_sign_in(page: Page, password: str = PASSPHRASE) -> None:
    page.get_by_label("Username or e-mail address").fill("alice")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign In", exact=True).click()


def test_the_owner_gets_past_strangers_guesses_without_doing_anything(visitor: Visitor, alice: User) -> None:
    """Security 5, 46: the browser solves it by itself."""
    strangers_guess()
    page = visitor.open(SIGN_IN)
    try_to_sign_in(page)
    box = page.get_by_role("group", name="Check against robots")
    expect(box.get_by_role("status")).to_have_text("Done: you are not a robot.", use_inner_text=True)
    try_to_sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")
    assert CaptchaSolution.objects.count() == 1


def test_whoever_is_quicker_than_the_check_waits_for_it(visitor: Visitor, alice: User) -> None:
    strangers_guess()
    page = visitor.open(SIGN_IN)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/captcha/", hold)
    try_to_sign_in(page)
    expect(page.get_by_text("Checking that you are not a robot…")).to_be_visible()
    try_to_sign_in(page)
    expect(page.get_by_text("Checking that you are not a robot…")).to_be_visible()
    page.wait_for_timeout(200)
    assert page.url.endswith(SIGN_IN)
    held[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")


def test_a_check_that_failed_is_tried_again_from_the_keyboard(visitor: Visitor, alice: User) -> None:
    page = visitor.open(SIGN_IN)
    page.route("**/captcha/", lambda route: route.fulfill(status=500))
    try_to_sign_in(page, "a guess")
    box = page.get_by_role("group", name="Check against robots")
    expect(box.get_by_role("status")).to_contain_text("We could not check that you are not a robot.")
    page.unroute("**/captcha/")
    again = page.get_by_role("button", name="Check again")
    again.focus()
    page.keyboard.press("Enter")
    expect(box.get_by_role("status")).to_contain_text("Done")
    expect(again).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign In", exact=True)).to_be_focused()


def test_a_network_that_asks_too_often_is_told_to_wait(visitor: Visitor, alice: User) -> None:
    page = visitor.open(SIGN_IN)
    page.route("**/captcha/", lambda route: route.fulfill(status=429))
    try_to_sign_in(page, "a guess")
    expect(
        page.get_by_text("There were very many tries from your network. Wait a minute, then check again.")
    ).to_be_visible()
    try_to_sign_in(page)  # the form is sent without: here it is not needed
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")


def test_without_script_there_is_another_way_on(new_visitor: NewVisitor, alice: User) -> None:
    """Security 46."""
    visitor = new_visitor(java_script_enabled=False)
    page = visitor.open(SIGN_IN)
    try_to_sign_in(page, "a guess")
    visitor.expect_refusal("That did not work.")
    assert "wait a few minutes, or use another browser" in page.content()  # Playwright's browsers show no <noscript>
    expect(page.get_by_role("group", name="Check against robots")).to_be_hidden()
    AttemptBudget.objects.all().delete()  # as after the pause
    try_to_sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")
