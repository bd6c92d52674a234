"""An administrator makes a workflow and tries it; a person's change waits until people agree."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from approvals.workflows.models import Workflow
from approvals.workflows.selectors import steps_of
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from tests.approvals.workflows.support import LIST
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.support.approving import held
from tests.support.people import make_person


@pytest.fixture
def ada(alice: User) -> User:
    return make_person("ada", is_staff=True, is_superuser=True)


def test_a_workflow_of_two_steps_is_made_drawn_and_tried(ada: User, bob: User, visitor: Visitor) -> None:
    managers = Group.objects.create(name="Managers")
    make_person("mary").groups.add(managers)
    page = visitor.already_signed_in("ada")
    visitor.open(LIST)
    page.get_by_role("link", name="Add workflow").click()
    page.get_by_label("Name:", exact=True).fill("Leavers")
    page.get_by_role("checkbox", name="Delete user").check()
    page.locator("#id_steps-0-people").fill("bob")
    page.get_by_role("button", name="Add another Step").click()
    page.locator("#id_steps-1-groups").get_by_role("checkbox", name="Managers").check()
    page.get_by_role("button", name="Save and continue editing").click()
    boxes = page.locator(".flow > li")
    expect(boxes).to_have_count(4)
    expect(boxes.nth(1)).to_contain_text("1 of: bob")
    expect(boxes.nth(2)).to_contain_text("1 of: group “Managers”")
    assert [step.order for step in steps_of(Workflow.objects.get())] == [1, 2]
    page.get_by_role("link", name="Dry run").click()
    page.get_by_label("Operation").select_option("Delete user")
    page.get_by_label("Whom it is about").fill("alice")
    page.get_by_label("Who asks").fill("bob")
    page.get_by_role("button", name="Try it").click()
    result = page.get_by_role("region", name="What would happen")
    expect(result).to_contain_text("The workflow “Leavers” would hold it.")
    first, second = result.locator(".flow > li").all()[:2]
    expect(first).to_contain_text("administrators with all rights would be asked at once, too")
    expect(second).to_contain_text("mary")


def test_a_persons_change_waits_until_people_agree(alice: User, visitor: Visitor) -> None:
    with held(OperationKind.UPDATE_CLAIMS, claims=["family_name"]) as desk:
        page = visitor.already_signed_in()
        visitor.open(PERSONAL_INFO)
        page.get_by_role("link", name="Edit Last Name").click()
        visitor.field("Last Name").fill("Hargreaves")
        page.get_by_role("button", name="Save").click()
        visitor.expect_message("Your change waits for approval.")
        row = page.locator("#family_name")
        expect(row).to_contain_text("Liddell")
        expect(row).to_contain_text("Waiting for approval Hargreaves")
        desk.agree()
        visitor.open(PERSONAL_INFO)
        expect(row).to_contain_text("Hargreaves")
        expect(row).not_to_contain_text("Waiting for approval")
