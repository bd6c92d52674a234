"""Workflows in Django admin: made, changed, drawn, deleted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client

from approvals.workflows.forms import WorkflowForm
from approvals.workflows.models import Workflow
from approvals.workflows.selectors import steps_of, workflow_holding
from approvals.workflows.services import StepPlan
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from tests.approvals.workflows.support import ADD, LIST, errors_of, filled_in, form_of, make_workflow, step, typed
from tests.support.people import make_person


@pytest.fixture
def managers(bob: User) -> Group:
    """A group with bob in it."""
    group = Group.objects.create(name="Managers")
    bob.groups.add(group)
    return group


def in_words(page: str) -> list[str]:
    """The drawing as text, a box an entry."""
    drawing = re.search(r'<ol class="flow[^>]*>(.*?)</ol>', page, re.S)
    assert drawing
    boxes = re.findall(r"<li[^>]*>(.*?)</li>", drawing[1], re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", box).split()) for box in boxes]


def last_event() -> Event:
    return Event.objects.filter(kind=EventKind.WORKFLOW_CHANGED).latest("id")


# Making one


def test_a_workflow_of_two_steps_is_made_with_all_it_says(
    alice: User, ada: User, adas: Client, managers: Group
) -> None:
    """Security 88: the change is in the record, with who made it."""
    data = typed(
        step("Alice@example.org", "bob", needed=2),
        step(groups=(managers,), escalate_after_hours=24, escalation_people="alice"),
        operations=["delete-user", "update-claims"],
        claims=[Claim.objects.get(name="country").pk, Claim.objects.get(name="email").pk],
        condition_claim=Claim.objects.get(name="organization").pk,
        condition_comparison="is",
        condition_value="Wonderland",
        description="Two people look at it.",
    )
    response = adas.post(ADD, data, follow=True)
    assert response.status_code == 200
    workflow = Workflow.objects.get()
    first, second = steps_of(workflow)
    assert (first.order, first.needed, {*first.users.all()}) == (1, 2, {alice, *managers.user_set.all()})
    assert (second.order, [*second.groups.all()], second.escalate_after_hours) == (2, [managers], 24)
    assert [*second.escalate_to_users.all()] == [alice]
    assert (last_event().data, last_event().by_uuid) == ({"workflow": "Four eyes", "changed": ["added"]}, ada.uuid)
    assert LogEntry.objects.get().object_id == str(workflow.pk)
    page = adas.get(f"/admin/approvals/workflow/{workflow.pk}/change/").content.decode()
    assert in_words(page) == [
        "Somebody asks Delete user Update claims: Country, Email",
        "Only if Organization is “Wonderland” Otherwise it is done at once.",
        "Step 1 2 of: alice, bob",
        "Step 2 1 of: group “Managers” After 24 hours, also: alice",
        "It is carried out One “no” at any step ends it instead.",
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"operations": None}, "Choose at least one operation."),
        ({"name": "Four\u202eeyes"}, "invisible"),
        ({"claims": ["country"]}, "Attributes are for “Update claims”"),
        ({"condition_value": "DE"}, "Choose an attribute, or leave the whole condition empty."),
        ({"condition_claim": "country"}, "Choose how the attribute is compared."),
        ({"condition_claim": "country", "condition_comparison": "is"}, "Give the value"),
        ({"condition_claim": "country", "condition_comparison": "is-empty", "condition_value": "x"}, "leave it empty"),
        ({"condition_claim": "country", "condition_comparison": "like", "condition_value": "x"}, "not one of"),
    ],
)
def test_a_workflow_that_means_nothing_is_refused(
    bob: User, adas: Client, changes: dict[str, Any], reason: str
) -> None:
    numbers = {claim.name: claim.pk for claim in Claim.objects.all()}
    found = {
        key: [numbers[name] for name in value] if key == "claims" else numbers.get(value, value)
        for key, value in changes.items()
        if value is not None
    }
    data = {**typed(step("bob")), **found}
    if "operations" in changes:
        del data["operations"]
    assert reason in errors_of(adas.post(ADD, data))
    assert not Workflow.objects.exists()


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (step(needed=1, position=1), "Name who is asked, people or groups."),
        (step("nobody"), "Nobody signs in with this: nobody"),
        (step("bob\x00"), "Null characters"),
        (step("bob", "BOB@example.org", needed=2), "Only 1 person can be asked"),
        (step("gone", needed=1), "Only 0 people can be asked"),
        (step("bob", needed=0), "greater than or equal to 1"),
        (step("bob", needed=21), "Only 1 person can be asked"),
        (step("bob", escalate_after_hours=3), "Name whom to ask then"),
        (step("bob", escalation_people="gone"), "Say after how many hours"),
        (step("bob", escalate_after_hours=-1), "greater than or equal to"),
        (step("bob", escalate_after_hours="x" * 5000), "whole number"),
        (step(*(f"p{number}" for number in range(51))), "Name at most 50 people"),
        (step("bob", groups=(Group(pk=99999),)), "99999"),
    ],
)
def test_a_step_that_nobody_could_agree_to_is_refused(
    bob: User, adas: Client, one: dict[str, Any], reason: str
) -> None:
    """Security 22, 27."""
    make_person("gone", is_active=False)
    assert reason in errors_of(adas.post(ADD, typed(one)))
    assert not Workflow.objects.exists()


def test_an_active_workflow_needs_a_step_and_a_draft_does_not(adas: Client) -> None:
    assert "needs at least one step" in errors_of(adas.post(ADD, typed()))
    assert adas.post(ADD, typed(is_active=None)).status_code == 302
    assert not Workflow.objects.get().is_active


def test_more_than_a_group_has_now_is_taken_with_a_warning(adas: Client, managers: Group) -> None:
    page = adas.post(ADD, typed(step(groups=(managers,), needed=2)), follow=True).content.decode()
    assert "At step 1 only 1 person can be asked now, and 2 must agree." in page


def test_attributes_no_workflow_holds_cannot_be_chosen(bob: User, adas: Client) -> None:
    """Security 22."""
    data = typed(
        step("bob"), operations=["update-claims"], claims=[Claim.objects.get(name="username").pk], version=7, pk=5
    )
    assert "not one of the available choices" in errors_of(adas.post(ADD, data))


# Changing one


def test_steps_are_put_in_order_and_numbered_anew(alice: User, bob: User, adas: Client) -> None:
    workflow = make_workflow(steps=({"users": [alice]}, {"users": [bob]}))
    data = filled_in(adas, workflow, **{"steps-0-position": 5, "steps-1-position": 3})
    page = adas.post(form_of(workflow), data, follow=True)
    assert page.status_code == 200
    assert [(row.order, [*row.users.all()]) for row in steps_of(workflow)] == [(1, [bob]), (2, [alice])]
    assert last_event().data["changed"] == ["steps"]
    assert LogEntry.objects.get().get_change_message() == "Changed steps."


def test_a_step_is_taken_away_and_another_added(alice: User, bob: User, adas: Client) -> None:
    workflow = make_workflow(steps=({"users": [alice]}, {"users": [bob]}))
    changes = {"steps-0-DELETE": "on", "steps-2-people": "alice\nbob", "steps-2-needed": 2}
    assert adas.post(form_of(workflow), filled_in(adas, workflow, **changes)).status_code == 302
    assert [(row.order, row.needed) for row in steps_of(workflow)] == [(1, 1), (2, 2)]


def test_the_last_step_of_an_active_workflow_stays(alice: User, adas: Client) -> None:
    workflow = make_workflow(steps=({"users": [alice]},))
    data = filled_in(adas, workflow, **{"steps-0-DELETE": "on"})
    assert "needs at least one step" in errors_of(adas.post(form_of(workflow), data))


def test_saving_without_changes_writes_nothing(alice: User, adas: Client) -> None:
    workflow = make_workflow(
        steps=({"users": [alice], "escalate_after_hours": 2, "escalate_to_users": [alice], "needed": 1},)
    )
    before = [row.pk for row in steps_of(workflow)]
    assert adas.post(form_of(workflow), filled_in(adas, workflow)).status_code == 302
    assert [row.pk for row in steps_of(workflow)] == before
    assert not Event.objects.filter(kind=EventKind.WORKFLOW_CHANGED).exists()


def test_of_two_administrators_who_save_at_once_the_second_is_told(bob: User, adas: Client) -> None:
    """Security 28."""
    workflow = make_workflow(steps=({"users": [bob]},))
    stale = filled_in(adas, workflow, description="Mine")
    adas.post(form_of(workflow), filled_in(adas, workflow, description="Theirs"))
    page = adas.post(form_of(workflow), stale, follow=True).content.decode()
    assert "Somebody else changed this workflow meanwhile. Nothing was saved" in page
    workflow.refresh_from_db()
    assert workflow.description == "Theirs"


def test_the_form_says_what_becomes_of_what_waits(bob: User, adas: Client) -> None:
    workflow = make_workflow(steps=({"users": [bob]},))
    assert "Requests that wait keep what they were asked." in adas.get(form_of(workflow)).content.decode()
    delete = form_of(workflow).replace("change", "delete")
    assert "Requests that wait keep what they were asked, and go on waiting." in adas.get(delete).content.decode()
    assert adas.post(delete, {"post": "yes"}).status_code == 302
    assert not Workflow.objects.exists()
    assert last_event().data == {"workflow": "Four eyes", "changed": ["deleted"]}


def test_workflows_are_for_those_who_have_the_right(helpdesk: User, helpdesks: Client, bob: User) -> None:
    """Security 22, 88."""
    workflow = make_workflow(steps=({"users": [bob]},))
    for path in (LIST, ADD, form_of(workflow), f"{LIST}dry-run/"):
        assert helpdesks.get(path).status_code == 403, path
    group = helpdesk.groups.get()
    group.permissions.add(Permission.objects.get(codename="view_workflow"))
    page = helpdesks.get(form_of(workflow)).content.decode()
    assert in_words(page)[1] == "Step 1 1 of: bob"
    assert 'name="steps-0-people"' not in page
    assert helpdesks.post(form_of(workflow), typed(step("bob"))).status_code == 403
    assert helpdesks.get(f"{LIST}dry-run/").status_code == 200
    group.permissions.remove(Permission.objects.get(codename="view_user"))
    assert helpdesks.get(f"{LIST}dry-run/").status_code == 403


# The list and the drawing


def test_the_list_takes_as_many_queries_for_many_workflows_as_for_few(
    bob: User, adas: Client, managers: Group, django_assert_max_num_queries: Any
) -> None:
    one = {"users": [bob], "groups": [managers], "escalate_to_users": [bob], "escalate_after_hours": 1}
    make_workflow("W", steps=(one,))
    with django_assert_max_num_queries(16) as few:
        adas.get(LIST)
    for number in range(12):
        make_workflow(f"W{number}", steps=(one, one))
    with django_assert_max_num_queries(len(few)):
        adas.get(LIST)


def test_the_form_takes_as_many_queries_for_many_steps_as_for_few(
    bob: User, adas: Client, managers: Group, django_assert_max_num_queries: Any
) -> None:
    few_steps = make_workflow("Few", steps=({"users": [bob]},))
    many_steps = make_workflow("Many", steps=tuple({"users": [bob], "groups": [managers]} for _ in range(8)))
    with django_assert_max_num_queries(26) as few:
        adas.get(form_of(few_steps))
    with django_assert_max_num_queries(len(few)):
        adas.get(form_of(many_steps))


def test_a_drawing_tells_of_people_who_are_off_and_of_no_steps(bob: User, adas: Client) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    workflow = make_workflow(steps=({"users": [bob]},))
    assert in_words(adas.get(form_of(workflow)).content.decode())[1] == "Step 1 1 of: bob (switched off)"
    draft = make_workflow("Draft", OperationKind.ADD_USER, steps=())
    assert (
        in_words(adas.get(form_of(draft)).content.decode())[1]
        == "It is done at once There is no step: it holds nothing."
    )


def test_hostile_names_are_text(adas: Client) -> None:
    """Security 23."""
    group = Group.objects.create(name="<script>alert(1)</script>")
    workflow = make_workflow("<img src=x>", steps=({"groups": [group]},))
    for path in (LIST, form_of(workflow)):
        page = adas.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_plan_is_compared_by_what_it_says(bob: User) -> None:
    one = StepPlan(frozenset([bob]), frozenset(), 1, None, frozenset(), frozenset())
    assert one == StepPlan(frozenset([User.objects.get()]), frozenset(), 1, None, frozenset(), frozenset())


def test_an_attribute_that_a_workflow_names_is_not_deleted(bob: User, adas: Client) -> None:
    """Without its only attribute the workflow would hold changes of any."""
    badge = Claim.objects.create(name="badge", label="Badge")
    workflow = make_workflow("Badges", OperationKind.UPDATE_CLAIMS, steps=({"users": [bob]},))
    workflow.claims.set([badge])
    path = f"/admin/claims/claim/{badge.pk}/delete/"
    assert "Workflow: Badges" in adas.get(path).content.decode()
    adas.post(path, {"post": "yes"})
    assert list(workflow.claims.all()) == [badge]
    workflow.claims.clear()
    assert adas.post(path, {"post": "yes"}).status_code == 302
    assert not Claim.objects.filter(name="badge").exists()


def test_the_language_is_never_held(bob: User) -> None:
    """The switch at the foot of every page changes it at once."""
    workflow = make_workflow("All", OperationKind.UPDATE_CLAIMS, steps=({"users": [bob]},))
    kind = OperationKind.UPDATE_CLAIMS
    assert workflow_holding(kind, claims={"locale"}, attributes={}) is None
    assert workflow_holding(kind, claims={"department"}, attributes={}) == workflow
    assert workflow_holding(kind, claims={"department", "locale"}, attributes={}) == workflow
    assert "claims" in WorkflowForm({"claims": [Claim.objects.get(name="locale").pk]}).errors
