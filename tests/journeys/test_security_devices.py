"""Manual, “Via security device”: “Add security device”, “Using an older FIDO device”, “Delete security device”."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from security.factors.models import DeviceKind, SecurityDevice
from tests.journeys.authenticators import BUILT_IN_SENSOR, U2F_KEY, USB_KEY, VirtualAuthenticators
from tests.journeys.conftest import NewVisitor
from tests.journeys.test_keyboard import tab_to
from tests.journeys.visitor import SECURITY, Visitor
from tests.profile.support import recipients

ADD: Final = f"{SECURITY}factors/devices/add/"
OPTIONS: Final = "**/factors/devices/options/"

# Browsers that answer otherwise than Chromium.
ONLY_OLDER: Final = """
  const create = CredentialsContainer.prototype.create;
  CredentialsContainer.prototype.create = function (options) {
    const asked = options.publicKey.authenticatorSelection.residentKey;
    if (asked === "required") return Promise.reject(new DOMException("", "ConstraintError"));
    return create.call(this, options);
  };
"""
ASKS_FOR_LESS: Final = """
  const create = CredentialsContainer.prototype.create;
  CredentialsContainer.prototype.create = function (options) {
    options.publicKey.authenticatorSelection = { residentKey: "discouraged", userVerification: "discouraged" };
    return create.call(this, options);
  };
