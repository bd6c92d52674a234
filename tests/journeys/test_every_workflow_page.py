"""Every page of workflows, and of changes that wait, in every state: nothing for axe to report, nothing too wide."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from approvals.workflows.models import Workflow
from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from profile.services import fingerprint
from tests.approvals.workflows.support import ADD, DRY_RUN, LIST, form_of, make_workflow
from tests.journeys.test_every_factor_page import OF_ADMIN
from tests.journeys.test_every_page import State, check
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.support.approving import held
from tests.support.browsing import new_browser, sign_in
from tests.support.lives import make_settled_person
from tests.support.people import make_person

pytestmark = pytest.mark.looks

STATES: dict[str, State] = {}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


def with_workflows(visitor: Visitor) -> Workflow:
    """An administrator, groups with people, and workflows short and long."""
    make_person("ada", is_staff=True, is_superuser=True)
    bob, carol = make_person("bob", display_name="Bob Archer"), make_person("carol")
    managers = Group.objects.create(name="Managers of the faculty of human resources")
    board = Group.objects.create(name="Board")
    for number in range(24):
        make_person(f"manager{number:02}").groups.add(managers)
    make_workflow("Accounts", OperationKind.ADD_USER, OperationKind.DELETE_USER, steps=({"users": [bob]},))
    make_workflow("Draft", OperationKind.CHANGE_ROLES, is_active=False, steps=())
    country = Claim.objects.get(name="country")
    workflow = make_workflow(
        "Two pairs of eyes",
        OperationKind.UPDATE_CLAIMS,
        OperationKind.CHANGE_ROLES,
        description="What payroll relies on.",
        condition_claim=country,
        condition_comparison="is",
        condition_value="GB",
        steps=(
            {"users": [bob, carol], "groups": [managers], "needed": 2},
            {"groups": [board], "escalate_after_hours": 24, "escalate_to_users": [bob]},
        ),
    )
    workflow.claims.set(Claim.objects.filter(name__in=["given_name", "family_name", "email"]))
    visitor.already_signed_in("ada")
    return workflow


@state
def workflows(visitor: Visitor) -> None:
    with_workflows(visitor)
    visitor.open(LIST)


@state
def new_workflow(visitor: Visitor) -> None:
    with_workflows(visitor)
    visitor.open(ADD)


@state
def workflow_refused(visitor: Visitor) -> None:
    with_workflows(visitor)
    page = visitor.open(ADD)
    page.locator("#id_steps-0-people").fill("somebody")
    page.locator("#id_condition_value").fill("GB")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errornote")).to_be_visible()


@state
def workflow_with_a_step_nobody_can_agree_to(visitor: Visitor) -> None:
    workflow = with_workflows(visitor)
    page = visitor.open(form_of(workflow))
    page.get_by_label("Description").fill("Changed")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist .warning")).to_be_visible()


@state
def dry_run_page(visitor: Visitor) -> None:
    with_workflows(visitor)
    visitor.open(DRY_RUN)


@state
def dry_run_result(visitor: Visitor) -> None:
    with_workflows(visitor)
    make_settled_person()
    visitor.open(f"{DRY_RUN}?operation=change-roles&person=alice&requester=bob")
    expect(visitor.page.get_by_role("heading", name="What would happen")).to_be_visible()


@state
def workflow_deletion(visitor: Visitor) -> None:
    workflow = with_workflows(visitor)
    visitor.open(form_of(workflow).replace("change", "delete"))


@state
def waiting_attributes(visitor: Visitor) -> None:
    make_settled_person()
    client = sign_in(new_browser())
    for name, value, was in (
        ("family_name", "Hargreaves-Liddell of Christ Church, Oxford", "Liddell"),
        ("address", "2 Low Street\nOxford", "1 High Street\nOxford OX1 4DB"),
        ("department", "", "Tea"),
    ):
        client.post(f"{PERSONAL_INFO}profile/{name}/", {"value": value, "opened_with": fingerprint(was)})
    visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)
    expect(visitor.page.get_by_text("Waiting for approval")).to_have_count(3)


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    with held(OperationKind.UPDATE_CLAIMS):
        STATES[name](visitor)
        check(visitor, name, OF_ADMIN if "/admin/" in visitor.page.url else None)
