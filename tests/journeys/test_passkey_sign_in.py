"""Signing in with a passkey, by the button and by what the browser fills in; a device as the second step."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from security.factors.models import SecurityDevice
from sessions_app.models import LoginSession
from tests.journeys.authenticators import (
    BUILT_IN_SENSOR,
    U2F_KEY,
    USB_KEY,
    Options,
    VirtualAuthenticator,
    VirtualAuthenticators,
)
from tests.journeys.conftest import NewVisitor
from tests.journeys.test_security_devices import ADD, name_it, press_continue
from tests.journeys.visitor import SECURITY, Visitor
from tests.profile.support import recipients
from tests.support.factors import add_app, code_of

SIGN_IN: Final = "/myaccount/sign-in/"
BUTTON: Final = "Sign in with a passkey"
NO_AUTOFILL: Final = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"


def add_device(visitor: Visitor, options: Options = USB_KEY, *, path: str = f"{ADD}usb/") -> VirtualAuthenticator:
    """Alice adds one, and signs out; it goes on being touched as soon as it is asked for."""
    device = VirtualAuthenticators(visitor).plug_in(options)
    visitor.already_signed_in()
    visitor.open(path)
    press_continue(visitor)
    name_it(visitor, "Blue key")
    visitor.sign_out()
    return device


def add_sensor(visitor: Visitor) -> VirtualAuthenticator:
    """The same with a built-in one. Where there is a sensor Chromium fills in, and a virtual one answers at once."""
    return add_device(visitor, BUILT_IN_SENSOR, path=f"{ADD}built-in/")


def press_passkey(visitor: Visitor) -> Page:
    visitor.page.get_by_role("button", name=BUTTON).click()
    return visitor.page


def give_password(visitor: Visitor) -> Page:
    page = visitor.give_password()
    expect(visitor.heading).to_have_text("Second step")
    return page


@pytest.mark.parametrize("add", [add_device, add_sensor])
def test_by_the_button_without_a_name_or_password(
    alice: User, visitor: Visitor, add: Callable[[Visitor], VirtualAuthenticator]
) -> None:
    device = add(visitor)
    visitor.page.add_init_script(NO_AUTOFILL)
    page = visitor.open("/myaccount/personal-info/")
    expect(visitor.heading).to_have_text("Sign in")
    press_passkey(visitor)
    expect(visitor.heading).to_have_text("Personal info")
    session = LoginSession.objects.get(ended_at=None)
    assert session.user == alice
    assert {"pop", "user", "mfa"} <= {*session.methods}
    used = SecurityDevice.objects.get()
    assert used.last_used_at is not None
    assert used.sign_count == device.credentials[0]["signCount"]
    visitor.go_to("Security")
    expect(page.locator(".row.is-nested").filter(has_text="Blue key")).to_contain_text("last used")


def test_by_what_the_browser_fills_in(alice: User, visitor: Visitor) -> None:
    """Autofill: the virtual sensor answers as soon as the page asks, as when a person picks their passkey."""
    add_sensor(visitor)
    visitor.page.goto(visitor.base_url + SIGN_IN, wait_until="commit")
    expect(visitor.heading).to_have_text("Welcome, Alice Liddell")
    assert {"pop", "user", "mfa"} <= {*LoginSession.objects.get(ended_at=None).methods}


def test_browsers_are_told_where_to_fill_in(alice: User, visitor: Visitor) -> None:
    page = visitor.open(SIGN_IN)
    name = page.get_by_label("Username or e-mail address")
    expect(name).to_have_attribute("autocomplete", "username webauthn")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("autocomplete", re.compile("current-password"))


def test_a_password_is_typed_while_the_browser_offers_passkeys(alice: User, visitor: Visitor) -> None:
    """What is asked for in the background gets in nobody's way."""
    device = add_sensor(visitor)
    device.be_touched(at_once=False)
    page = give_password(visitor)
    device.be_touched(at_once=True)
    page.get_by_role("button", name="Use your security device").click()
    expect(visitor.heading).to_have_text("Welcome, Alice Liddell")
    assert {"pwd", "pop", "mfa"} <= {*LoginSession.objects.get(ended_at=None).methods}


def test_a_device_as_the_second_step(alice: User, visitor: Visitor) -> None:
    """An older one, which can do nothing else: password first, then a touch."""
    add_device(visitor, U2F_KEY, path=f"{ADD}usb/?older=1")
    page = give_password(visitor)
    page.get_by_role("button", name="Use your security device").click()
    expect(visitor.heading).to_have_text("Welcome, Alice Liddell")
    session = LoginSession.objects.get(ended_at=None)
    assert {"pwd", "pop", "mfa"} <= {*session.methods}