"""


def factors(visitor: Visitor) -> Locator:
    return visitor.section("Multi-factor authentication")


def row(visitor: Visitor, name: str) -> Locator:
    """The row of a device in the list."""
    return factors(visitor).locator(".row.is-nested").filter(has_text=name)


def choose(visitor: Visitor, kind: str) -> Page:
    """From the section to the page of one sort of device."""
    visitor.open(SECURITY)
    factors(visitor).get_by_role("link", name="Add security device").click()
    expect(visitor.heading).to_have_text("Add a security device")
    visitor.page.get_by_role("main").get_by_role("link", name=kind).click()
    expect(visitor.heading).to_have_text(kind)
    return visitor.page


def press_continue(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Continue").click()


def name_it(visitor: Visitor, name: str) -> None:
    """The last step: its name, and it is added."""
    expect(visitor.page.get_by_role("heading", name="Add the preferred device name")).to_be_visible()
    expect(visitor.field("Device name")).to_be_focused()
    visitor.field("Device name").fill(name)
    visitor.page.get_by_role("button", name="Add device").click()
    visitor.expect_message(f"“{name}” was added.")


def test_a_person_adds_a_usb_security_key(alice: User, visitor: Visitor) -> None:
    """Security, the add icon, USB security key, Continue, a name; then it is listed along with its name."""
    key = VirtualAuthenticators(visitor).plug_in(USB_KEY)
    page = visitor.sign_in()
    visitor.go_to("Security")
    expect(factors(visitor)).to_contain_text("You don't have any passkeys enrolled yet.")
    factors(visitor).get_by_role("link", name="Add security device").click()
    page.get_by_role("link", name="USB security key").click()
    press_continue(visitor)
    name_it(visitor, "Blue key")
    expect(row(visitor, "Blue key")).to_contain_text("Passkey")
    expect(row(visitor, "Blue key")).to_contain_text("USB security key")
    expect(row(visitor, "Blue key")).to_contain_text(re.compile(r"Added \d+ \w+ 20\d\d, not used yet"))
    device = SecurityDevice.objects.get()
    assert device.user == alice
    assert device.name == "Blue key"
    assert device.kind == DeviceKind.USB
    assert device.is_passwordless
    assert device.transports == ["usb"]
    [credential] = key.credentials
    assert credential["isResidentCredential"]
    assert credential["rpId"] == "localhost"
    assert recipients("factor_added") == ["alice@example.org"]
    assert Event.objects.filter(kind=EventKind.FACTOR_ADDED, user_uuid=alice.uuid).count() == 1


def test_a_person_switches_to_the_built_in_sensor(alice: User, visitor: Visitor) -> None:
    """Alternatively, the “Choose another option” dropdown."""
    VirtualAuthenticators(visitor).plug_in(BUILT_IN_SENSOR)
    visitor.already_signed_in()
    page = choose(visitor, "USB security key")
    page.get_by_text("Choose another option").click()
    page.get_by_role("link", name="Built-in sensor").click()
    expect(visitor.heading).to_have_text("Built-in sensor")
    page.get_by_text("Choose another option").click()
    expect(page.get_by_role("link", name="USB security key")).to_be_visible()
    page.get_by_text("Choose another option").click()
    press_continue(visitor)
    name_it(visitor, "Work laptop")
    expect(row(visitor, "Work laptop")).to_contain_text("Built-in sensor")
    device = SecurityDevice.objects.get()
    assert device.kind == DeviceKind.BUILT_IN
    assert device.is_passwordless
    assert device.transports == ["internal"]


def test_a_sensor_is_offered_where_there_is_one(alice: User, visitor: Visitor) -> None:
    """Support is found out before anything is offered."""
    devices = VirtualAuthenticators(visitor)
    page = visitor.already_signed_in()
    visitor.open(ADD)
    expect(page.get_by_text("This browser finds no built-in sensor here.")).to_be_visible()
    expect(page.get_by_role("link", name="Built-in sensor")).to_have_count(0)
    expect(page.get_by_role("link", name="USB security key")).to_be_visible()
    devices.plug_in(BUILT_IN_SENSOR)
    page.reload()
    expect(page.get_by_role("link", name="Built-in sensor")).to_be_visible()
    expect(page.get_by_text("This browser finds no built-in sensor here.")).not_to_be_visible()


def test_a_device_is_renamed_and_deleted(alice: User, visitor: Visitor) -> None:
    """The manual's “Delete security device”: by the delete icon; we ask first."""
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    visitor.already_signed_in()
    page = choose(visitor, "USB security key")
    press_continue(visitor)
    name_it(visitor, "Blue key")
    page.get_by_role("link", name="Rename Blue key").click()
    dialog = page.get_by_role("dialog")
    visitor.field("Name").fill("  Green key ")
    dialog.get_by_role("button", name="Save").click()
    visitor.expect_message("It is now called “Green key”.")
    assert SecurityDevice.objects.get().name == "Green key"

    page.get_by_role("link", name="Delete Green key").click()
    expect(dialog).to_contain_text("Delete “Green key”?")
    expect(dialog).to_contain_text("This is your last second factor")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert SecurityDevice.objects.exists()
    page.get_by_role("link", name="Delete Green key").click()
    dialog.get_by_role("button", name="Delete").click()
    visitor.expect_message("“Green key” was removed.")
    expect(page.get_by_text("Green key").and_(page.locator(".row *"))).to_have_count(0)
    assert not SecurityDevice.objects.exists()
    assert recipients("factor_removed") == ["alice@example.org"]
    assert Event.objects.filter(kind=EventKind.FACTOR_REMOVED).count() == 1


def test_an_older_device_is_added_as_a_second_factor(alice: User, visitor: Visitor) -> None:
    """The manual's “Using an older FIDO device”: it cannot be used, Try with an older device, the same steps.

    The error and its “close” are Chromium's own; pages only hear that it was not allowed, as when it is cancelled.
    """
    key = VirtualAuthenticators(visitor).plug_in(U2F_KEY)
    visitor.already_signed_in()
    page = choose(visitor, "USB security key")
    press_continue(visitor)
    expect(page.get_by_role("alert")).to_contain_text("Did the browser say that this device cannot be used?")
    expect(page.get_by_role("alert")).to_contain_text("it is an older one, which needs your password beside it")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert key.credentials == []
    page.get_by_role("link", name="Try with an older device").click()
    add_older(visitor, "Old key")
    device = SecurityDevice.objects.get()
    assert device.name == "Old key"
    assert not device.is_passwordless
    [credential] = key.credentials
    assert not credential["isResidentCredential"]


def add_older(visitor: Visitor, name: str) -> None:
    """From this point onwards, the steps are the same as those of any device."""
    expect(visitor.heading).to_have_text("Older USB security key")
    press_continue(visitor)
    name_it(visitor, name)
    expect(row(visitor, name)).to_contain_text("Older device")
    expect(row(visitor, name)).to_contain_text("Second factor only: you still need your password.")
    expect(row(visitor, name)).not_to_contain_text("Passkey")


