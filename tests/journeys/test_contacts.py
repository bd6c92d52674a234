"""Changing the e-mail address and the mobile number."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import override_settings
from playwright.sync_api import expect

from myaccount.outbox.models import State
from myaccount.users.models import User
from profile.contacts import RESEND_AFTER
from profile.models import PendingContact
from sessions_app.models import LoginSession
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.profile.support import newest, recipients, sent_code, wrong
from tests.support.servers import mail_server
from tests.support.worker import work_once

NEW = "new@example.org"


def email_of(alice: User) -> str:
    return User.objects.get(pk=alice.pk).email


def ask_for(visitor: Visitor, value: str = NEW, label: str = "Email") -> None:
    """Edit the row, type a new value, Save."""
    visitor.open(PERSONAL_INFO)
    visitor.page.get_by_role("link", name=re.compile(f"^(Edit|Add) {label}$")).last.click()
    visitor.field(label).fill(value)
    visitor.page.get_by_role("button", name="Save").click()


def enter(visitor: Visitor, code: str) -> None:
    visitor.field("Code").fill(code)
    visitor.page.get_by_role("button", name="Confirm", exact=True).click()


def test_a_person_changes_their_address_with_the_code(alice: User, visitor: Visitor) -> None:
    page = visitor.sign_in()
    ask_for(visitor)
    visitor.expect_message("We sent a code to the new address. Until you enter it, nothing changes.")
    expect(page.locator("#email")).to_contain_text("alice@example.org")
    expect(visitor.field("Code")).to_be_focused()
    enter(visitor, wrong(sent_code()))
    expect(page.get_by_role("alert")).to_contain_text("That is not the code we sent.")
    assert email_of(alice) == "alice@example.org"
    code = sent_code()
    enter(visitor, f"{code[:3]} {code[3:]}")
    visitor.expect_message("Your e-mail address was updated.")
    expect(page.locator("#email")).to_contain_text(NEW)
    assert email_of(alice) == NEW
    assert recipients("email_change_requested") == ["alice@example.org"]
    assert recipients("email_changed") == ["alice@example.org"]


def test_a_person_changes_their_address_with_the_link_of_a_real_mail(
    alice: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    """The worker delivers it to a real mail server; in another browser the link does nothing."""
    visitor.sign_in()
    with mail_server() as server, override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port
    ):  # fmt: skip
        ask_for(visitor)
        visitor.expect_message("We sent a code to the new address.")
        work_once()
    assert newest("prove_email").state == State.SENT
    mail = next(mail for mail in server.received if mail["To"] == NEW)
    assert mail["Subject"] == "Confirm your e-mail address"
    body = mail.get_body(("plain",))
    assert body is not None
    link = re.search(r"http://\S+", body.get_content())
    assert link

    other = new_visitor()
    other.already_signed_in()
    other.page.goto(link.group())
    other.page.get_by_role("button", name="Confirm").click()
    expect(other.page.get_by_role("heading", level=1)).to_have_text("This link does not work")
    assert email_of(alice) == "alice@example.org"

    visitor.page.goto(link.group())
    visitor.page.get_by_role("button", name="Confirm").click()
    visitor.expect_message("Your e-mail address was updated.")
    assert email_of(alice) == NEW
    other.page.reload()
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_person_asks_for_another_code(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    ask_for(visitor)
    page.get_by_role("button", name="Resend code").click()
    visitor.expect_message("A code was sent a moment ago. Wait a minute before you ask for another.")
    first = sent_code()
    waiting = PendingContact.objects.get()
    PendingContact.objects.update(sent_at=waiting.sent_at - RESEND_AFTER - timedelta(seconds=1))
    page.get_by_role("button", name="Resend code").click()
    visitor.expect_message("A new code is on its way. The old one no longer works.")
    assert recipients("prove_email") == [NEW, NEW]
    if first != sent_code():
        enter(visitor, first)
        expect(page.get_by_role("alert")).to_contain_text("That is not the code we sent.")
    enter(visitor, sent_code())
    visitor.expect_message("Your e-mail address was updated.")
    assert email_of(alice) == NEW


def test_a_person_gives_a_change_up(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    ask_for(visitor, "typo@example.org")
    page.get_by_role("button", name="Cancel the change").click()
    visitor.expect_message("The change was cancelled. Nothing is different.")
    expect(page.get_by_text("typo@example.org")).to_have_count(0)
    assert email_of(alice) == "alice@example.org"
    assert not PendingContact.objects.exists()


def test_a_person_adds_a_mobile_number_by_text_message(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    ask_for(visitor, "07400 123456", "Mobile")
    expect(page.get_by_role("alert")).to_contain_text("Begin with a plus sign and the country code, like +44.")
    visitor.field("Mobile").fill("+44 7400 123456")
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("We sent a code to the new number.")
    assert newest("prove_mobile").recipient == "+447400123456"
    enter(visitor, sent_code("mobile"))
    visitor.expect_message("Your mobile number was updated.")
    expect(page.locator("#mobile")).to_contain_text("+44 7400 123456")
    expect(page.locator("#mobile")).to_contain_text("Verified")
    alice = User.objects.get(pk=alice.pk)
    assert alice.mobile == "+447400123456"
    assert alice.mobile_verified_at is not None


def test_confirming_who_one_is_in_between_loses_nothing_that_was_typed(alice: User, visitor: Visitor) -> None:
    """Security 20."""
    page = visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)
    page.get_by_role("link", name="Edit Email").click()
    visitor.field("Email").fill(NEW)
    visitor.grow_stale()
    page.get_by_role("button", name="Save").click()
    visitor.confirm_access("wrong")
    expect(page.get_by_role("alert")).to_contain_text("That is not your password.")
    visitor.confirm_access()
    expect(page.get_by_role("main")).to_contain_text("Nothing of what you typed is lost.")
    page.get_by_role("button", name="Go on").click()
    visitor.expect_message("We sent a code to the new address.")
    enter(visitor, sent_code())
    visitor.expect_message("Your e-mail address was updated.")
    assert email_of(alice) == NEW


def test_the_pencil_asks_who_one_is_before_one_types(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)
    visitor.grow_stale()
    page.get_by_role("link", name="Edit Email").click()
    visitor.confirm_access()
    expect(visitor.field("Email")).to_have_value("alice@example.org")
    expect(visitor.field("Email")).to_be_focused()


def test_another_browser_sees_that_a_change_waits_and_can_end_it(
    alice: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    visitor.already_signed_in()
    ask_for(visitor)
    other = new_visitor()
    other.already_signed_in()
    other.open(PERSONAL_INFO)
    expect(other.page.get_by_text("This change was started in another browser.")).to_be_visible()
    other.page.get_by_role("button", name="Cancel the change").click()
    other.expect_message("The change was cancelled. Nothing is different.")
    enter(visitor, sent_code())
    visitor.expect_message("This change can no longer be completed. Start it again.")
    assert email_of(alice) == "alice@example.org"
    assert LoginSession.objects.filter(ended_at=None).count() == 2
