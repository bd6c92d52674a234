"""Security devices in browsers that are older, and in pages that were open for too long; and how each step looks."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page, expect

from myaccount.users.models import User
from security.factors.models import SecurityDevice
from tests.journeys.authenticators import USB_KEY, VirtualAuthenticators
from tests.journeys.test_every_page import check
from tests.journeys.visitor import SECURITY, Visitor

ADD: Final = f"{SECURITY}factors/devices/add/usb/"

# As before WebAuthn level 3: bytes, and no JSON.
NO_JSON: Final = """
  delete PublicKeyCredential.parseCreationOptionsFromJSON;
  delete PublicKeyCredential.parseRequestOptionsFromJSON;
  delete PublicKeyCredential.prototype.toJSON;
"""
NOT_SECURE: Final = "Object.defineProperty(window, 'isSecureContext', { value: false })"


def add_key(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.field("Device name").fill("Blue key")
    visitor.page.get_by_role("button", name="Add device").click()
    visitor.expect_message("“Blue key” was added.")


def reject(page: Page, name: str) -> None:
    """From now on the browser answers so."""
    page.evaluate("name => { navigator.credentials.create = () => Promise.reject(new DOMException('', name)); }", name)


def test_a_browser_without_the_json_methods_adds_a_key_and_signs_in_with_it(alice: User, visitor: Visitor) -> None:
    visitor.page.add_init_script(NO_JSON)
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    visitor.already_signed_in()
    visitor.open(ADD)
    add_key(visitor)
    stored = SecurityDevice.objects.get(user=alice)
    assert (stored.is_passwordless, stored.transports) == (True, ["usb"])
    page = visitor.open(ADD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("registered already")
    visitor.context.clear_cookies()
    visitor.open("/myaccount/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome")


def test_over_an_open_connection_nothing_is_offered(alice: User, visitor: Visitor) -> None:
    visitor.page.add_init_script(NOT_SECURE)
    visitor.already_signed_in()
    page = visitor.open(ADD)
    expect(page.get_by_role("alert")).to_contain_text("over a secure connection")
    expect(page.get_by_role("button", name="Continue")).to_be_hidden()
    visitor.context.clear_cookies()
    visitor.open("/myaccount/sign-in/")
    expect(page.get_by_role("button", name="Sign In", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_page_whose_form_no_longer_holds_says_so(alice: User, visitor: Visitor) -> None:
    """As when the cookie of its token is gone; after that it can be tried again."""
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    visitor.already_signed_in()
    page = visitor.open(ADD)
    page.route("**/devices/options/", lambda route: route.fulfill(status=403))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("open too long")
    page.unroute("**/devices/options/")
    page.get_by_role("button", name="Try again").click()
    expect(visitor.field("Device name")).to_be_focused()


def test_who_has_to_confirm_first_comes_back_to_the_page(alice: User, visitor: Visitor) -> None:
    """Security 20: the page was open for longer than a proof lasts when Continue was pressed."""
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    visitor.already_signed_in()
    page = visitor.open(ADD)
    visitor.grow_stale()
    page.get_by_role("button", name="Continue").click()
    visitor.confirm_access()
    expect(page.get_by_role("heading", level=1)).to_have_text("USB security key")
    add_key(visitor)


def test_the_steps_look_right_at_every_width(alice: User, visitor: Visitor) -> None:
    """In both themes, with nothing for axe to report."""
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    visitor.already_signed_in()
    visitor.open(f"{ADD}?older=1")
    check(visitor, "device_older")
    page = visitor.open(ADD)
    page.get_by_text("Choose another option").click()
    check(visitor, "device_options")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Continue").click()
    visitor.field("Device name").fill("")
    check(visitor, "device_name")
    page.get_by_role("button", name="Add device").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(visitor, "device_name_wrong")
    visitor.open(ADD)
    reject(page, "NotAllowedError")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(visitor, "device_cancelled")
    reject(page, "ConstraintError")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(visitor, "device_dialog")
