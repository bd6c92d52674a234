"""What the organisation asks for, as people meet it at sign-in and as administrators set it."""

from __future__ import annotations

import re
from base64 import b32decode
from datetime import timedelta
from typing import Final

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Page, expect

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from security.factors.kinds import Authenticator
from security.factors.models import SecurityDevice, SmsDevice, TotpDevice
from security.policy.models import AuthenticationChain, Requirement, SignInPolicy
from sessions_app.models import EndReason, LoginSession
from tests.journeys.authenticators import USB_KEY, VirtualAuthenticators
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import SECURITY, Visitor
from tests.profile.support import newest, recipients
from tests.support.factors import SEED, add_app, add_sms, code_of, sms_code
from tests.support.people import make_person

POLICY: Final = "/admin/security/signinpolicy/1/change/"
CHAINS: Final = "/admin/security/authenticationchain/"


@pytest.fixture
def ada(alice: User) -> User:
    return make_person("ada", is_staff=True, is_superuser=True)


def require(requirement: Requirement, *, grace_days: int = 0) -> None:
    SignInPolicy(requirement=requirement, grace_days=grace_days).save()


def set_up_app(visitor: Visitor) -> bytes:
    """From the choice of what can be set up to the first code of an app; returns its seed."""
    visitor.page.get_by_role("main").get_by_role("link", name="Authenticator app").click()
    secret = visitor.page.locator("#totp-secret").inner_text()
    seed = b32decode(secret.replace(" ", ""))
    visitor.field("Code that the app shows").fill(code_of(seed))
    visitor.page.get_by_role("button", name="Add the app").click()
    return seed


# At sign-in


def test_everybody_is_led_through_setting_one_up(alice: User, visitor: Visitor) -> None:
    """Back to where they wanted to go; and the next time they are asked for it."""
    require(Requirement.EVERYONE)
    page = visitor.give_password(at="/myaccount/personal-info/")
    expect(visitor.heading).to_have_text("Set up a second factor")
    expect(page.get_by_role("button", name="Not now")).to_have_count(0)
    expect(page.get_by_text("None of these works for you? Ask an administrator for help.")).to_be_visible()
    with visitor.new_tab():
        visitor.open("/myaccount/")
        expect(visitor.heading).to_have_text("Sign in")  # half signed in opens nothing
    seed = set_up_app(visitor)
    expect(visitor.heading).to_have_text("Personal info")
    assert LoginSession.objects.get().methods == ["pwd", "otp", "mfa"]
    assert recipients("factor_added") == ["alice@example.org"]
    visitor.sign_out()
    visitor.give_password()
    expect(visitor.heading).to_have_text("Second step")
    visitor.give_code(seed)
    expect(visitor.heading).to_contain_text("Welcome")


def test_one_sets_up_a_device_or_sms_just_as_well(alice: User, bob: User, visitor: Visitor) -> None:
    """And goes back to choose another where one does not work."""
    require(Requirement.EVERYONE)
    VirtualAuthenticators(visitor).plug_in(USB_KEY)
    page = visitor.give_password()
    page.get_by_role("link", name="Authenticator app").click()
    page.get_by_role("link", name="Cancel").click()
    expect(visitor.heading).to_have_text("Set up a second factor")
    page.get_by_role("link", name="Security device").click()
    page.get_by_role("link", name="USB security key").click()
    page.get_by_role("button", name="Continue").click()
    visitor.field("Device name").fill("Blue key")
    page.get_by_role("button", name="Add device").click()
    expect(visitor.heading).to_contain_text("Welcome")
    assert SecurityDevice.objects.get().user == alice
    visitor.sign_out()

    visitor.give_password("bob")
    page.get_by_role("link", name="SMS number").click()
    visitor.field("Mobile number").fill("+44 7400 123456")
    page.get_by_role("button", name="Update").click()
    visitor.field("Code").fill(sms_code())
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(visitor.heading).to_contain_text("Welcome")
    assert SmsDevice.objects.get().user == bob


