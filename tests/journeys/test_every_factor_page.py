"""Every page of second factors in every state: nothing for axe to report, nothing wider than the window."""

from __future__ import annotations

from typing import Final

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import expect

from myaccount.users.models import User
from security.factors.kinds import Authenticator
from security.factors.models import NAME_MAX_LENGTH, BackupCode, SecurityDevice, TotpDevice
from security.policy.models import AuthenticationChain, ChainStep, Requirement, SignInPolicy
from tests.journeys.authenticators import BUILT_IN_SENSOR, U2F_KEY, USB_KEY, VirtualAuthenticators
from tests.journeys.test_every_page import State, check, say_wrong
from tests.journeys.visitor import SECURITY, Visitor
from tests.security.factors.devices_support import registered
from tests.support.authenticators import Authenticator as Device
from tests.support.authenticators import older_device, synced_passkey
from tests.support.factors import add_app, add_codes, add_sms, wrong_code
from tests.support.lives import make_settled_person
from tests.support.people import make_person

pytestmark = pytest.mark.looks

FACTORS: Final = f"{SECURITY}factors/"
DEVICES: Final = f"{FACTORS}devices/add/"
STATES: dict[str, State] = {}
# The cell above the trash can is Django's own; and axe's copy of the style sheets breaks our content security policy.
OF_ADMIN: Final = {"rules": {"empty-table-header": {"enabled": False}}, "preload": False}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


def person_with_everything() -> User:
    """Somebody with each kind of factor, several of some, and names of every length."""
    alice, here = make_settled_person(), settings.PUBLIC_URL
    add_app(alice, name="Phone")
    add_app(alice, name="The old tablet that is kept in the kitchen drawer, just in case", seed=bytes(range(20, 40)))
    add_sms(alice)
    devices = {
        "Blue key": Device(origin=here),
        "Laptop": synced_passkey(origin=here),
        "W" * NAME_MAX_LENGTH: older_device(origin=here),
    }
    for name, device in devices.items():
        row = registered(alice, device, older=not device.verifies)
        SecurityDevice.objects.filter(pk=row.pk).update(name=name, last_used_at=timezone.now())
    add_codes(alice)
    return alice


def with_everything(path: str) -> State:
    def act(visitor: Visitor) -> None:
        person_with_everything()
        visitor.already_signed_in()
        visitor.open(
            path.format(app=TotpDevice.objects.earliest("pk").pk, key=SecurityDevice.objects.earliest("pk").pk)
        )

    return act


def with_nothing(path: str) -> State:
    def act(visitor: Visitor) -> None:
        make_settled_person()
        visitor.already_signed_in()
        visitor.open(path)

    return act


# Setting them up


STATES["add_factor"] = with_nothing(f"{FACTORS}add/")
STATES["add_factor_asked_for"] = with_nothing(f"{FACTORS}add/?next=/admin/")
STATES["add_app"] = with_nothing(f"{FACTORS}authenticator-app/add/")
STATES["new_secret"] = with_everything(f"{FACTORS}authenticator-app/{{app}}/regenerate/")
STATES["sms_number"] = with_nothing(f"{FACTORS}sms/")
STATES["make_codes"] = with_everything(f"{FACTORS}backup-codes/make/")
STATES["add_device_without_a_sensor"] = with_nothing(DEVICES)
STATES["add_usb_key"] = with_nothing(f"{DEVICES}usb/")
STATES["add_older_usb_key"] = with_nothing(f"{DEVICES}usb/?older=1")
STATES["add_sensor_that_is_not_there"] = with_nothing(f"{DEVICES}built-in/")


@state
def app_with_a_wrong_code(visitor: Visitor) -> None:
    with_nothing(f"{FACTORS}authenticator-app/add/")(visitor)
    visitor.field("Name of the app").fill("")
    visitor.field("Code that the app shows").fill("12")
    visitor.page.get_by_role("button", name="Add the app").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def sms_number_refused(visitor: Visitor) -> None:
    with_nothing(f"{FACTORS}sms/")(visitor)
    say_wrong(visitor, f"{FACTORS}sms/", {"Mobile number": "+44 12"}, "Update")


@state
def sms_number_to_be_proven(visitor: Visitor) -> None:
    with_nothing(f"{FACTORS}sms/")(visitor)
    visitor.field("Mobile number").fill("+44 7400 654321")
    visitor.page.get_by_role("button", name="Update").click()
    expect(visitor.heading).to_have_text("Confirm your mobile number")


