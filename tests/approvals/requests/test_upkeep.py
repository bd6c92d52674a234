"""Steps that too few are left at, and what people who left had claimed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.requests import decisions, services, steps, upkeep
from approvals.requests.asked import asked_of
from approvals.requests.models import ApprovalRequest, ApprovalTask, Mails, Priority, RequestStep, TaskState
from approvals.requests.selectors import candidates_of, ready, reserved
from approvals.requests.upkeep import release_claims
from approvals.tasks import escalate, release_abandoned, send_digests
from approvals.workflows.models import Workflow
from approvals.workflows.selectors import problems
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.deletion import services as deletion
from myaccount.outbox.models import Message
from myaccount.users import services as users
from myaccount.users.models import User
from tests.approvals.support import ask, make_workflow, task_of
from tests.deletion.support import ask_for_deletion
from tests.linked_accounts.support import link
from tests.support.people import make_person


def sees(user: User) -> list[int]:
    return list(ready(user, asked_of(user)).order_by("pk").values_list("request", flat=True))


def escalations() -> int:
    return Event.objects.filter(kind=EventKind.APPROVAL_ESCALATED).count()


def leave(how: str, person: User, group: Group) -> None:
    if how == "group":
        group.user_set.remove(person)
    elif how == "switched off":
        users.disable(user=person, origin=SYSTEM, now=timezone.now())
    elif how == "erased":
        users.delete(user=person, origin=SYSTEM, now=timezone.now())
    else:
        ask_for_deletion(person)


@pytest.mark.parametrize("how", ["group", "switched off", "erased", "deletion"])
def test_a_step_whose_people_all_leave_asks_others_without_any_hours(
    alice: User, bob: User, carol: User, managers: Group, how: str
) -> None:
    dora = make_person("dora")
    make_workflow([managers], escalate_to=[dora])
    request = ask(alice)
    leave(how, bob, managers)
    escalate(timezone.now())
    assert (sees(dora), escalations()) == ([], 0)
    leave(how, carol, managers)
    for _ in range(2):
        escalate(timezone.now())
    assert (sees(dora), escalations()) == ([request.pk], 1)
    request.refresh_from_db()
    assert request.priority == Priority.HIGH


def test_administrators_are_asked_where_nobody_else_is_left(alice: User, bob: User) -> None:
    ada = make_person("ada", is_staff=True, is_superuser=True)
    make_workflow([bob])
    request = ask(alice)
    leave("deletion", bob, Group())
    escalate(timezone.now())
    assert sees(ada) == [request.pk]


def test_only_steps_that_are_short_of_people_ask_others(alice: User, bob: User, carol: User, managers: Group) -> None:
    """Each counts for itself: who asked, how many have to agree, and that one person has two accounts."""
    dora, erin = make_person("dora"), make_person("erin")
    make_workflow([managers], escalate_to=[erin])
    of_bob, of_alice = ask(bob), ask(alice)
    Workflow.objects.all().delete()
    make_workflow([managers, dora], needed=2, escalate_to=[erin], name="Two")
    of_two = ask(alice, "Jam")
    link(bob, dora)
    escalate(timezone.now())
    assert sees(erin) == []
    leave("group", carol, managers)
    escalate(timezone.now())
    assert sees(erin) == [of_bob.pk, of_two.pk]
    assert sees(bob) == [of_alice.pk, of_two.pk]


def test_steps_are_looked_at_in_batches_with_as_many_queries_for_many(alice: User, bob: User, managers: Group) -> None:
    make_workflow([managers], escalate_to=[alice])
    now, counts = timezone.now(), []
    for number in range(6):
        ask(make_person(f"person-{number}", has_app=False))
        if number in (0, 5):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert upkeep.escalate_deserted(now=now) == 0
            counts.append(len(queries))
    assert counts == [3, 3]
    managers.user_set.clear()
    after, rounds = upkeep.escalate_deserted(now=now, batch=2), 1
    while after:
        after, rounds = upkeep.escalate_deserted(now=now, after=after, batch=2), rounds + 1
    assert (escalations(), rounds) == (6, 4)


def test_a_group_of_very_many_is_not_counted_for_each_request(
    alice: User, managers: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "MANY", 2)
    make_workflow([managers])
    ask(alice)
    with CaptureQueriesContext(connection) as queries:
        upkeep.escalate_deserted(now=timezone.now())
    assert len(queries) == 2


def test_what_somebody_who_leaves_had_claimed_comes_back_at_once(
    alice: User, bob: User, carol: User, managers: Group
) -> None:
    """Security 86: whoever is in the cooling-off period of a deletion decides nothing, and is asked nothing."""
    make_workflow([managers])
    request, other = ask(alice), ask(alice, "Jam")
    now = timezone.now()
    services.choose_mails(user=bob, mails=Mails.DAILY, now=now)
    for one, by in ((request, bob), (other, carol)):
        decisions.claim(task_pk=task_of(one).pk, by=by, origin=SYSTEM, now=now)
    ask_for_deletion(bob)
    release_claims.call(bob.pk)
    assert not reserved(bob, asked_of(bob)).exists()
    assert sees(carol) == [request.pk]
    assert reserved(carol, asked_of(carol)).get().request == other
    with pytest.raises(decisions.NotACandidate):
        decisions.claim(task_pk=task_of(request).pk, by=bob, origin=SYSTEM, now=now)
    assert list(candidates_of(request.steps.get(), request=request)) == [carol]
    send_digests(now + timedelta(days=2))
    assert not Message.objects.filter(topic="approval_digest").exists()
    assert problems(make_workflow([bob], name="Bob's")) == ["Nobody can be asked at step 1 now."]
    deletion.cancel(user=bob, origin=SYSTEM, now=now)
    decisions.claim(task_pk=task_of(request).pk, by=bob, origin=SYSTEM, now=now)


def test_asking_for_a_deletion_queues_that_claims_come_back(alice: User, bob: User, carol: User) -> None:
    make_workflow([bob, carol])
    request = ask(alice)
    decisions.claim(task_pk=task_of(request).pk, by=bob, origin=SYSTEM, now=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        ask_for_deletion(bob)
    assert any("release_claims" in query["sql"] for query in queries)


def test_what_is_claimed_in_vain_is_found_with_one_query_however_much_is_claimed(
    alice: User, bob: User, carol: User, managers: Group
) -> None:
    make_workflow([managers])
    for number in range(8):
        request = ask(make_person(f"person-{number}", has_app=False))
        decisions.claim(task_pk=task_of(request).pk, by=bob, origin=SYSTEM, now=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        release_abandoned(timezone.now())
    assert len(queries) == 1
    managers.user_set.remove(bob)
    release_abandoned(timezone.now())
    assert ApprovalTask.objects.filter(state=TaskState.READY, is_offered=True, claimed_by=None).count() == 8
    assert len(sees(carol)) == 8


def test_requests_are_escalated_each_in_a_transaction_of_its_own(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing holds the locks of many requests, and what fails at one undoes nothing at another."""
    make_workflow([bob], hours=1, escalate_to=[make_person("dora")])
    first, second = ask(alice), ask(alice, "Jam")
    later, really = timezone.now() + timedelta(hours=2), steps.escalate

    def fail_at_second(step: RequestStep, request: ApprovalRequest, *, now: datetime) -> None:
        really(step, request, now=now)
        if request == second:
            raise RuntimeError

    monkeypatch.setattr(steps, "escalate", fail_at_second)
    with pytest.raises(RuntimeError):
        upkeep.escalate_overdue(now=later)
    escalated = RequestStep.objects.exclude(escalated_at=None)
    assert escalated.get().request == first
    monkeypatch.undo()
    escalate(later)
    assert (escalated.count(), escalations()) == (2, 2)
