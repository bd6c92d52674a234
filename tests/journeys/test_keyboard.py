"""Without a mouse: everything is reached by Tab, done by Enter, left by Escape, and where one is can be seen."""

from __future__ import annotations

from base64 import b32decode

import pytest
from playwright.sync_api import Page, expect

from myaccount.users.models import User
from profile.models import Profile
from sessions_app.models import LoginSession
from tests.journeys.visitor import SECURITY, Visitor
from tests.support.browsing import new_browser, sign_in
from tests.support.factors import add_app, add_codes, code_of
from tests.support.people import PASSPHRASE, SAFARI_PHONE

pytestmark = pytest.mark.looks

# Name, and whether the focus shows: an outline, or for what hides it a sign of its own.
FOCUSED = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: (element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText ?? element.innerText ?? "")
      .replace(/\\s+/g, " ").trim(),
    shows: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isOnScreen: box.bottom > 0 && box.top < innerHeight,
    isCovered: middle !== null && !element.contains(middle) && !middle.contains(element),
  };
}"""


def tab_to(page: Page, name: str, *, at_most: int = 60) -> None:
    """Press Tab until what has this name has the focus; everything on the way shows that it has it."""
    passed = []
    for _ in range(at_most):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        passed.append(focused["name"])
        assert focused["shows"], f"nothing shows that {focused['name']!r} has the focus"
        assert focused["isOnScreen"], f"{focused['name']!r} has the focus out of sight"
        assert not focused["isCovered"], f"{focused['name']!r} has the focus under something else"
        if focused["name"].startswith(name):
            return
    raise AssertionError(f"{name!r} is not reached: {passed}")


def test_a_person_signs_in_and_changes_a_detail(alice: User, visitor: Visitor) -> None:
    page = visitor.open("/myaccount/")
    expect(page.get_by_label("Username or e-mail address")).to_be_focused()
    page.keyboard.type("alice")
    tab_to(page, "Password")
    page.keyboard.type(PASSPHRASE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")
    tab_to(page, "Personal info")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Personal info")
    tab_to(page, "Edit First Name")
    page.keyboard.press("Enter")
    expect(visitor.field("First Name")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Alicia")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    visitor.expect_message("First Name was updated.")
    assert Profile.objects.get().values["given_name"] == "Alicia"
    tab_to(page, "Edit First Name", at_most=2)


def test_the_first_tab_skips_to_the_content(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open("/myaccount/personal-info/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    tab_to(page, "Change picture", at_most=1)


def test_every_stop_of_every_page_can_be_seen(alice: User, visitor: Visitor) -> None:
    """WCAG 2.4.7 and 2.4.11: also at a phone's width, where a bar covers the lower edge."""
    page = visitor.already_signed_in()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 740})
        for path, last in {
            "/myaccount/": "All sessions",
            "/myaccount/personal-info/?edit=im": "Edit Time zone",
            "/myaccount/security/": "See the whole history",
        }.items():
            visitor.open(path)
            tab_to(page, last)


def test_every_stop_of_the_pages_of_second_factors_can_be_seen(alice: User, visitor: Visitor) -> None:
    app = add_app(alice)
    add_codes(alice)
    page = visitor.already_signed_in()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 740})
        for path in ("add/", "authenticator-app/add/", f"authenticator-app/{app.pk}/regenerate/", "sms/",
                     "devices/add/", "devices/add/usb/", "devices/add/usb/?older=1", "backup-codes/make/",
                     f"totp/{app.pk}/rename/", f"totp/{app.pk}/remove/"):  # fmt: skip
            visitor.open(f"{SECURITY}factors/{path}")
            tab_to(page, "Pseudo RTL", at_most=20)
        visitor.open(SECURITY)
        tab_to(page, "Delete backup codes")


def test_a_person_adds_an_app_and_signs_in_with_it(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    tab_to(page, "Add authenticator app")
    page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Add an authenticator app")
    seed = b32decode(page.locator("#totp-secret").inner_text().replace(" ", ""))
    tab_to(page, "Code that the app shows")
    page.keyboard.type(code_of(seed))
    page.keyboard.press("Enter")
    visitor.expect_message("The authenticator app was added.")
    tab_to(page, "Make backup codes")
    page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Make backup codes")
    tab_to(page, "Make the codes")
    page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Your backup codes")
    code = page.locator("#backup-codes li").first.inner_text()
    tab_to(page, "I have saved them")
    page.keyboard.press("Space")
    tab_to(page, "Done", at_most=1)
    page.keyboard.press("Enter")
    visitor.expect_message("Your backup codes are ready.")
    visitor.sign_out()

    visitor.give_password()
    expect(visitor.field("Code")).to_be_focused()
    tab_to(page, "Trust this browser for 30 days", at_most=1)
    tab_to(page, "Use a backup code", at_most=3)
    page.keyboard.press("Enter")
    expect(page.locator("input[name=code]")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(visitor.heading).to_contain_text("Welcome")


def test_a_dialog_keeps_the_focus_and_gives_it_back(alice: User, visitor: Visitor) -> None:
    sign_in(new_browser(SAFARI_PHONE))
    page = visitor.already_signed_in()
    visitor.open("/myaccount/security/#active-sessions")
    tab_to(page, "Mobile Safari on iOS")
    page.keyboard.press("Enter")
    tab_to(page, "Terminate session")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Terminate this session?")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body"
            " || document.querySelector('dialog[open]').contains(document.activeElement)"
        )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="Terminate session")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_role("button", name="Yes, terminate session")).to_be_focused()
    page.keyboard.press("Enter")
    visitor.expect_message("You have successfully revoked your session!")
    assert LoginSession.objects.filter(ended_at=None).count() == 1


def test_the_menu_opens_closes_and_signs_out(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open("/myaccount/")
    tab_to(page, "AL Alice Liddell alice")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).not_to_be_visible()
    page.keyboard.press("Enter")
    tab_to(page, "Sign out", at_most=8)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")


def test_a_gravatar_is_chosen_with_the_arrows(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open("/myaccount/personal-info/")
    tab_to(page, "Change picture")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    tab_to(page, "Choose a Gravatar", at_most=6)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a Gravatar")
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Save", at_most=2)
    page.keyboard.press("Enter")
    visitor.expect_message("Your profile picture was updated.")
    assert "d=identicon" in User.objects.get(pk=alice.pk).picture
