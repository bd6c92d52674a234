"""One person with two accounts decides as one person."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from approvals.requests import decisions
from approvals.requests.asked import asked_of
from approvals.requests.models import ApprovalRequest
from approvals.requests.selectors import candidates_of, ready
from approvals.requests.submissions import describe, fingerprint
from approvals.tasks import release_abandoned
from approvals.workflows.selectors import problems
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from tests.approvals.support import ask, department_of, make_workflow, task_of
from tests.linked_accounts.support import link
from tests.support.people import make_person
from tests.test_budgets import queries_of

APPROVALS = "/myaccount/approvals/"


def sees(user: User) -> list[int]:
    return list(ready(user, asked_of(user)).values_list("request", flat=True))


def numbers(browser: Client, query: str = "") -> list[int]:
    return [row.number for row in browser.get(f"{APPROVALS}{query}").context["rows"]]


def approve(request: ApprovalRequest, by: User) -> None:
    seen = fingerprint(describe(request))
    decisions.approve(task_pk=task_of(request).pk, by=by, seen=seen, origin=SYSTEM, now=timezone.now())


@pytest.mark.parametrize("is_first", [True, False])
def test_nobody_decides_about_their_own_request_with_another_account(
    alice: User, bob: User, bobs: Client, carol: User, is_first: bool
) -> None:
    """Security 86: whichever of the two accounts is the older one."""
    requester = alice if is_first else make_person("zoe")
    make_workflow([bob, carol])
    task = task_of(ask(requester))
    assert numbers(bobs) == [task.pk]
    link(bob, requester)
    assert numbers(bobs) == numbers(bobs, "?state=all") == []
    assert '<span class="count num">' not in bobs.get(APPROVALS).content.decode()
    assert bobs.get(f"{APPROVALS}{task.pk}/").status_code == 404
    with pytest.raises(decisions.NotACandidate):
        approve(task.request, bob)
    assert sees(bob) == []
    assert sees(carol) == [task.request_id]
    approve(task.request, carol)
    assert department_of(requester) == "Tea"


def test_nobody_decides_about_another_account_of_theirs(alice: User, bob: User, bobs: Client, carol: User) -> None:
    """Security 86."""
    make_workflow([bob, carol])
    task = task_of(ask(alice, subject=make_person("dora")))
    assert numbers(bobs) == [task.pk]
    link(User.objects.get(username="dora"), bob)
    assert numbers(bobs) == []
    assert bobs.get(f"{APPROVALS}{task.pk}/").status_code == 404
    with pytest.raises(decisions.NotACandidate):
        approve(task.request, bob)
    assert list(candidates_of(task.step, request=task.request)) == [carol]


def test_one_person_fills_one_task_of_a_step(alice: User, bob: User, bobs: Client, carol: User) -> None:
    """Security 86: two have to agree, and two accounts of one person are one."""
    link(bob, carol)
    erin = make_person("erin")
    make_workflow([bob, carol, erin], needed=2)
    request = ask(alice)
    approve(request, carol)
    second = task_of(request)
    assert (sees(bob), sees(erin)) == ([], [request.pk])
    page = bobs.get(f"{APPROVALS}{second.pk}/")
    assert "You have a task of this step already" in page.content.decode()
    assert not page.context["task"].can_decide
    with pytest.raises(decisions.CannotDecide, match="You have a task of this step already"):
        approve(request, bob)
    approve(request, erin)
    assert department_of(alice) == "Tea"


def test_what_one_account_has_claimed_the_other_does_not_take_another_of(alice: User, bob: User, carol: User) -> None:
    link(bob, carol)
    make_workflow([bob, carol, make_person("erin")], needed=2)
    request = ask(alice)
    decisions.claim(task_pk=task_of(request).pk, by=bob, origin=SYSTEM, now=timezone.now())
    assert sees(carol) == []
    with pytest.raises(decisions.CannotDecide):
        decisions.claim(task_pk=task_of(request).pk, by=carol, origin=SYSTEM, now=timezone.now())


def test_a_step_that_two_accounts_of_one_person_cannot_fill_asks_others_at_once(
    alice: User, bob: User, carol: User, managers: Group
) -> None:
    link(bob, carol)
    dora = make_person("dora")
    make_workflow([managers], needed=2, escalate_to=[dora])
    request = ask(alice)
    assert sees(dora) == [request.pk]


def test_a_workflow_is_warned_about_whose_approvers_are_two_accounts_of_one_person(bob: User, carol: User) -> None:
    workflow = make_workflow([bob, carol], needed=2)
    assert problems(workflow) == []
    link(bob, carol)
    assert problems(workflow) == ["At step 1 only 1 person can be asked now, and 2 must agree."]


def test_what_was_claimed_comes_back_once_the_accounts_are_linked(alice: User, bob: User, carol: User) -> None:
    make_workflow([bob, carol])
    request = ask(alice)
    decisions.claim(task_pk=task_of(request).pk, by=bob, origin=SYSTEM, now=timezone.now())
    link(alice, bob)
    release_abandoned(timezone.now())
    assert (sees(bob), sees(carol)) == ([], [request.pk])


def test_links_are_not_followed_further_and_cost_no_query(alice: User, bob: User, bobs: Client, carol: User) -> None:
    make_workflow([bob])
    request = ask(alice)
    address = f"{APPROVALS}{task_of(request).pk}/"
    before = [queries_of(bobs, path) for path in (APPROVALS, address)]
    link(alice, carol)
    link(bob, carol)
    assert [queries_of(bobs, path) for path in (APPROVALS, address)] == before
    assert numbers(bobs) == [task_of(request).pk]
