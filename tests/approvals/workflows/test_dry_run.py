"""Trying a workflow: who would be asked, and nothing happens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from profile.models import Profile
from tests.approvals.workflows.support import DRY_RUN, make_workflow
from tests.linked_accounts.support import link
from tests.support.people import make_person
from tests.web.test_every_address import no_writes


def try_it(client: Client, **values: Any) -> str:
    """The result in words."""
    with no_writes():
        response = client.get(DRY_RUN, values)
    assert response.status_code == 200
    page = response.content.decode()
    result = re.search(r'<section aria-labelledby="result">(.*?)</section>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", result[1] if result else page).split())


def test_what_nothing_holds_would_be_done_at_once(adas: Client, alice: User) -> None:
    make_workflow("Off", is_active=False, steps=({"users": [alice]},))
    make_workflow("Empty", steps=())
    make_workflow("Other", OperationKind.ADD_USER, steps=({"users": [alice]},))
    assert "No workflow holds it: it would be done at once." in try_it(adas, operation="delete-user", person="alice")


def test_who_would_be_asked_is_named_step_by_step(adas: Client, alice: User, bob: User) -> None:
    managers = Group.objects.create(name="Managers")
    for number in range(25):
        make_person(f"m{number:02}").groups.add(managers)
    make_person("off", is_active=False).groups.add(managers)
    make_workflow(
        steps=(
            {"users": [bob], "groups": [managers], "needed": 2},
            {"users": [alice], "escalate_after_hours": 24, "escalate_to_users": [bob, alice]},
        )
    )
    make_person("dora")
    result = try_it(adas, operation="delete-user", person="DORA@example.org", requester="m00")
    assert "The workflow “Four eyes” would hold it." in result
    first, second = result.split("Step 2")
    assert "bob m01 m02" in first
    assert "m00" not in first
    assert "And 5 more, 25 in all." in first
    assert "2 of these people have to agree:" in first
    assert "Who asks and whom it is about are left out, also with another account" in first
    assert "off" not in first
    assert "Alice Liddell (alice)" in second
    assert re.search(r"After 24 hours without an answer, also: bob(?! Alice)", second)
    assert "left out" not in second


COUNTRY = {"operation": "update-claims", "person": "alice"}


def tried(client: Client, **values: Any) -> str:
    return try_it(client, **{**COUNTRY, "claim": Claim.objects.get(name="country").pk, **values})


def test_a_step_at_which_too_few_could_agree_asks_others_at_once(adas: Client, alice: User, bob: User) -> None:
    """Security 86: nobody decides about their own request, nor about themselves. As opening the step has it."""
    workflow = make_workflow("W", OperationKind.UPDATE_CLAIMS, steps=({"users": [alice]},))
    result = tried(adas)
    assert "Nobody can be asked." in result
    assert "administrators with all rights would be asked at once, too" in result
    step = workflow.steps.get()
    step.escalate_after_hours = 4
    step.save()
    step.escalate_to_users.add(bob)
    assert "the others would be asked at once" in tried(adas)
    assert "administrators with all rights would be asked" in tried(adas, requester="bob")
    step.users.set([bob, make_person("carol")])
    assert "Too few" not in tried(adas, requester="bob")


def test_whom_it_is_about_and_their_other_accounts_are_left_out_too(adas: Client, alice: User, bob: User) -> None:
    """Security 86."""
    make_workflow("W", OperationKind.UPDATE_CLAIMS, steps=({"users": [bob]},))
    assert "bob" in (before := tried(adas, requester="ada")).split("Step 1")[1]
    assert "left out" not in before
    about_bob = tried(adas, person="bob", requester="alice")
    assert "Nobody can be asked." in about_bob
    assert "Who asks and whom it is about are left out" in about_bob
    link(alice, bob)
    assert "Nobody can be asked." in tried(adas, requester="ada")


def test_where_not_even_administrators_are_enough_it_waits(adas: Client, alice: User, bob: User) -> None:
    make_workflow("W", OperationKind.UPDATE_CLAIMS, steps=({"users": [bob], "needed": 2},))
    assert "administrators with all rights would be asked at once" in tried(adas)
    link(bob, User.objects.get(username="ada"))
    assert "it would wait until there are more" in tried(adas)


def test_the_first_by_name_that_fits_holds_it(adas: Client, alice: User, bob: User) -> None:
    country = Claim.objects.get(name="country")
    for name, comparison, value in (
        ("A", "is", "fr"), ("B", "is-not", "GB"), ("C", "is-empty", ""), ("D", "contains", "g"),
    ):  # fmt: skip
        make_workflow(
            name, steps=({"users": [bob]},), condition_claim=country, condition_comparison=comparison,
            condition_value=value,
        )  # fmt: skip
    Profile.objects.filter(user=alice).update(values={"country": "GB"})
    assert "“D” would" in try_it(adas, operation="delete-user", person="alice")
    assert "“A” would" in try_it(adas, operation="delete-user", person="alice", value_country=" FR ")
    assert "“B” would" in try_it(adas, operation="delete-user")
    page = adas.get(DRY_RUN).content.decode()
    assert page.count('name="value_') == 1


def test_only_the_attributes_a_workflow_names_are_held(adas: Client, alice: User, bob: User) -> None:
    workflow = make_workflow("W", OperationKind.UPDATE_CLAIMS, steps=({"users": [bob]},))
    workflow.claims.set(Claim.objects.filter(name="country"))
    numbers = {claim.name: claim.pk for claim in Claim.objects.all()}
    tried = {"operation": "update-claims", "person": "alice"}
    assert "would hold it" in try_it(adas, **tried, claim=numbers["country"])
    assert "done at once" in try_it(adas, **tried, claim=numbers["given_name"])


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"operation": "fly"}, "fly is not one of the available choices"),
        ({"operation": "update-claims"}, "Choose the attribute that would change."),
        ({"operation": "delete-user", "person": "nobody"}, "Nobody signs in with this: nobody"),
        ({"operation": "delete-user", "requester": "x" * 300}, "at most 254"),
        ({"operation": "delete-user", "person": "\u202e"}, "Nobody signs in with this"),
        ({"claim": "99999"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_tried_is_said(adas: Client, values: dict[str, str], reason: str) -> None:
    """Security 27."""
    assert reason in try_it(adas, **values)
