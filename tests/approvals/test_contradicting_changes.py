"""Somebody asks for another value of the same attribute while the first one waits: the newer takes its place."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.requests import decisions, services
from approvals.requests.asked import asked_of
from approvals.requests.models import ApprovalRequest, RequestState, TaskState
from approvals.requests.selectors import ready
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.operations.registry import OperationImpossible
from myaccount.operations.services import Waiting
from myaccount.outbox.models import Message
from myaccount.users.models import User
from profile.contacts import set_without_proof
from profile.models import ContactKind
from profile.services import change_attribute, fingerprint
from tests.approvals.support import make_workflow, request_of, task_of
from tests.support.parallel import in_parallel
from tests.support.people import make_person


def want(user: User, value: str, *, by: User | None = None) -> ApprovalRequest:
    outcome = change_attribute(
        user=User.objects.get(pk=user.pk),
        claim=Claim.objects.get(name="department"),
        value=value,
        opened_with=fingerprint(""),
        origin=SYSTEM,
        now=timezone.now(),
        by=by,
    )
    assert isinstance(outcome, Waiting)
    return request_of(outcome.request_uuid)


def states() -> dict[str, str]:
    return {request.payload["value"]: request.state for request in ApprovalRequest.objects.order_by("pk")}


def withdrawals() -> int:
    return Event.objects.filter(kind=EventKind.OPERATION_WITHDRAWN).count()


def test_the_newer_value_takes_the_place_of_the_older(alice: User, bob: User) -> None:
    make_workflow([bob])
    older = want(alice, "Tea")
    decisions.claim(task_pk=task_of(older).pk, by=bob, origin=SYSTEM, now=timezone.now())
    newer = want(alice, "Coffee")
    assert states() == {"Tea": RequestState.WITHDRAWN, "Coffee": RequestState.WAITING}
    assert list(ready(bob, asked_of(bob)).values_list("request", flat=True)) == [newer.pk]
    assert older.tasks.get().state == TaskState.CANCELLED
    event = Event.objects.get(kind=EventKind.OPERATION_WITHDRAWN)
    assert (event.user_uuid, event.by_uuid) == (alice.uuid, alice.uuid)
    assert Message.objects.get(topic="approval_withdrawn").user == bob
    assert not Message.objects.filter(topic="request_outcome").exists()


def test_one_may_change_ones_mind_back_and_forth(alice: User, bob: User) -> None:
    make_workflow([bob])
    for value in ("Tea", "Coffee", "Tea", "Tea"):
        want(alice, value)
    waiting = ApprovalRequest.objects.get(state=RequestState.WAITING)
    assert (waiting.payload["value"], withdrawals(), ApprovalRequest.objects.count()) == ("Tea", 2, 3)


def test_an_address_takes_the_place_of_an_address_and_of_nothing_else(alice: User, bob: User) -> None:
    make_workflow([bob])
    for kind, value in (
        (ContactKind.MOBILE, "+447400123456"), (ContactKind.EMAIL, "one@example.org"),
        (ContactKind.EMAIL, "two@example.org"),
    ):  # fmt: skip
        set_without_proof(user=alice, kind=kind, value=value, origin=SYSTEM, now=timezone.now())
    want(alice, "Tea")
    ended = [value for value, state in states().items() if state == RequestState.WITHDRAWN]
    assert ended == ["one@example.org"]


def test_what_others_ask_for_stays(alice: User, bob: User) -> None:
    """Security 86: an administrator's request about somebody is not theirs to take back."""
    make_workflow([bob])
    ada = make_person("ada", is_staff=True, is_superuser=True)
    for value in ("Cake", "Jam"):
        want(alice, value, by=ada)
    want(make_person("dora"), "Wine")
    want(alice, "Tea")
    assert (set(states().values()), len(states())) == ({RequestState.WAITING}, 4)


@pytest.mark.parametrize("state", [RequestState.AGREED, RequestState.REJECTED])
def test_what_is_decided_stays(state: RequestState, alice: User, bob: User) -> None:
    make_workflow([bob])
    want(alice, "Tea")
    ApprovalRequest.objects.update(state=state)
    want(alice, "Coffee")
    assert states() == {"Tea": state, "Coffee": RequestState.WAITING}


def test_nothing_is_taken_back_where_the_newer_is_not_asked_for(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workflow([bob])
    monkeypatch.setattr(services, "OF_ONESELF_A_DAY", 1)
    want(alice, "Tea")
    with pytest.raises(OperationImpossible):
        want(alice, "Coffee")
    assert (states(), withdrawals()) == ({"Tea": RequestState.WAITING}, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("on_postgresql")
def test_of_twenty_values_asked_for_at_once_one_waits() -> None:
    alice = make_person("alice", values={"given_name": "Alice"})
    make_workflow([make_person("bob")])
    answers: list[Any] = in_parallel(lambda number: want(alice, f"Department {number}"), 20)
    assert {type(answer) for answer in answers} == {ApprovalRequest}
    assert sorted(states().values()) == [RequestState.WAITING, *[RequestState.WITHDRAWN] * 19]
    assert withdrawals() == 19


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("on_postgresql")
def test_a_decision_at_the_same_moment_waits_for_nobody() -> None:
    """Security 87: either the older one is decided and the newer waits, or it was taken back and nobody decides."""
    alice = make_person("alice", values={"given_name": "Alice"})
    crowd = [make_person(f"person-{number}") for number in range(10)]
    group = Group.objects.create(name="Crowd")
    group.user_set.set(crowd)
    make_workflow([group])
    task = task_of(want(alice, "Tea"))

    def act(number: int) -> object:
        if number == 0:
            return want(alice, "Coffee")
        decisions.reject(task_pk=task.pk, by=crowd[number], reason="No", origin=SYSTEM, now=timezone.now())
        return None

    answers = in_parallel(act, len(crowd))
    assert isinstance(answers[0], ApprovalRequest), answers
    assert all(answer is None or isinstance(answer, decisions.CannotDecide) for answer in answers[1:]), answers
    assert states()["Coffee"] == RequestState.WAITING
    assert states()["Tea"] == (RequestState.REJECTED if None in answers[1:] else RequestState.WITHDRAWN)
