"""Manual, “Review pending approvals”, and of the dashboard, “Dealing with pending approvals”."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from approvals.requests.models import ApprovalRequest, ApprovalTask, RequestState
from myaccount.outbox.models import Message
from myaccount.users.models import User
from tests.approvals.support import ask, department_of, make_workflow
from tests.journeys.conftest import NewVisitor
from tests.journeys.test_keyboard import tab_to
from tests.journeys.visitor import Visitor
from tests.support.people import make_person
from tests.support.worker import work_once

pytestmark = pytest.mark.journey

TITLE = "Update claims “alice”"
APPROVALS = re.compile("^Approvals")


@pytest.fixture
def people(live_server: LiveServer) -> tuple[User, User, User]:
    """Alice asks; Bob decides first, then one of the managers, Bob and Carol."""
    alice, bob, carol = make_person(display_name="Alice Liddell"), make_person("bob"), make_person("carol")
    managers = Group.objects.create(name="Managers")
    managers.user_set.add(bob, carol)
    make_workflow([bob], [managers])
    return alice, bob, carol


def open_approvals(visitor: Visitor) -> None:
    visitor.page.get_by_role("navigation", name="Account").get_by_role("link", name=APPROVALS).click()
    expect(visitor.heading).to_have_text("Pending approvals")


def choose(visitor: Visitor, tab: str) -> None:
    tabs = visitor.page.get_by_role("navigation", name="Approvals")
    tabs.get_by_role("link", name=re.compile(f"^{tab}")).click()
    expect(tabs.locator("[aria-current=page]")).to_contain_text(tab)


def act(visitor: Visitor, name: str, confirmation: str) -> None:
    visitor.page.get_by_role("link", name=name, exact=True).click()
    visitor.page.get_by_role("button", name=confirmation).click()


def test_an_approver_claims_and_approves_and_the_system_carries_it_out(
    people: tuple[User, User, User], new_visitor: NewVisitor
) -> None:
    """Ready, Reserved, Completed; a second step; the mail's link; the requester's page."""
    alice, bob, carol = people
    request = ask(alice)
    work_once()
    assert Message.objects.get(topic="approval_waiting").user == bob
    bobs = new_visitor()
    bobs.sign_in("bob")
    expect(bobs.page.get_by_role("navigation", name="Account")).to_contain_text("1 waiting for you")
    bobs.open("/myaccount/")
    bobs.page.get_by_role("link", name=re.compile("View details ?: Pending approvals")).click()
    expect(bobs.heading).to_have_text("Pending approvals")
    expect(bobs.page.get_by_text(f"Task Id {request.tasks.get().pk}")).to_be_visible()
    bobs.page.get_by_role("link", name=TITLE, exact=True).click()
    expect(bobs.page.get_by_text("Task Id", exact=True)).to_be_visible()
    expect(bobs.page.get_by_text("formerly “Start”")).to_be_visible()
    act(bobs, "Claim", "Yes, claim")
    bobs.expect_message("You have claimed the task: nobody else")
    open_approvals(bobs)
    expect(bobs.page.get_by_text("Nothing waits for you")).to_be_visible()
    choose(bobs, "Reserved")
    bobs.page.get_by_role("link", name=TITLE, exact=True).click()
    act(bobs, "Approve", "Yes, approve")
    bobs.expect_message("You have approved")
    choose(bobs, "Completed")
    expect(bobs.page.get_by_role("link", name=TITLE, exact=True)).to_be_visible()
    assert department_of(alice) == ""

    work_once()
    link = re.search(r"http\S+/approvals/\d+/", Message.objects.get(topic="approval_waiting", user=carol).text)
    assert link is not None
    carols = new_visitor()
    carols.already_signed_in("carol")
    carols.open(link[0].removeprefix(carols.base_url))
    expect(carols.page.get_by_text("Approved by bob")).to_be_visible()
    act(carols, "Approve", "Yes, approve")
    carols.expect_message("You have approved")
    assert department_of(alice) == "Tea"

    alices = new_visitor()
    alices.already_signed_in("alice")
    alices.open("/myaccount/approvals/requests/")
    alices.page.get_by_role("link", name=TITLE, exact=True).click()
    expect(alices.page.get_by_text("Step 2 of 2")).to_be_visible()
    assert Message.objects.get(topic="request_outcome").subject == f"Approved: {TITLE}"
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED


def test_a_rejection_is_confirmed_with_proof_and_reason_and_the_reason_is_kept_meanwhile(
    people: tuple[User, User, User], visitor: Visitor
) -> None:
    alice, _bob, _carol = people
    task = ask(alice).tasks.get()
    visitor.already_signed_in("bob")
    visitor.open(f"/myaccount/approvals/{task.pk}/reject/")
    visitor.page.get_by_role("button", name="Yes, reject").click()
    expect(visitor.page.locator("[data-error-summary]")).to_contain_text("Say why")
    visitor.field("Reason").fill("There is no money left.")
    visitor.grow_stale()
    visitor.page.get_by_role("button", name="Yes, reject").click()
    visitor.confirm_access()
    visitor.page.get_by_role("button", name="Go on").click()
    visitor.expect_message("You have rejected")
    assert ApprovalRequest.objects.get().reason == "There is no money left."


def test_a_request_is_withdrawn_without_script(people: tuple[User, User, User], new_visitor: NewVisitor) -> None:
    alice, _bob, _carol = people
    ask(alice)
    visitor = new_visitor(java_script_enabled=False)
    visitor.already_signed_in("alice")
    visitor.open("/myaccount/approvals/")
    choose(visitor, "My requests")
    visitor.page.get_by_role("link", name=TITLE, exact=True).click()
    act(visitor, "Withdraw", "Yes, withdraw")
    visitor.expect_message("Your request was withdrawn.")
    expect(visitor.page.get_by_text("Withdrawn", exact=True)).to_be_visible()


def test_a_task_is_decided_without_script_and_by_keyboard_alone(
    people: tuple[User, User, User], new_visitor: NewVisitor
) -> None:
    alice, _bob, _carol = people
    ask(alice)
    plain = new_visitor(java_script_enabled=False)
    plain.already_signed_in("bob")
    plain.open("/myaccount/approvals/")
    plain.page.get_by_role("link", name=TITLE, exact=True).click()
    act(plain, "Claim", "Yes, claim")
    act(plain, "Release", "Yes, release")
    plain.expect_message("You have released the task.")
    visitor = new_visitor()
    visitor.already_signed_in("bob")
    page = visitor.open(f"/myaccount/approvals/{ApprovalTask.objects.get().pk}/")
    tab_to(page, "Approve", at_most=30)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Yes, approve")).to_be_focused()
    page.keyboard.press("Enter")
    visitor.expect_message("You have approved")