@state
def sms_number_with_a_wrong_code(visitor: Visitor) -> None:
    sms_number_to_be_proven(visitor)
    visitor.field("Code").fill("12")
    visitor.page.get_by_role("button", name="Confirm", exact=True).click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def codes_shown(visitor: Visitor) -> None:
    with_everything(f"{FACTORS}backup-codes/make/")(visitor)
    visitor.page.get_by_role("button", name="Make the codes").click()
    expect(visitor.heading).to_have_text("Your backup codes")


@state
def codes_not_saved(visitor: Visitor) -> None:
    codes_shown(visitor)
    visitor.page.get_by_role("button", name="Done").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def add_device_with_a_sensor(visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(BUILT_IN_SENSOR)
    with_nothing(DEVICES)(visitor)
    expect(visitor.page.get_by_role("link", name="Built-in sensor")).to_be_visible()


@state
def another_option(visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(BUILT_IN_SENSOR)
    with_nothing(f"{DEVICES}usb/?older=1")(visitor)
    visitor.page.get_by_text("Choose another option").click()
    expect(visitor.page.get_by_role("link", name="Another way than a device")).to_be_visible()


@state
def waiting_for_a_touch(visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(USB_KEY, automaticPresenceSimulation=False)
    with_nothing(f"{DEVICES}usb/")(visitor)
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.page.get_by_role("status").filter(has_text="Your browser is asking")).to_be_visible()


@state
def device_refused_by_the_browser(visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(U2F_KEY)
    with_nothing(f"{DEVICES}usb/")(visitor)
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.page.get_by_role("link", name="Try with an older device")).to_be_visible()


@state
def device_to_be_named(visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    with_nothing(f"{DEVICES}usb/")(visitor)
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.field("Device name")).to_be_visible()


@state
def device_without_a_name(visitor: Visitor) -> None:
    device_to_be_named(visitor)
    visitor.field("Device name").fill("")
    visitor.page.get_by_role("button", name="Add device").click()
    expect(visitor.page.get_by_role("alert").filter(has_text="Enter a name")).to_be_visible()


# Looking after them


STATES["section_with_everything"] = with_everything(SECURITY)
STATES["overview_with_everything"] = with_everything("/myaccount/")
STATES["rename"] = with_everything(f"{FACTORS}device/{{key}}/rename/")
STATES["remove_device"] = with_everything(f"{FACTORS}device/{{key}}/remove/")
STATES["forget_browsers"] = with_everything(f"{SECURITY}trusted-browsers/forget/")


@state
def trusted_browsers_and_few_codes(visitor: Visitor) -> None:
    alice = make_settled_person()
    add_app(alice)
    add_codes(alice)
    BackupCode.objects.filter(pk__lte=BackupCode.objects.earliest("pk").pk + 7).update(used_at=timezone.now())
    for _ in range(2):
        visitor.context.clear_cookies()
        visitor.give_password()
        visitor.page.get_by_label("Trust this browser for 30 days").check()
        visitor.give_code()
        expect(visitor.heading).to_contain_text("Welcome")
    visitor.open(f"{SECURITY}trusted-browsers/")
    expect(visitor.page.get_by_text("Trusted until")).to_have_count(2)


@state
def section_with_a_demand(visitor: Visitor) -> None:
    make_settled_person()
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=14).save()
    visitor.give_password()
    visitor.page.get_by_role("button", name="Not now").click()
    visitor.go_to("Security")


@state
def rename_dialog(visitor: Visitor) -> None:
    with_everything(SECURITY)(visitor)
    visitor.page.get_by_role("link", name="Rename Blue key").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()


@state
def rename_refused(visitor: Visitor) -> None:
    with_everything(f"{FACTORS}device/{{key}}/rename/")(visitor)
    visitor.field("Name").fill("")
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def remove_dialog_of_the_last(visitor: Visitor) -> None:
    add_app(make_settled_person())
    visitor.already_signed_in()
    visitor.open(SECURITY)
    visitor.page.get_by_role("link", name="Delete Phone").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()


@state
def remove_refused(visitor: Visitor) -> None:
    app = add_app(make_settled_person())
    SignInPolicy(requirement=Requirement.EVERYONE).save()
    visitor.already_signed_in()
    visitor.open(f"{FACTORS}totp/{app.pk}/remove/")
    expect(visitor.page.get_by_role("link", name="Add another")).to_be_visible()


# The second step, when signing in and when confirming access


def second_step(authenticator: Authenticator) -> State:
    def act(visitor: Visitor) -> None:
        person_with_everything()
        visitor.give_password()
        expect(visitor.heading).to_have_text("Second step")
        visitor.open(f"/myaccount/sign-in/second-step/{authenticator}/")

    return act


def confirming(authenticator: Authenticator) -> State:
    def act(visitor: Visitor) -> None:
        person_with_everything()
        visitor.already_signed_in()
        visitor.open(f"/myaccount/confirm/with/{authenticator}/?next={SECURITY}")
        expect(visitor.heading).to_have_text("Confirm access")

    return act


for kind in (Authenticator.DEVICE, Authenticator.TOTP, Authenticator.SMS, Authenticator.BACKUP_CODE):
    STATES[f"second_step_by_{kind}"] = second_step(kind)
    STATES[f"confirm_by_{kind}"] = confirming(kind)


@state
def second_step_by_sms_sent(visitor: Visitor) -> None:
    second_step(Authenticator.TOTP)(visitor)
    visitor.page.get_by_role("button", name="Get a code by SMS").click()
    expect(visitor.page.get_by_role("button", name="Send a new code")).to_be_visible()


@state
def second_step_with_a_wrong_code(visitor: Visitor) -> None:
    second_step(Authenticator.TOTP)(visitor)
    visitor.field("Code").fill(wrong_code())
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def second_step_device_cancelled(visitor: Visitor) -> None:
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    second_step(Authenticator.DEVICE)(visitor)
    visitor.page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    visitor.page.get_by_role("button", name="Use your security device").click()
    expect(visitor.page.get_by_role("alert").filter(has_text="or choose another way")).to_be_visible()


def with_a_passkey(visitor: Visitor) -> None:
    """Somebody with a passkey at hand, signed out."""
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    with_nothing(f"{DEVICES}usb/")(visitor)
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.page.get_by_role("button", name="Add device").click()
    visitor.expect_message("“Security key” was added.")
    visitor.sign_out()


@state
def second_step_by_password(visitor: Visitor) -> None:
    """After a passkey, where a chain asks for the password as well."""
    with_a_passkey(visitor)
    chain = AuthenticationChain.objects.create(name="Both")
    ChainStep.objects.create(chain=chain, order=1, authenticators=[Authenticator.PASSWORD])
    ChainStep.objects.create(chain=chain, order=2, authenticators=[Authenticator.DEVICE])
    visitor.open("/myaccount/sign-in/")
    visitor.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(visitor.page.get_by_text("Your organisation asks for your password as well.")).to_be_visible()


@state
def passkey_refused(visitor: Visitor) -> None:
    with_a_passkey(visitor)
    SecurityDevice.objects.all().delete()
    visitor.open("/myaccount/sign-in/")
    visitor.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(visitor.page.get_by_role("alert").filter(has_text="That passkey did not work here.")).to_be_visible()


# What the organisation asks for


@state
def set_up_at_sign_in(visitor: Visitor) -> None:
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=0).save()
    make_person()
    visitor.give_password()
    expect(visitor.heading).to_have_text("Set up a second factor")