def test_a_device_confirms_access(alice: User, visitor: Visitor) -> None:
    """Security 53: the best they have, not the password."""
    add_device(visitor)
    visitor.open(SIGN_IN)
    press_passkey(visitor)
    expect(visitor.heading).to_contain_text("Welcome")
    visitor.grow_stale()
    page = visitor.open(f"{SECURITY}factors/authenticator-app/add/")
    expect(visitor.heading).to_have_text("Confirm access")
    expect(page.get_by_label("Password", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Use your security device").click()
    expect(visitor.heading).to_have_text("Add an authenticator app")


def test_another_factor_is_one_click_away(alice: User, visitor: Visitor) -> None:
    add_device(visitor)
    add_app(alice)
    page = give_password(visitor)
    page.get_by_role("link", name="Use an authenticator app").click()
    page.get_by_label("Code").fill(code_of())
    page.get_by_role("button", name="Continue").click()
    expect(visitor.heading).to_contain_text("Welcome")


def test_a_removed_passkey_is_refused(alice: User, visitor: Visitor) -> None:
    """It still is in the device; the portal no longer knows it."""
    add_device(visitor)
    SecurityDevice.objects.all().delete()
    page = visitor.open(SIGN_IN)
    press_passkey(visitor)
    expect(page.get_by_role("alert").first).to_contain_text("That passkey did not work here.")
    assert not LoginSession.objects.filter(ended_at=None).exists()
    assert Event.objects.filter(kind=EventKind.SIGN_IN_FAILED).exists()


def test_somebody_switched_off_is_refused_with_the_same_words(alice: User, visitor: Visitor) -> None:
    """Security 6, 18."""
    add_device(visitor)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    page = visitor.open(SIGN_IN)
    press_passkey(visitor)
    expect(page.get_by_role("alert").first).to_contain_text("That passkey did not work here.")
    assert not LoginSession.objects.filter(ended_at=None).exists()


def test_a_copy_of_a_device_is_refused_and_the_owner_told(alice: User, visitor: Visitor) -> None:
    """Security 68: a counter that goes backwards is a signal."""
    add_device(visitor)
    SecurityDevice.objects.update(sign_count=1000)
    page = give_password(visitor)
    page.get_by_role("button", name="Use your security device").click()
    expect(page.get_by_role("alert").first).to_contain_text("there may be a copy of it")
    assert recipients("factor_suspect") == ["alice@example.org"]


def test_a_refused_passkey_is_tried_again(alice: User, visitor: Visitor) -> None:
    """The finger was not right; the page says what to do and the same button works."""
    device = add_sensor(visitor)
    visitor.page.add_init_script(NO_AUTOFILL)
    device.verify_person(is_them=False)
    visitor.open(SIGN_IN)
    page = press_passkey(visitor)
    expect(page.get_by_role("alert").filter(has_text="Try again, or choose another way.")).to_be_visible()
    device.verify_person(is_them=True)
    press_passkey(visitor)
    expect(visitor.heading).to_have_text("Welcome, Alice Liddell")


def test_a_browser_without_passkeys_is_offered_none(alice: User, visitor: Visitor) -> None:
    visitor.page.add_init_script("delete window.PublicKeyCredential")
    page = visitor.open(SIGN_IN)
    expect(page.get_by_role("button", name="Sign In", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
    visitor.sign_in()


def test_without_script_one_signs_in_with_password_and_app(alice: User, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(java_script_enabled=False)
    add_app(alice)
    page = visitor.open(SIGN_IN)
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
    expect(page.locator("noscript p")).to_have_text("Passkeys need JavaScript, which is switched off in this browser.")
    visitor.sign_in()
    assert LoginSession.objects.get().methods == ["pwd", "otp", "mfa"]


def test_without_script_the_second_step_explains_and_offers_the_others(
    alice: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    add_device(visitor)
    add_app(alice)
    plain = new_visitor(java_script_enabled=False)
    page = give_password(plain)
    expect(page.locator("noscript p")).to_contain_text("Security devices need JavaScript")
    page.get_by_role("link", name="Use an authenticator app").click()
    plain.give_code()
    expect(plain.heading).to_contain_text("Welcome")
