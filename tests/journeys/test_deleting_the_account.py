"""Deleting one's own account: kept after all, and gone when the time has come."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from consent.receipts.models import ConsentReceipt
from myaccount.deletion.models import AccountDeletion
from myaccount.outbox.models import Message
from myaccount.users.models import User
from sessions_app.models import LoginSession
from tests.consent.support import consent_to, make_application
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.support.factors import add_app
from tests.support.worker import work_once


def ask_for_it(visitor: Visitor) -> None:
    """From Personal info to the page that says good-bye."""
    page = visitor.page
    visitor.go_to("Personal info")
    visitor.section("Delete account").get_by_role("link", name="Delete account").click()
    expect(visitor.heading).to_have_text("Delete your account")
    expect(visitor.section("What goes")).to_contain_text("Pickup")
    expect(visitor.section("What stays")).to_contain_text("Receipts of your consents")
    page.get_by_role("checkbox", name="I have read what goes and what stays.").check()
    page.get_by_role("button", name="Delete my account").click()
    expect(visitor.heading).to_have_text("Your account will be deleted")


def test_a_person_asks_for_it_and_keeps_the_account(alice: User, visitor: Visitor) -> None:
    """With a second factor, which is asked for as ever."""
    add_app(alice)
    consent_to(alice, make_application("Pickup"))
    page = visitor.sign_in()
    visitor.grow_stale()
    visitor.go_to("Personal info")
    visitor.section("Delete account").get_by_role("link", name="Delete account").click()
    visitor.confirm_access()
    ask_for_it(visitor)
    page.go_back()
    expect(visitor.heading).not_to_have_text("Delete your account")  # nothing private is kept (security 16)
    visitor.give_password(at="/myaccount/security/")
    visitor.give_code()
    expect(visitor.heading).to_have_text("Keep your account?")
    expect(page.get_by_text("“alice” will be deleted on")).to_be_visible()
    page.get_by_role("button", name="Keep my account").click()
    expect(visitor.heading).to_have_text("Security")
    visitor.expect_message("Your account stays. Nothing of it was deleted.")
    assert not AccountDeletion.objects.exists()
    visitor.go_to("Personal info")
    expect(page.get_by_text("Liddell").first).to_be_visible()


def test_a_person_asks_for_it_and_is_gone_after_two_weeks(
    alice: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    """The clock is moved; the mails say what happens, and the name is free for somebody else."""
    consent_to(alice, make_application("Pickup"))
    visitor.sign_in()
    ask_for_it(visitor)
    page = visitor.give_password()
    expect(visitor.heading).to_have_text("Keep your account?")
    page.get_by_role("button", name="Delete it as planned, and sign out").click()
    expect(visitor.heading).to_have_text("Your account will be deleted")
    work_once()
    assert User.objects.filter(pk=alice.pk).exists()
    mail = Message.objects.get(topic="deletion_requested")
    assert re.search(r"Your account will be deleted on \d+ \w+ \d{4}", mail.subject)
    assert not LoginSession.objects.filter(ended_at=None).exists()
    with time_machine.travel(timezone.now() + timedelta(days=14, minutes=1), tick=True):
        work_once()
        assert not User.objects.filter(username="alice").exists()
        assert ConsentReceipt.objects.filter(user_uuid=alice.uuid, is_revocation=True).exists()
        late = new_visitor()
        late.give_password()
        late.expect_refusal("That did not work.")


def test_without_script_it_goes_the_same_way(alice: User, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(java_script_enabled=False)
    consent_to(alice, make_application("Pickup"))
    visitor.sign_in()
    ask_for_it(visitor)
    visitor.give_password(at=PERSONAL_INFO)
    visitor.page.get_by_role("button", name="Keep my account").click()
    visitor.expect_message("Your account stays.")