def close_the_explanation(visitor: Visitor) -> None:
    """“Close”, then “Try with an older device”, which has the focus."""
    page = visitor.page
    dialog = page.get_by_role("dialog", name="This device cannot be used")
    expect(dialog).to_contain_text("It cannot sign you in without a password")
    dialog.get_by_role("button", name="Close").click()
    older = page.get_by_role("link", name="Try with an older device")
    expect(older).to_be_focused()
    older.click()


def test_a_browser_that_names_the_reason_is_explained_in_a_dialog(alice: User, visitor: Visitor) -> None:
    """Where the browser tells pages that the device has no room for passkeys, ours says so itself."""
    VirtualAuthenticators(visitor).plug_in(U2F_KEY)
    visitor.already_signed_in()
    visitor.page.add_init_script(ONLY_OLDER)
    choose(visitor, "USB security key")
    press_continue(visitor)
    close_the_explanation(visitor)
    add_older(visitor, "Old key")


def test_a_device_that_does_not_check_who_it_is_is_refused_as_a_passkey(alice: User, visitor: Visitor) -> None:
    """Security 67: a browser that asks the device for less than we asked gets the same explanation from us."""
    VirtualAuthenticators(visitor).plug_in(USB_KEY, hasUserVerification=False)
    visitor.already_signed_in()
    visitor.page.add_init_script(ASKS_FOR_LESS)
    choose(visitor, "USB security key")
    press_continue(visitor)
    visitor.field("Device name").fill("Cheap key")
    visitor.page.get_by_role("button", name="Add device").click()
    assert not SecurityDevice.objects.exists()
    close_the_explanation(visitor)
    add_older(visitor, "Cheap key")
    assert not SecurityDevice.objects.get().is_passwordless