def test_not_now_while_there_is_time(alice: User, visitor: Visitor) -> None:
    require(Requirement.EVERYONE, grace_days=14)
    page = visitor.give_password()
    expect(visitor.heading).to_have_text("Set up a second factor")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"from \d+ \w+ 20\d\d on"))
    page.get_by_role("button", name="Not now").click()
    expect(visitor.heading).to_contain_text("Welcome")
    visitor.go_to("Security")
    expect(visitor.section("Multi-factor authentication")).to_contain_text(
        "Your organisation asks you for a second factor"
    )
    expect(visitor.section("Multi-factor authentication")).to_contain_text("Set one up by")
    visitor.sign_out()
    past = timezone.now() - timedelta(days=15)
    SignInPolicy.objects.update(required_since=past)
    User.objects.update(date_joined=past)
    visitor.give_password()
    expect(visitor.heading).to_have_text("Set up a second factor")
    expect(page.get_by_role("button", name="Not now")).to_have_count(0)


def test_the_last_one_is_kept_where_one_is_required(alice: User, visitor: Visitor) -> None:
    require(Requirement.EVERYONE)
    add_app(alice)
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    page.get_by_role("link", name="Delete Phone").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your organisation asks you for a second factor, and this is your last one.")
    expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)
    dialog.get_by_role("link", name="Add another").click()
    expect(visitor.heading).to_have_text("Add a second factor")


# Administrators


def test_an_administrators_first_entry(alice: User, visitor: Visitor) -> None:
    """The portal opens with the password; Django admin leads to setting one up, then opens where one wanted to go."""
    make_person("ada", is_staff=True, is_superuser=True, has_app=False)
    page = visitor.give_password("ada")
    expect(visitor.heading).to_contain_text("Welcome")
    visitor.open("/admin/users/user/")
    expect(visitor.heading).to_have_text("Add a second factor")
    expect(page.get_by_role("main")).to_contain_text("Your organisation asks for one before you can go on.")
    seed = set_up_app(visitor)
    expect(page).to_have_url(f"{visitor.base_url}/admin/users/user/")
    expect(page.locator("#site-name")).to_contain_text("administration")
    page.get_by_role("button", name="Log out").click()
    visitor.give_password("ada", at="/admin/users/user/")
    expect(visitor.heading).to_have_text("Second step")
    visitor.give_code(seed)
    expect(page).to_have_url(f"{visitor.base_url}/admin/users/user/")


