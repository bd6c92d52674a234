"""Claiming, releasing, approving, rejecting: who may, what it means, and how often it happens."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.requests import decisions, services
from approvals.requests.asked import asked_of
from approvals.requests.execution import carry_out
from approvals.requests.models import ApprovalRequest, RequestState, TaskState
from approvals.requests.selectors import ready, reserved
from approvals.requests.submissions import describe, fingerprint
from approvals.requests.tasks import tell
from approvals.tasks import release_abandoned
from approvals.workflows.models import Workflow
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.operations.services import Done
from myaccount.outbox.models import Message
from myaccount.users import services as users
from myaccount.users.models import User
from tests.approvals.support import ask, department_of, given_up, make_workflow, submit_change, task_of
from tests.support.people import make_person


def approve(request: ApprovalRequest, by: User, *, step: int = 1, task_pk: int | None = None) -> None:
    seen = fingerprint(describe(request))
    pk = task_pk or task_of(request, step=step).pk
    decisions.approve(task_pk=pk, by=by, seen=seen, origin=SYSTEM, now=timezone.now())


def reject(request: ApprovalRequest, by: User, reason: str = "Not this year") -> None:
    decisions.reject(task_pk=task_of(request).pk, by=by, reason=reason, origin=SYSTEM, now=timezone.now())


def claim(request: ApprovalRequest, by: User) -> int:
    pk = task_of(request).pk
    decisions.claim(task_pk=pk, by=by, origin=SYSTEM, now=timezone.now())
    return pk


def sees(user: User) -> list[int]:
    return list(ready(user, asked_of(user)).values_list("request", flat=True))


def kinds(user: User) -> list[str]:
    return list(Event.objects.filter(user_uuid=user.uuid, data__has_key="operation").order_by("pk").values_list("kind", flat=True))  # fmt: skip  # noqa: E501


def test_what_no_workflow_holds_is_done_at_once(alice: User, bob: User) -> None:
    make_workflow([bob]).operations.all().delete()
    assert submit_change(alice) == Done("done")
    assert department_of(alice) == "Tea"
    assert not ApprovalRequest.objects.exists()


def test_what_a_workflow_holds_waits_and_is_done_when_somebody_agrees(alice: User, managers: Group, bob: User) -> None:
    make_workflow([managers])
    request = ask(alice)
    assert department_of(alice) == ""
    approve(request, bob)
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    assert department_of(alice) == "Tea"
    assert kinds(alice) == [EventKind.OPERATION_REQUESTED, EventKind.OPERATION_APPROVED]
    assert kinds(bob) == [EventKind.APPROVAL_GIVEN]
    assert Message.objects.get(topic="request_outcome").user == alice


def test_the_same_asked_twice_is_one_request_while_it_waits(alice: User, bob: User) -> None:
    make_workflow([bob])
    first, second, other = ask(alice), ask(alice), ask(alice, "Coffee")
    assert first == second
    assert first != other
    reject(first, bob)
    assert ask(alice) not in (first, other)


def test_steps_come_one_after_the_other(alice: User, bob: User, carol: User) -> None:
    make_workflow([bob], [carol])
    request = ask(alice)
    assert (sees(bob), sees(carol)) == ([request.pk], [])
    approve(request, bob)
    assert department_of(alice) == ""
    assert (sees(bob), sees(carol)) == ([], [request.pk])
    approve(request, carol, step=2)
    assert department_of(alice) == "Tea"


def test_as_many_have_to_agree_as_the_step_says_and_nobody_counts_twice(
    alice: User, bob: User, carol: User, managers: Group
) -> None:
    make_workflow([managers, bob], needed=2)
    request = ask(alice)
    assert sees(bob) == sees(carol) == [request.pk]
    approve(request, bob)
    assert (sees(bob), sees(carol)) == ([], [request.pk])
    with pytest.raises(decisions.CannotDecide, match="somebody else"):
        approve(request, bob)
    approve(request, carol)
    assert department_of(alice) == "Tea"


def test_claiming_hides_a_task_from_the_others_and_releasing_shows_it_again(
    alice: User, bob: User, carol: User, managers: Group
) -> None:
    make_workflow([managers])
    request = ask(alice)
    pk = claim(request, bob)
    assert (sees(bob), sees(carol)) == ([], [])
    assert list(reserved(bob, asked_of(bob)).values_list("pk", flat=True)) == [pk]
    decisions.claim(task_pk=pk, by=bob, origin=SYSTEM, now=timezone.now())
    for act in (decisions.claim, decisions.release):
        with pytest.raises(decisions.CannotDecide):
            act(task_pk=pk, by=carol, origin=SYSTEM, now=timezone.now())
    with pytest.raises(decisions.CannotDecide, match="claimed"):
        approve(request, carol, task_pk=pk)
    decisions.release(task_pk=pk, by=bob, origin=SYSTEM, now=timezone.now())
    assert sees(bob) == sees(carol) == [request.pk]
    assert kinds(bob) == [EventKind.APPROVAL_CLAIMED, EventKind.APPROVAL_RELEASED]
    approve(request, carol)
    assert department_of(alice) == "Tea"


def test_two_of_three_may_claim_where_two_are_needed(alice: User, bob: User, carol: User, managers: Group) -> None:
    dora = make_person("dora")
    managers.user_set.add(dora)
    make_workflow([managers], needed=2)
    request = ask(alice)
    first = claim(request, bob)
    assert claim(request, carol) != first
    assert sees(dora) == []
    decisions.release(task_pk=first, by=bob, origin=SYSTEM, now=timezone.now())
    assert sees(dora) == [request.pk]


def test_one_rejection_ends_a_request_whatever_others_have_said(
    alice: User, bob: User, carol: User, managers: Group
) -> None:
    make_workflow([managers], needed=2)
    request = ask(alice)
    approve(request, bob)
    reject(request, carol)
    request.refresh_from_db()
    assert (request.state, request.reason) == (RequestState.REJECTED, "Not this year")
    assert department_of(alice) == ""
    assert kinds(alice) == [EventKind.OPERATION_REQUESTED, EventKind.OPERATION_REJECTED]
    assert kinds(carol) == [EventKind.APPROVAL_REFUSED]
    assert "Not this year" in Message.objects.get(topic="request_outcome", user=alice).text
    assert given_up == [("alice", "Not this year")]


def test_nobody_decides_about_their_own_request_or_their_own_account(alice: User, bob: User, carol: User) -> None:
    """Security 86."""
    make_workflow([alice, bob, carol])
    request = ask(alice, subject=bob)
    assert (sees(alice), sees(bob), sees(carol)) == ([], [], [request.pk])
    for person in (alice, bob):
        with pytest.raises(decisions.NotACandidate):
            approve(request, person)
        with pytest.raises(decisions.NotACandidate):
            reject(request, person)
        with pytest.raises(decisions.NotACandidate):
            claim(request, person)
    approve(request, carol)
    assert department_of(bob) == "Tea"


def test_only_who_is_asked_decides_and_that_is_looked_up_when_they_do(
    alice: User, bob: User, carol: User, managers: Group
) -> None:
    """Security 86: strangers, those who have left the group, those switched off, those of a later step."""
    dora = make_person("dora", is_superuser=True)
    erin = make_person("erin")
    make_workflow([managers], [erin])
    request = ask(alice)
    pk = claim(request, bob)
    managers.user_set.remove(bob)
    users.disable(user=carol, origin=SYSTEM, now=timezone.now())
    for person in (bob, carol, dora, erin):
        with pytest.raises(decisions.NotACandidate):
            approve(request, person, task_pk=pk)
        with pytest.raises(decisions.NotACandidate):
            decisions.reject(task_pk=pk, by=person, reason="No", origin=SYSTEM, now=timezone.now())
    assert department_of(alice) == ""


def test_what_somebody_had_claimed_who_may_no_longer_decide_comes_back(
    alice: User, bob: User, carol: User, managers: Group
) -> None:
    make_workflow([managers])
    request = ask(alice)
    claim(request, bob)
    release_abandoned(timezone.now())
    assert sees(carol) == []
    managers.user_set.remove(bob)
    release_abandoned(timezone.now())
    assert sees(carol) == [request.pk]


def test_people_added_to_a_group_later_see_what_waits(alice: User, managers: Group) -> None:
    make_workflow([managers])
    request = ask(alice)
    erin = make_person("erin")
    assert sees(erin) == []
    managers.user_set.add(erin)
    assert sees(erin) == [request.pk]
    approve(request, erin)
    assert department_of(alice) == "Tea"


def test_a_workflow_edited_meanwhile_changes_nothing_that_was_asked(alice: User, bob: User, carol: User) -> None:
    workflow = make_workflow([bob])
    request = ask(alice)
    step = workflow.steps.get()
    step.users.set([carol])
    step.needed = 5
    step.save()
    assert (sees(bob), sees(carol)) == ([request.pk], [])
    Workflow.objects.all().delete()
    approve(request, bob)
    request.refresh_from_db()
    assert (request.state, request.workflow_name) == (RequestState.APPROVED, "Changes of departments")


def test_what_changed_since_the_approver_looked_is_not_agreed_to(alice: User, bob: User) -> None:
    make_workflow([bob])
    request = ask(alice)
    seen = fingerprint(describe(request))
    alice.profile.values["department"] = "Jam"
    alice.profile.save()
    with pytest.raises(decisions.ChangedMeanwhile):
        decisions.approve(task_pk=task_of(request).pk, by=bob, seen=seen, origin=SYSTEM, now=timezone.now())
    assert sees(bob) == [request.pk]
    assert describe(request).properties[0].has_changed_meanwhile
    approve(request, bob)
    assert department_of(alice) == "Tea"


def test_what_can_no_longer_be_done_is_rejected_or_fails_with_the_reason(alice: User, bob: User, carol: User) -> None:
    make_workflow([bob], name="One")
    request = ask(alice, subject=carol)
    carol.profile.delete()
    with pytest.raises(decisions.CannotDecide, match="no such person"):
        approve(request, bob)
    request.tasks.update(state=TaskState.APPROVED)
    ApprovalRequest.objects.update(state=RequestState.AGREED, next_attempt_at=timezone.now())
    carry_out(request.pk, now=timezone.now())
    request.refresh_from_db()
    assert (request.state, request.reason) == (RequestState.FAILED, "There is no such person any more.")
    assert kinds(alice)[-1] == EventKind.OPERATION_FAILED
    assert "no such person" in Message.objects.get(topic="request_outcome").text


def test_secrets_leave_the_request_when_it_ends(alice: User, bob: User) -> None:
    make_workflow([bob])
    request = ask(alice, password_hash="argon2$x", note="kept")
    assert request.payload["password_hash"] == "argon2$x"
    reject(request, bob)
    request.refresh_from_db()
    assert request.payload == {"value": "Tea", "was": "", "note": "kept"}


def test_withdrawing_ends_a_request_and_tells_who_had_claimed_it(alice: User, bob: User, carol: User) -> None:
    make_workflow([bob])
    request = ask(alice)
    claim(request, bob)
    with pytest.raises(PermissionError):
        services.withdraw(request_pk=request.pk, by=carol, origin=SYSTEM, now=timezone.now())
    services.withdraw(request_pk=request.pk, by=alice, origin=SYSTEM, now=timezone.now())
    assert sees(bob) == []
    assert Message.objects.get(topic="approval_withdrawn").user == bob
    assert kinds(alice)[-1] == EventKind.OPERATION_WITHDRAWN
    with pytest.raises(services.NoLongerWaiting):
        services.withdraw(request_pk=request.pk, by=alice, origin=SYSTEM, now=timezone.now())


def test_a_step_nobody_could_agree_at_asks_others_at_once_and_in_the_end_the_administrators(
    alice: User, bob: User
) -> None:
    ada = make_person("ada", is_superuser=True, is_staff=True)
    make_workflow([alice], escalate_to=[bob], name="One")
    request = ask(alice)
    assert (sees(bob), sees(ada)) == ([request.pk], [])
    Workflow.objects.all().delete()
    make_workflow([alice], name="Two")
    second = ask(alice, "Coffee")
    assert second.pk in sees(ada)
    assert second.pk not in sees(alice)


def test_the_job_to_tell_candidates_is_queued_with_the_request(alice: User, bob: User) -> None:
    make_workflow([bob])
    tell.call(ask(alice).steps.get().pk)
    message = Message.objects.get(topic="approval_waiting")
    assert message.user == bob
    assert f"/myaccount/approvals/{ApprovalRequest.objects.get().tasks.get().pk}/" in message.text
