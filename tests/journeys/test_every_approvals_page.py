"""Every page of approvals in every state: nothing for axe to report, nothing wider than the window."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from approvals.requests import decisions, services
from approvals.requests.models import ApprovalRequest, ApprovalTask, Priority, RequestState
from approvals.requests.submissions import describe, fingerprint
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from profile.models import Profile
from tests.approvals.support import ask, make_workflow, task_of
from tests.journeys.test_every_factor_page import OF_ADMIN
from tests.journeys.test_every_page import State, check
from tests.journeys.visitor import Visitor
from tests.support.lives import make_settled_person
from tests.support.people import make_person

pytestmark = pytest.mark.looks

APPROVALS = "/myaccount/approvals/"
LONG = "Institute for the study of very long department names, of marmalade and of croquet with flamingos"
STATES: dict[str, State] = {}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


def team() -> tuple[User, User, User]:
    """Alice asks, Bob and Carol decide, one after the other."""
    alice, bob, carol = make_settled_person("alice"), make_person("bob"), make_person("carol", display_name="Carol Cat")
    managers = Group.objects.create(name="Managers")
    managers.user_set.add(bob, carol)
    make_workflow([managers], [managers])
    return alice, bob, carol


def with_tasks(visitor: Visitor) -> tuple[User, User, User]:
    """Bob, with tasks in every list, of several pages."""
    alice, bob, carol = team()
    now = timezone.now()
    for number in range(13):
        ask(alice, f"{LONG} {number}", now=now - timedelta(hours=13 - number))
    requests = list(ApprovalRequest.objects.order_by("pk"))
    decisions.reject(task_pk=task_of(requests[12]).pk, by=bob, reason="No money", origin=SYSTEM, now=now)
    decisions.claim(task_pk=task_of(requests[11]).pk, by=bob, origin=SYSTEM, now=now)
    decisions.claim(task_pk=task_of(requests[10]).pk, by=carol, origin=SYSTEM, now=now)
    ApprovalRequest.objects.filter(pk=requests[9].pk).update(priority=Priority.HIGH)
    visitor.already_signed_in("bob")
    return alice, bob, carol


def list_of(query: str) -> State:
    def act(visitor: Visitor) -> None:
        with_tasks(visitor)
        visitor.open(f"{APPROVALS}{query}")

    return act


STATES["tasks_ready"] = list_of("")
STATES["tasks_reserved"] = list_of("?state=reserved")
STATES["tasks_completed"] = list_of("?state=completed")
STATES["tasks_all"] = list_of("?state=all")
STATES["tasks_found"] = list_of("?state=all&q=alice&operation=update-claims&since=2020-01-01")
STATES["tasks_not_found"] = list_of("?state=all&q=nobody")
STATES["tasks_badly_asked"] = list_of("?state=all&since=2026-11-28&until=2026-11-27")


@state
def overview_with_tasks(visitor: Visitor) -> None:
    with_tasks(visitor)
    visitor.open("/myaccount/")


def empty(query: str) -> State:
    def act(visitor: Visitor) -> None:
        make_person()
        visitor.already_signed_in()
        visitor.open(f"{APPROVALS}{query}")

    return act


STATES["no_tasks"] = empty("")
STATES["nothing_reserved"] = empty("?state=reserved")
STATES["nothing_completed"] = empty("?state=completed")
STATES["nothing_asked_for"] = empty("requests/")


def one_task(visitor: Visitor) -> ApprovalTask:
    """Bob, before one task."""
    alice, _bob, _carol = team()
    Profile.objects.filter(user=alice).update(values={"department": "Tea"})
    task = task_of(ask(alice, LONG))
    visitor.already_signed_in("bob")
    return task


@state
def task_ready(visitor: Visitor) -> None:
    visitor.open(reverse("approval-task", args=[one_task(visitor).pk]))


@state
def task_changed_meanwhile(visitor: Visitor) -> None:
    task = one_task(visitor)
    Profile.objects.filter(user__username="alice").update(values={"department": "Jam"})
    visitor.open(reverse("approval-task", args=[task.pk]))
    expect(visitor.page.get_by_text("It is Jam now.")).to_be_visible()


@state
def task_impossible(visitor: Visitor) -> None:
    task = one_task(visitor)
    Profile.objects.filter(user__username="alice").delete()
    visitor.open(reverse("approval-task", args=[task.pk]))
    expect(visitor.page.get_by_role("button", name="Approve")).to_be_disabled()


@state
def task_claimed_by_somebody_else(visitor: Visitor) -> None:
    task = one_task(visitor)
    decisions.claim(task_pk=task.pk, by=User.objects.get(username="carol"), origin=SYSTEM, now=timezone.now())
    visitor.open(reverse("approval-task", args=[task.pk]))
    expect(visitor.page.get_by_text("Carol Cat has claimed this task.")).to_be_visible()


@state
def task_decided(visitor: Visitor) -> None:
    task = one_task(visitor)
    bob, carol = User.objects.get(username="bob"), User.objects.get(username="carol")
    for by in (bob, carol):
        offered = ApprovalTask.objects.get(is_offered=True)
        seen = fingerprint(describe(task.request))
        decisions.approve(task_pk=offered.pk, by=by, seen=seen, origin=SYSTEM, now=timezone.now())
    visitor.open(reverse("approval-task", args=[task.pk]))


def asked(name: str, button: str) -> State:
    def act(visitor: Visitor) -> None:
        task = one_task(visitor)
        if name == "release":
            decisions.claim(task_pk=task.pk, by=User.objects.get(username="bob"), origin=SYSTEM, now=timezone.now())
        visitor.open(reverse("approval-task", args=[task.pk]))
        visitor.page.get_by_role("link", name=button, exact=True).click()
        expect(visitor.page.get_by_role("dialog")).to_be_visible()

    return act


for name, button in (("claim", "Claim"), ("release", "Release"), ("approve", "Approve"), ("reject", "Reject")):
    STATES[f"{name}_asked"] = asked(name, button)


@state
def rejection_without_reason(visitor: Visitor) -> None:
    visitor.open(reverse("reject-task", args=[one_task(visitor).pk]))
    visitor.page.get_by_role("button", name="Yes, reject").click()
    expect(visitor.page.locator("[data-error-summary]")).to_be_visible()


# What one asked for


def with_requests(visitor: Visitor) -> ApprovalRequest:
    """Alice, who has asked for several things."""
    alice, bob, _carol = team()
    now = timezone.now()
    rejected = ask(alice, "Jam")
    decisions.reject(task_pk=task_of(rejected).pk, by=bob, reason="No money", origin=SYSTEM, now=now)
    services.withdraw(request_pk=ask(alice, "Coffee").pk, by=alice, origin=SYSTEM, now=now)
    failed = ask(alice, "Croquet")
    ApprovalRequest.objects.filter(pk=failed.pk).update(
        state=RequestState.FAILED, finished_at=now, reason="There is no such department."
    )
    waiting = ask(alice, LONG)
    visitor.already_signed_in("alice")
    return waiting


@state
def my_requests(visitor: Visitor) -> None:
    with_requests(visitor)
    visitor.open(f"{APPROVALS}requests/")


@state
def my_request(visitor: Visitor) -> None:
    visitor.open(reverse("own-request", args=[with_requests(visitor).uuid]))


@state
def my_rejected_request(visitor: Visitor) -> None:
    with_requests(visitor)
    visitor.open(reverse("own-request", args=[ApprovalRequest.objects.get(state=RequestState.REJECTED).uuid]))


@state
def withdrawal_asked(visitor: Visitor) -> None:
    visitor.open(reverse("own-request", args=[with_requests(visitor).uuid]))
    visitor.page.get_by_role("link", name="Withdraw").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()


# Administration


def as_ada(path: str) -> State:
    def act(visitor: Visitor) -> None:
        make_person("ada", is_staff=True, is_superuser=True)
        request = one_task(visitor).request
        visitor.already_signed_in("ada")
        visitor.open(path.format(request=request.pk))

    return act


STATES["admin_request"] = as_ada("/admin/approvals/approvalrequest/{request}/change/")
STATES["admin_cancel_request"] = as_ada("/admin/approvals/approvalrequest/{request}/cancel/")


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name, OF_ADMIN if "/admin/" in visitor.page.url else None)
