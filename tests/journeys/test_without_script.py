"""The same with scripting off: every page and act works as plain requests."""

from __future__ import annotations

from base64 import b32decode

import pytest
from playwright.sync_api import expect

from myaccount.users.models import User
from profile.models import Profile
from security.factors.models import BackupCode, TotpDevice, TrustedBrowser
from security.policy.models import Requirement, SignInPolicy
from sessions_app.models import LoginSession
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.profile.support import sent_code
from tests.support.browsing import new_browser, sign_in
from tests.support.factors import add_app, add_sms, code_of, sms_code
from tests.support.people import PASSPHRASE, SAFARI_PHONE


@pytest.fixture
def visitor(new_visitor: NewVisitor) -> Visitor:
    return new_visitor(java_script_enabled=False)


def test_a_person_looks_after_their_profile(alice: User, visitor: Visitor) -> None:
    page = visitor.sign_in()
    visitor.go_to("Personal info")
    page.get_by_role("link", name="Edit First Name").click()
    visitor.field("First Name").fill("x" * 200)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("This is too long: 200 characters, where 150 are allowed.")
    visitor.field("First Name").fill("Alicia")
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("First Name was updated.")
    assert Profile.objects.get().values["given_name"] == "Alicia"


def test_a_person_changes_their_address(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(f"{PERSONAL_INFO}?edit=email#id_value")
    visitor.field("Email").fill("new@example.org")
    visitor.grow_stale()
    page.get_by_role("button", name="Save").click()
    visitor.confirm_access()
    page.get_by_role("button", name="Go on").click()
    visitor.expect_message("We sent a code to the new address.")
    page.get_by_role("button", name="Resend code").click()
    visitor.expect_message("A code was sent a moment ago.")
    visitor.field("Code").fill(sent_code())
    page.keyboard.press("Enter")
    visitor.expect_message("Your e-mail address was updated.")
    assert User.objects.get(pk=alice.pk).email == "new@example.org"


def test_a_person_chooses_a_picture(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)
    page.get_by_role("link", name="Change picture").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Profile picture")
    page.get_by_role("link", name="Choose a Gravatar").click()
    page.get_by_role("radio", name="Pattern").check()
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("Your profile picture was updated.")
    assert "d=identicon" in User.objects.get(pk=alice.pk).picture


def test_a_person_changes_their_password_and_ends_sessions(alice: User, visitor: Visitor) -> None:
    page = visitor.sign_in()
    visitor.go_to("Security")
    page.get_by_role("link", name="Change your password").click()
    visitor.field("Current password").fill(PASSPHRASE)
    for label in ("New password", "Confirm new password"):
        visitor.field(label).fill("eleven patient copper kettles")
    page.get_by_role("button", name="Submit").click()
    visitor.expect_message("Your password was changed.")
    sign_in(new_browser(SAFARI_PHONE), password="eleven patient copper kettles")
    visitor.go_to("Security")
    phone = visitor.section("Active user sessions").get_by_role("group").filter(has_text="Mobile Safari on iOS")
    phone.get_by_text("Show more").click()
    phone.get_by_role("link", name="Terminate session").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Terminate this session?")
    page.get_by_role("button", name="Yes").click()
    visitor.expect_message("You have successfully revoked your session!")
    assert LoginSession.objects.filter(ended_at=None).count() == 1
    page.get_by_role("banner").locator("details > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    assert not LoginSession.objects.filter(ended_at=None).exists()


def test_a_person_sets_up_an_app_a_number_and_backup_codes(alice: User, visitor: Visitor) -> None:
    page = visitor.sign_in()
    visitor.go_to("Security")
    page.get_by_role("link", name="Add authenticator app").click()
    seed = b32decode(page.locator("#totp-secret").inner_text().replace(" ", ""))
    visitor.field("Code that the app shows").fill(code_of(seed))
    page.get_by_role("button", name="Add the app").click()
    visitor.expect_message("The authenticator app was added.")
    page.get_by_role("link", name="Edit SMS number").click()
    visitor.field("Mobile number").fill("+44 7400 123456")
    page.get_by_role("button", name="Update").click()
    visitor.field("Code").fill(sent_code("mobile"))
    page.keyboard.press("Enter")
    visitor.expect_message("Your SMS number was updated.")
    page.get_by_role("link", name="Make backup codes").click()
    page.get_by_role("button", name="Make the codes").click()
    for name in ("Copy", "Print"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    code = page.locator("#backup-codes li").first.inner_text()
    page.get_by_label("I have saved them").check()
    page.get_by_role("button", name="Done").click()
    visitor.expect_message("Your backup codes are ready.")
    page.get_by_role("link", name="Rename My phone").click()
    visitor.field("Name").fill("Blue phone")
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("It is now called “Blue phone”.")
    page.get_by_role("link", name="Delete Blue phone").click()
    expect(visitor.heading).to_have_text("Delete “Blue phone”?")
    page.get_by_role("button", name="Delete").click()
    visitor.expect_message("“Blue phone” was removed.")
    visitor.sign_out()

    visitor.give_password()
    expect(page.get_by_text("Enter the code we sent to your mobile number.")).to_be_visible()
    page.get_by_role("link", name="Use a backup code").click()
    page.locator("input[name=code]").fill(code)
    page.get_by_role("button", name="Continue").click()
    expect(visitor.heading).to_contain_text("Welcome")
    assert not TotpDevice.objects.exists()
    assert BackupCode.objects.filter(used_at=None).count() == 9


def test_a_person_trusts_a_browser_and_forgets_it(alice: User, visitor: Visitor) -> None:
    add_app(alice)
    add_sms(alice)
    page = visitor.give_password()
    page.get_by_role("button", name="Get a code by SMS").click()
    visitor.field("Code").fill(sms_code())
    page.get_by_label("Trust this browser for 30 days").check()
    page.get_by_role("button", name="Continue").click()
    expect(visitor.heading).to_contain_text("Welcome")
    visitor.go_to("Security")
    page.get_by_label("Asked for first").select_option("SMS number")
    page.locator("#preferred").get_by_role("button", name="Save").click()
    visitor.expect_message("You will be asked for this first: SMS number.")
    page.get_by_role("link", name="Trusted browsers").click()
    page.get_by_role("link", name="Forget all browsers").click()
    expect(visitor.heading).to_have_text("Forget all browsers?")
    page.get_by_role("button", name="Forget").click()
    visitor.expect_message("The second step will be asked for there again.")
    assert not TrustedBrowser.objects.exists()


def test_a_person_is_led_through_setting_one_up(alice: User, visitor: Visitor) -> None:
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=14).save()
    page = visitor.give_password()
    page.get_by_role("link", name="Security device").click()
    expect(page.locator("noscript p").first).to_contain_text("Security devices need JavaScript")
    page.get_by_role("link", name="Choose another way").click()
    expect(visitor.heading).to_have_text("Set up a second factor")
    page.get_by_role("button", name="Not now").click()
    expect(visitor.heading).to_contain_text("Welcome")


def test_nothing_is_offered_that_needs_script(alice: User, visitor: Visitor) -> None:
    page = visitor.open("/myaccount/sign-in/")
    expect(page.get_by_role("button", name="Show: Password")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
    visitor.already_signed_in()
    for path in ("/myaccount/", PERSONAL_INFO, "/myaccount/security/"):
        visitor.open(path)
        expect(page.get_by_role("dialog")).to_have_count(0)