def test_the_policy_is_edited_and_holds_from_the_next_sign_in_on(
    ada: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    page = visitor.already_signed_in("ada")
    visitor.open("/admin/security/signinpolicy/")
    expect(page).to_have_url(visitor.base_url + POLICY)
    page.get_by_label("Everybody").check()
    page.get_by_label("Days people have to set one up").fill("0")
    page.get_by_label("SMS code").uncheck()
    page.get_by_label("Days a browser can be trusted").fill("7")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    policy = SignInPolicy.objects.get()
    assert policy.requirement == Requirement.EVERYONE
    assert Authenticator.SMS not in policy.allowed_methods
    assert Event.objects.filter(kind=EventKind.SIGN_IN_POLICY_CHANGED).count() == 1

    alices = new_visitor()
    alices.give_password()
    expect(alices.heading).to_have_text("Set up a second factor")
    expect(alices.page.get_by_role("link", name="SMS number")).to_have_count(0)
    seed = set_up_app(alices)
    expect(alices.heading).to_contain_text("Welcome")
    alices.sign_out()
    alices.give_password()
    expect(alices.page.get_by_label("Trust this browser for 7 days")).to_be_visible()
    alices.give_code(seed)
    expect(alices.heading).to_contain_text("Welcome")


def test_a_policy_that_leaves_sms_alone_is_refused(ada: User, visitor: Visitor) -> None:
    """Security 63."""
    page = visitor.already_signed_in("ada")
    visitor.open(POLICY)
    page.get_by_label("Security device").uncheck()
    page.get_by_label("Authenticator app").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errorlist").first).to_contain_text("SMS alone is too weak.")
    assert not SignInPolicy.objects.exists()


def fill_in_chain(page: Page, steps: list[list[str]]) -> None:
    for number, names in enumerate(steps):
        step = page.locator(f"#steps-{number}")
        step.locator("input[name$=order]").fill(str(number + 1))
        for name in names:
            step.get_by_label(name, exact=True).check()


def test_a_chain_is_made_and_each_of_its_steps_is_asked(ada: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    """The manual's authentication chain: different authenticators in different steps."""
    editors = Group.objects.create(name="Editors")
    User.objects.get(username="alice").groups.add(editors)
    alice = User.objects.get(username="alice")
    add_app(alice)
    add_sms(alice)
    page = visitor.already_signed_in("ada")
    visitor.open(f"{CHAINS}add/")
    page.get_by_label("Name:").fill("Editors prove more")
    page.get_by_label("Editors", exact=True).check()
    fill_in_chain(page, [["Password"], ["Authenticator app"]])
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    fill_in_chain(page, [["Password"], ["Authenticator app"], ["SMS code"]])
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    chain = AuthenticationChain.objects.get()
    assert [step.authenticators for step in chain.steps.order_by("order")] == [["password"], ["totp"], ["sms"]]

    alices = new_visitor()
    alices.give_password()
    expect(alices.heading).to_have_text("Second step")
    alices.give_code(SEED)
    expect(alices.page.get_by_text("Enter the code we sent to your mobile number.")).to_be_visible()
    alices.page.get_by_label("Code").fill(sms_code())
    alices.page.get_by_role("button", name="Continue").click()
    expect(alices.heading).to_contain_text("Welcome")
    assert LoginSession.objects.get(user=alice).methods == ["pwd", "otp", "sms", "mfa"]

    visitor.open(f"{CHAINS}{chain.pk}/delete/")
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    alices.sign_out()
    alices.give_password()
    alices.give_code(SEED)
    expect(alices.heading).to_contain_text("Welcome")


def test_a_lost_factor_is_removed_with_a_reason(ada: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    """Security 88: event, mail, sessions ended; and no secret is seen on the way."""
    alice = User.objects.get(username="alice")
    add_app(alice, name="Lost phone")
    add_sms(alice)
    alices = new_visitor()
    alices.already_signed_in("alice")
    expect(alices.open("/myaccount/").get_by_role("heading", level=1)).to_contain_text("Alice")
    page = visitor.already_signed_in("ada")
    visitor.open(f"/admin/users/user/{alice.pk}/change/")
    page.get_by_role("link", name="Second factors").click()
    expect(page.locator("#content")).to_contain_text("Lost phone")
    assert "7400" not in page.content()
    page.get_by_role("link", name=re.compile("^Remove ?: Lost phone$")).click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".errornote")).to_be_visible()
    page.get_by_label("Reason").fill("The phone was stolen on a train.")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".messagelist .success")).to_contain_text("“Lost phone” was removed, and the person was told.")
    assert not TotpDevice.objects.filter(user=alice).exists()
    mail = newest("factor_removed")
    assert mail.recipient == "alice@example.org"
    assert "The phone was stolen on a train." in mail.text
    event = Event.objects.get(kind=EventKind.FACTOR_REMOVED, user_uuid=alice.uuid)
    assert event.data["reason_given"] == "The phone was stolen on a train."
    assert LoginSession.objects.get(user=alice).end_reason == EndReason.FACTOR_CHANGED
    alices.page.reload()
    expect(alices.heading).to_have_text("Sign in")
    alices.give_password()
    expect(alices.page.get_by_text("Enter the code we sent to your mobile number.")).to_be_visible()
