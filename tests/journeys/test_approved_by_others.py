"""Operations from the first click to the last: people ask, others agree, and it is done (both manuals, approvals)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from approvals.requests.models import ApprovalRequest, RequestState
from consent.receipts.models import ConsentReceipt
from myaccount.deletion.models import AccountDeletion
from myaccount.deletion.services import erase_due
from myaccount.operations.kinds import OperationKind
from myaccount.outbox.models import Message
from myaccount.users.models import User
from tests.approvals.support import make_workflow
from tests.journeys.conftest import NewVisitor
from tests.journeys.test_registration import enter, register
from tests.journeys.visitor import Visitor
from tests.registration.support import ADDRESS, allow, code_of, newest

APPROVALS = "/myaccount/approvals/"
DELETE = "/myaccount/personal-info/delete-account/"


def open_task(visitor: Visitor, title: str) -> None:
    """The second manual: select the request, and click on it for its details."""
    visitor.open(APPROVALS)
    visitor.page.get_by_role("link", name=title).first.click()
    expect(visitor.heading).to_have_text(title)


def act(visitor: Visitor, verb: str) -> None:
    """Click the button of a state, and confirm."""
    visitor.page.get_by_role("link", name=verb, exact=True).click()
    visitor.page.get_by_role("dialog").get_by_role("button", name=f"Yes, {verb.lower()}").click()


@pytest.fixture
def approver(bob: User, new_visitor: NewVisitor) -> Visitor:
    visitor = new_visitor()
    visitor.sign_in("bob")
    return visitor


def test_who_registers_is_claimed_approved_and_signs_in(bob: User, approver: Visitor, visitor: Visitor) -> None:
    """With the first receipt of the system consent, and nothing made before the last word."""
    make_workflow([bob], kind=OperationKind.SELF_REGISTER_USER)
    allow()
    register(visitor)
    enter(visitor, code_of(newest()))
    expect(visitor.heading).to_have_text("Waiting for approval")
    assert not User.objects.filter(username="dora").exists()
    open_task(approver, "Self-register user “dora”")
    expect(approver.page.get_by_role("main")).to_contain_text(ADDRESS)
    act(approver, "Claim")
    approver.open(APPROVALS)
    approver.page.get_by_role("link", name="Reserved").click()
    approver.page.get_by_role("link", name="Self-register user “dora”").first.click()
    act(approver, "Approve")
    approver.open(APPROVALS)
    approver.page.get_by_role("link", name="Completed").click()
    expect(approver.page.get_by_role("main")).to_contain_text("dora")
    assert ApprovalRequest.objects.get().state == RequestState.APPROVED
    assert ConsentReceipt.objects.count() == 1
    visitor.sign_in("dora")


def test_who_is_rejected_hears_the_reason(bob: User, approver: Visitor, visitor: Visitor) -> None:
    make_workflow([bob], kind=OperationKind.SELF_REGISTER_USER)
    allow()
    register(visitor)
    enter(visitor, code_of(newest()))
    expect(visitor.heading).to_have_text("Waiting for approval")
    open_task(approver, "Self-register user “dora”")
    approver.page.get_by_role("link", name="Reject", exact=True).click()
    dialog = approver.page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("We do not know you.")
    dialog.get_by_role("button", name="Yes, reject").click()
    expect(approver.page.get_by_role("main")).to_contain_text("You have rejected")
    assert "We do not know you." in newest("registration_refused").text
    assert not User.objects.filter(username="dora").exists()
    visitor.give_password("dora")
    visitor.expect_refusal("That did not work.")


def test_a_deletion_waits_for_others_first_and_then_for_its_days(
    alice: User, bob: User, approver: Visitor, visitor: Visitor
) -> None:
    """Approval begins the cooling-off; then the account goes, and what is kept of the request names nobody."""
    make_workflow([bob], kind=OperationKind.DELETE_USER)
    visitor.sign_in()
    visitor.open(DELETE)
    visitor.page.get_by_role("checkbox", name="I have read what goes and what stays.").check()
    visitor.page.get_by_role("main").get_by_role("button").last.click()
    expect(visitor.page.get_by_role("main")).to_contain_text("waits for approval")
    assert not AccountDeletion.objects.exists()
    open_task(approver, "Delete user “alice”")
    act(approver, "Approve")
    expect(approver.page.get_by_role("main")).to_contain_text("You have approved")
    assert AccountDeletion.objects.get().user == alice
    assert Message.objects.filter(user=alice, topic="request_outcome").exists()
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=True):
        erase_due(now=timezone.now())
    assert not User.objects.filter(username="alice").exists()
    request = ApprovalRequest.objects.get()
    assert "alice" not in f"{request.subject_name} {request.requester_name} {request.search} {request.payload}".lower()
