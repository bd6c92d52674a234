"""The same with scripting off: every page and act works as plain requests."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from myaccount.users.models import User
from profile.models import Profile
from sessions_app.models import LoginSession
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.profile.support import sent_code
from tests.support.browsing import new_browser, sign_in
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


def test_nothing_is_offered_that_needs_script(alice: User, visitor: Visitor) -> None:
    page = visitor.open("/myaccount/sign-in/")
    expect(page.get_by_role("button", name="Show: Password")).to_have_count(0)
    visitor.already_signed_in()
    for path in ("/myaccount/", PERSONAL_INFO, "/myaccount/security/"):
        visitor.open(path)
        expect(page.get_by_role("dialog")).to_have_count(0)
