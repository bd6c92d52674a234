"""Manual, “Reset password” and “Changing your password”."""

from __future__ import annotations

from playwright.sync_api import expect

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import Visitor
from tests.profile.support import recipients
from tests.support.people import PASSPHRASE

NEW = "eleven patient copper kettles"


def fill_in(visitor: Visitor, current: str, new: str, again: str) -> None:
    visitor.field("Current password").fill(current)
    visitor.field("New password").fill(new)
    visitor.field("Confirm new password").fill(again)
    visitor.page.get_by_role("button", name="Submit").click()


def test_a_person_changes_their_password(alice: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    """Security, Change password, Change your password, the current and twice the new one, Submit."""
    elsewhere = new_visitor()
    elsewhere.already_signed_in()
    elsewhere.open("/myaccount/")
    page = visitor.sign_in()
    visitor.go_to("Security")
    visitor.section("Change password").get_by_role("link", name="Change your password").click()
    expect(visitor.field("Current password")).to_be_focused()
    fill_in(visitor, PASSPHRASE, NEW, NEW)
    visitor.expect_message("Your password was changed.")
    assert User.objects.get(pk=alice.pk).check_password(NEW)
    assert recipients("password_changed") == ["alice@example.org"]
    assert Event.objects.filter(kind=EventKind.PASSWORD_CHANGED).count() == 1
    visitor.go_to("Overview")
    elsewhere.page.reload()
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_role("banner").locator("details > summary").click()
    page.get_by_role("button", name="Sign out").click()
    visitor.sign_in(password=NEW)


def test_each_reason_for_a_refusal_is_named(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open("/myaccount/security/?edit=password#id_current_password")
    fill_in(visitor, PASSPHRASE, "alice liddell", "alice liddell")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("It is too short: use at least 15 characters.")
    expect(summary).to_contain_text("It is too similar to your name, username or e-mail address.")
    expect(visitor.field("New password")).to_have_value("")
    fill_in(visitor, PASSPHRASE, NEW, "something else entirely")
    expect(page.get_by_role("alert")).to_contain_text("The two new passwords are not the same.")
    fill_in(visitor, "wrong", NEW, NEW)
    expect(page.get_by_role("alert")).to_contain_text("That is not your current password.")
    fill_in(visitor, PASSPHRASE, PASSPHRASE, PASSPHRASE)
    expect(page.get_by_role("alert")).to_contain_text("You have used it before.")
    assert User.objects.get(pk=alice.pk).check_password(PASSPHRASE)


def test_the_hint_counts_along_and_the_eye_shows_what_was_typed(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open("/myaccount/security/?edit=password#id_current_password")
    field = visitor.field("New password")
    field.press_sequentially("four words")
    expect(page.get_by_text("Characters still to go: 5")).to_be_visible()
    field.press_sequentially(" more")
    expect(page.get_by_text("Long enough")).to_be_visible()
    page.get_by_role("button", name="Show: New password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Show: New password").click()
    expect(field).to_have_attribute("type", "password")
