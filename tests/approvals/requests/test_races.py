"""Many decisions at the same moment: one wins, and what it means happens once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.requests import decisions
from approvals.requests.execution import carry_out
from approvals.requests.models import ApprovalRequest, ApprovalTask, RequestState, TaskState
from approvals.requests.submissions import describe, fingerprint
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.operations.services import Waiting
from myaccount.outbox.models import Message
from myaccount.pages import people
from myaccount.users.models import User
from tests.approvals.support import ask, department_of, make_workflow, submit_change, task_of
from tests.support.parallel import in_parallel, one_after_the_other
from tests.support.people import make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_postgresql")]

TIMES = 20


@pytest.fixture
def crowd() -> list[User]:
    """Twenty people in a group that decides."""
    people = [make_person(f"person-{number}") for number in range(TIMES)]
    group = Group.objects.create(name="Crowd")
    group.user_set.set(people)
    make_workflow([group])
    return people


def events(kind: EventKind) -> int:
    return Event.objects.filter(kind=kind).count()


def succeeded(results: list[Any]) -> int:
    assert all(result is None or isinstance(result, decisions.CannotDecide) for result in results), results
    return results.count(None)


def test_of_twenty_approvals_at_once_one_wins_and_its_effect_happens_once(crowd: list[User]) -> None:
    """Security 87."""
    alice = make_person()
    request = ask(alice)
    task, seen = task_of(request), fingerprint(describe(request))

    def approve(number: int) -> None:
        decisions.approve(task_pk=task.pk, by=crowd[number], seen=seen, origin=SYSTEM, now=timezone.now())

    assert succeeded(in_parallel(approve, TIMES)) == 1
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    assert department_of(alice) == "Tea"
    counted = (EventKind.APPROVAL_GIVEN, EventKind.OPERATION_APPROVED, EventKind.PROFILE_CHANGED)
    assert [events(kind) for kind in counted] == [1, 1, 1]
    assert Message.objects.filter(topic="request_outcome").count() == 1


def test_of_twenty_decisions_for_and_against_at_once_one_wins(crowd: list[User]) -> None:
    """Security 87."""
    alice = make_person()
    request = ask(alice)
    task, seen = task_of(request), fingerprint(describe(request))

    def decide(number: int) -> None:
        by, now = crowd[number], timezone.now()
        if number % 2:
            decisions.approve(task_pk=task.pk, by=by, seen=seen, origin=SYSTEM, now=now)
        else:
            decisions.reject(task_pk=task.pk, by=by, reason="No", origin=SYSTEM, now=now)

    assert succeeded(in_parallel(decide, TIMES)) == 1
    request.refresh_from_db()
    was_approved = request.state == RequestState.APPROVED
    assert department_of(alice) == ("Tea" if was_approved else "")
    assert events(EventKind.APPROVAL_GIVEN) + events(EventKind.APPROVAL_REFUSED) == 1
    assert events(EventKind.OPERATION_APPROVED) + events(EventKind.OPERATION_REJECTED) == 1
    assert Message.objects.filter(topic="request_outcome").count() == 1


def test_one_person_in_twenty_windows_decides_once(crowd: list[User]) -> None:
    """Security 87."""
    request = ask(make_person())
    task, seen = task_of(request), fingerprint(describe(request))

    def approve(number: int) -> None:
        decisions.approve(task_pk=task.pk, by=crowd[0], seen=seen, origin=SYSTEM, now=timezone.now())

    assert succeeded(in_parallel(approve, TIMES)) == 1
    assert events(EventKind.PROFILE_CHANGED) == 1


def test_of_twenty_claims_at_once_one_wins(crowd: list[User]) -> None:
    """Security 87."""
    task = task_of(ask(make_person()))

    def claim(number: int) -> None:
        decisions.claim(task_pk=task.pk, by=crowd[number], origin=SYSTEM, now=timezone.now())

    assert succeeded(in_parallel(claim, TIMES)) == 1
    task.refresh_from_db()
    assert (task.state, task.is_offered) == (TaskState.RESERVED, False)
    assert events(EventKind.APPROVAL_CLAIMED) == 1


@pytest.mark.parametrize("is_about_whoever_goes", [True, False])
def test_an_account_is_deleted_while_somebody_decides_about_it_or_it_has_claimed_what_is_decided(
    crowd: list[User], *, is_about_whoever_goes: bool
) -> None:
    """Neither waits for the other for ever: requests are locked before people (security 87)."""
    alice, approver, root = make_person(), crowd[0], make_person("root", is_staff=True, is_superuser=True)
    request = ask(alice)
    task, now = task_of(request), timezone.now()
    decisions.claim(task_pk=task.pk, by=approver, origin=SYSTEM, now=now)
    goes = alice if is_about_whoever_goes else approver

    def lock() -> None:
        ApprovalRequest.objects.select_for_update().get(pk=request.pk)

    def decide() -> None:
        decisions.reject(task_pk=task.pk, by=approver, reason="No", origin=SYSTEM, now=now)

    def delete() -> object:
        return people.delete(user=goes, who=people.Who(by=root, origin=SYSTEM, now=now))

    results = one_after_the_other(lock, delete, then=decide)
    assert not any(isinstance(result, Exception) for result in results), results
    request.refresh_from_db()
    assert request.state == RequestState.REJECTED
    assert not User.objects.filter(pk=goes.pk).exists()


def test_what_is_agreed_is_carried_out_by_one_of_twenty(crowd: list[User]) -> None:
    """Security 87."""
    alice = make_person()
    request = ask(alice)
    ApprovalRequest.objects.update(state=RequestState.AGREED, next_attempt_at=timezone.now())
    assert in_parallel(lambda _number: carry_out(request.pk, now=timezone.now()), TIMES) == [None] * TIMES
    assert (department_of(alice), events(EventKind.PROFILE_CHANGED)) == ("Tea", 1)
    assert Message.objects.filter(topic="request_outcome").count() == 1


def test_the_same_asked_twenty_times_at_once_is_one_request(crowd: list[User]) -> None:
    alice = make_person()
    answers: list[Any] = in_parallel(lambda _number: submit_change(alice), TIMES)
    assert {type(answer) for answer in answers} == {Waiting}
    assert len({answer.request_uuid for answer in answers}) == 1
    assert ApprovalRequest.objects.count() == ApprovalTask.objects.count() == 1