@state
def set_up_at_sign_in_or_later(visitor: Visitor) -> None:
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=14).save()
    make_person()
    visitor.give_password()
    expect(visitor.page.get_by_role("button", name="Not now")).to_be_visible()


# Administration


def as_ada(path: str) -> State:
    def act(visitor: Visitor) -> None:
        alice = person_with_everything()
        make_person("ada", is_staff=True, is_superuser=True)
        Group.objects.create(name="Editors")
        chain = AuthenticationChain.objects.create(name="Strict")
        chain.groups.add(Group.objects.get())
        ChainStep.objects.create(chain=chain, order=1, authenticators=[Authenticator.PASSWORD, Authenticator.PASSKEY])
        ChainStep.objects.create(chain=chain, order=2, authenticators=[Authenticator.TOTP])
        visitor.already_signed_in("ada")
        app = TotpDevice.objects.filter(user=alice).earliest("pk")
        visitor.open(path.format(person=alice.pk, app=app.pk, chain=chain.pk))

    return act


STATES["admin_factors"] = as_ada("/admin/users/user/{person}/factors/")
STATES["admin_remove_factor"] = as_ada("/admin/users/user/{person}/factors/totp/{app}/remove/")
STATES["admin_policy"] = as_ada("/admin/security/signinpolicy/1/change/")
STATES["admin_chains"] = as_ada("/admin/security/authenticationchain/")
STATES["admin_chain"] = as_ada("/admin/security/authenticationchain/{chain}/change/")


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name, OF_ADMIN if "/admin/" in visitor.page.url else None)