def test_a_device_is_added_once(alice: User, visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    visitor.already_signed_in()
    choose(visitor, "USB security key")
    press_continue(visitor)
    name_it(visitor, "Blue key")
    page = choose(visitor, "USB security key")
    press_continue(visitor)
    expect(page.get_by_role("alert")).to_contain_text("This device is registered already. Use another one.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert SecurityDevice.objects.count() == 1


def test_a_finger_that_is_not_right_leaves_everything_as_it_was(alice: User, visitor: Visitor) -> None:
    """Browsers tell no more than that it was not allowed; the page offers to try again, and other ways."""
    key = VirtualAuthenticators(visitor).plug_in(BUILT_IN_SENSOR, isUserVerified=False)
    visitor.already_signed_in()
    page = choose(visitor, "Built-in sensor")
    press_continue(visitor)
    expect(page.get_by_role("alert")).to_contain_text("It was cancelled, and nothing has changed.")
    expect(page.get_by_text("Choose another option")).to_be_visible()
    expect(page.get_by_role("link", name="Try with an older device")).to_be_visible()
    key.verify_person(is_them=True)
    page.get_by_role("button", name="Try again").click()
    name_it(visitor, "Laptop")
    assert SecurityDevice.objects.get().is_passwordless


def test_taking_too_long_has_words_of_its_own(alice: User, visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(USB_KEY, isUserVerified=False)
    visitor.already_signed_in()
    visitor.page.clock.install()
    page = choose(visitor, "USB security key")

    def two_minutes_later(route: Route) -> None:
        page.clock.fast_forward(120_000)
        route.continue_()

    page.route(OPTIONS, two_minutes_later)
    press_continue(visitor)
    expect(page.get_by_role("alert")).to_contain_text("That took too long.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_while_the_browser_waits_for_a_touch_the_page_says_so(alice: User, visitor: Visitor) -> None:
    key = VirtualAuthenticators(visitor).plug_in(USB_KEY, automaticPresenceSimulation=False)
    visitor.already_signed_in()
    page = choose(visitor, "USB security key")
    press_continue(visitor)
    expect(page.get_by_role("status").filter(has_text="Your browser is asking for the device.")).to_be_visible()
    expect(page.get_by_role("button", name="Continue")).to_have_attribute("aria-disabled", "true")
    page.reload()
    key.be_touched(at_once=True)
    press_continue(visitor)
    name_it(visitor, "Blue key")


def no_webauthn(page: Page) -> None:
    page.add_init_script("delete window.PublicKeyCredential")


def refused_by(name: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        page.add_init_script(
            f"CredentialsContainer.prototype.create = () => Promise.reject(new DOMException('', {name!r}))"
        )

    return prepare


def offline(page: Page) -> None:
    page.route(OPTIONS, lambda route: route.abort("aborted"))


def busy(page: Page) -> None:
    page.route(OPTIONS, lambda route: route.fulfill(status=429))


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (refused_by("SecurityError"), "Security devices do not work at this address of the site."),
        (refused_by("NotSupportedError"), "This browser or device cannot be used for this."),
        (refused_by("AbortError"), "The browser stopped before the device answered."),
        (refused_by("UnknownError"), "Something went wrong between your browser and the device."),
        (offline, "We could not be reached."),
        (busy, "There were very many tries from your network."),
    ],
)
def test_each_way_it_fails_has_its_own_words_and_a_way_on(
    alice: User, visitor: Visitor, prepare: Callable[[Page], None], words: str
) -> None:
    visitor.already_signed_in()
    prepare(visitor.page)
    page = visitor.open(f"{ADD}usb/")
    press_continue(visitor)
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.get_by_text("Choose another option").click()
    page.get_by_role("link", name="Another way than a device").click()
    expect(page).to_have_url(re.compile("/myaccount/security/"))


def test_a_browser_that_cannot_says_so_and_offers_the_others(alice: User, visitor: Visitor) -> None:
    no_webauthn(visitor.page)
    page = visitor.already_signed_in()
    for path in (ADD, f"{ADD}usb/"):
        visitor.open(path)
        expect(page.get_by_role("alert")).to_contain_text("This browser or device cannot be used for this.")
        expect(page.get_by_role("button", name="Continue")).to_have_count(0)
        expect(page.get_by_role("link", name="USB security key")).to_have_count(0)


def test_without_script_the_page_explains_and_offers_the_others(alice: User, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(java_script_enabled=False)
    page = visitor.already_signed_in()
    for path in (ADD, f"{ADD}usb/"):
        visitor.open(path)
        expect(page.locator("noscript p").first).to_contain_text("Security devices need JavaScript")
        expect(page.locator("noscript p").first).to_be_visible()
        expect(page.get_by_role("button", name="Continue")).to_have_count(0)
        page.locator("main a", has_text="Choose another way").first.click()
        expect(factors(visitor).get_by_role("link", name="Add authenticator app")).to_be_visible()
        expect(factors(visitor).get_by_role("link", name="Edit SMS number")).to_be_visible()


def test_by_keyboard_alone(alice: User, visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    tab_to(page, "Add security device")
    page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Add a security device")
    tab_to(page, "USB security key")
    page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("USB security key")
    tab_to(page, "Continue")
    page.keyboard.press("Enter")
    expect(visitor.field("Device name")).to_be_focused()
    page.keyboard.type("Blue key")
    page.keyboard.press("Enter")
    visitor.expect_message("“Blue key” was added.")
    tab_to(page, "Delete Blue key")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_role("button", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    visitor.expect_message("“Blue key” was removed.")
    assert not SecurityDevice.objects.exists()


def test_a_wrong_name_does_not_cost_the_devices_answer(alice: User, visitor: Visitor) -> None:
    key = VirtualAuthenticators(visitor).plug_in(USB_KEY)
    visitor.already_signed_in()
    page = choose(visitor, "USB security key")
    press_continue(visitor)
    visitor.field("Device name").fill("   ")
    page.get_by_role("button", name="Add device").click()
    expect(page.get_by_role("alert").filter(has_text="Enter a name for the device.")).to_be_visible()
    visitor.field("Device name").fill("Blue key")
    page.get_by_role("button", name="Add device").click()
    visitor.expect_message("“Blue key” was added.")
    assert len(key.credentials) == 1
