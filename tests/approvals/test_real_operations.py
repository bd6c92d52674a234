"""Everything that can be held, held by a real workflow: what approvers read before and after, and what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from typing import Final

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.requests import decisions, services
from approvals.requests.execution import carry_out
from approvals.requests.models import ApprovalRequest, RequestState
from approvals.requests.submissions import describe, fingerprint, summaries
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.deletion import services as deletion
from myaccount.deletion.models import AccountDeletion
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import OperationImpossible
from myaccount.operations.services import Waiting
from myaccount.outbox.models import Message
from myaccount.pages import people
from myaccount.users import services as users
from myaccount.users.models import User
from profile.contacts import set_by_administrator
from profile.models import ContactKind
from profile.services import change_attribute
from profile.services import fingerprint as of_value
from tests.approvals.support import make_workflow, request_of, task_of
from tests.registration.support import allow, prove
from tests.support.browsing import new_browser, sign_in
from tests.support.people import make_person

ROLE: Final = "Payroll"


@dataclass(frozen=True)
class Case:
    """One operation: how it is asked for, whether it has happened, and a property approvers read."""

    kind: OperationKind
    ask: Callable[[User, User], object]  # by an administrator, about a person
    has_happened: Callable[[User], bool]
    property: str


def _who(root: User) -> people.Who:
    return people.Who(by=root, origin=SYSTEM, now=timezone.now())


def _add(root: User, dora: User) -> object:
    values = {"given_name": "Flora"}
    return people.create(
        username="flora", email="flora@example.net", is_email_proven=True, password="a passphrase of flora",
        values=values, who=_who(root),
    )  # fmt: skip


def _register(root: User, dora: User) -> object:
    allow()
    return prove(new_browser(), username="flora", email="flora@example.net")


def _change_attribute(root: User, dora: User) -> object:
    claim = Claim.objects.get(name="department")
    return change_attribute(
        user=dora, claim=claim, value="Botany", opened_with=of_value(""), origin=SYSTEM, now=timezone.now()
    )


def _change_roles(root: User, dora: User) -> object:
    group = Group.objects.create(name=ROLE)
    return people.change(user=dora, edits={"groups": [group]}, opened={}, who=_who(root))


def _change_address(root: User, dora: User) -> object:
    return set_by_administrator(
        user=dora, kind=ContactKind.EMAIL, value="flora@example.net", is_proven=True, by=root, origin=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip


def _delete_own(root: User, dora: User) -> object:
    return deletion.submit(user=dora, origin=SYSTEM, now=timezone.now())


CASES: Final = {
    "add": Case(OperationKind.ADD_USER, _add, lambda _: User.objects.filter(username="flora").exists(), "Flora"),
    "register": Case(
        OperationKind.SELF_REGISTER_USER, _register, lambda _: User.objects.filter(username="flora").exists(), "flora"
    ),
    "delete": Case(
        OperationKind.DELETE_USER, lambda root, dora: people.delete(user=dora, who=_who(root)),
        lambda dora: not User.objects.filter(pk=dora.pk).exists(), "Dora the Person",
    ),
    "delete own": Case(
        OperationKind.DELETE_USER, _delete_own, lambda dora: AccountDeletion.objects.filter(user=dora).exists(), "dora"
    ),
    "roles": Case(OperationKind.CHANGE_ROLES, _change_roles, lambda dora: dora.groups.exists(), ROLE),
    "attribute": Case(
        OperationKind.UPDATE_CLAIMS, _change_attribute,
        lambda dora: dora.profile.values.get("department") == "Botany", "Botany",
    ),
    "address": Case(
        OperationKind.UPDATE_CLAIMS, _change_address, lambda dora: dora.email == "flora@example.net",
        "flora@example.net",
    ),
}  # fmt: skip


@pytest.fixture
def root(db: None) -> User:
    return make_person("root", is_staff=True, is_superuser=True)


@pytest.fixture
def dora(db: None) -> User:
    return make_person("dora", display_name="Dora the Person")


def ask(case: Case, root: User, dora: User, bob: User) -> ApprovalRequest:
    """Have it held, with bob as the one who decides."""
    make_workflow([bob], kind=case.kind)
    case.ask(root, dora)
    return ApprovalRequest.objects.get()


def decide(request: ApprovalRequest, by: User, *, agrees: bool, now: datetime | None = None) -> ApprovalRequest:
    now = now or timezone.now()
    task = task_of(request)
    if agrees:
        seen = fingerprint(describe(request))
        decisions.approve(task_pk=task.pk, by=by, seen=seen, origin=SYSTEM, now=now)
    else:
        decisions.reject(task_pk=task.pk, by=by, reason="Not this year", origin=SYSTEM, now=now)
    return request_of(request.uuid)


def read(request: ApprovalRequest) -> str:
    """The properties as one text."""
    return "\n".join(f"{one.label}: {one.was} {one.wanted}" for one in describe(request).properties)


@pytest.mark.parametrize("name", CASES)
def test_what_people_agree_to_is_done_and_can_be_read_afterwards(name: str, root: User, dora: User, bob: User) -> None:
    """Except of an account that is gone: nothing of it stays, but that it was asked for."""
    case = CASES[name]
    request = ask(case, root, dora, bob)
    assert case.property in read(request)
    assert not case.has_happened(dora)
    request = decide(request, bob, agrees=True)
    assert request.state == RequestState.APPROVED, request.reason
    dora = User.objects.filter(pk=dora.pk).first() or dora
    assert case.has_happened(dora)
    assert describe(request).why_impossible == ""
    assert (case.property in read(request)) == (name != "delete")
    assert "hash" not in str(request.payload)
    assert request.attributes == {}
    events = Event.objects.filter(kind__startswith="approvals.").values_list("data", flat=True)
    assert not any(name in str(data) for data in events for name in ("dora", "flora"))  # they stay; names may not


@pytest.mark.parametrize("name", CASES)
def test_what_they_refuse_is_not_done_and_can_be_read_afterwards(name: str, root: User, dora: User, bob: User) -> None:
    case = CASES[name]
    request = decide(ask(case, root, dora, bob), bob, agrees=False)
    assert request.state == RequestState.REJECTED
    assert not case.has_happened(User.objects.get(pk=dora.pk))
    assert case.property in read(request)
    assert describe(request).why_impossible == ""
    assert (request.attributes, "hash" in str(request.payload)) == ({}, False)


@pytest.mark.parametrize("name", ["add", "address", "attribute", "roles"])
def test_the_same_asked_twice_waits_once(name: str, root: User, dora: User, bob: User) -> None:
    """Also where the payload has a salt or a moment in it; the newest of these counts."""
    case = CASES[name]
    request = ask(case, root, dora, bob)
    if name != "roles":
        case.ask(root, dora)
    else:
        people.change(user=dora, edits={"groups": [Group.objects.get()]}, opened={}, who=_who(root))
    again = ApprovalRequest.objects.get()
    assert again.uuid == request.uuid
    assert (again.payload != request.payload) == (name in ("add", "address"))


def test_who_got_no_account_is_forgotten_after_a_month(root: User, dora: User, bob: User) -> None:
    """They could not ask for it; whoever got one can, and it goes with the account."""
    now = timezone.now()
    refused = decide(ask(CASES["add"], root, dora, bob), bob, agrees=False, now=now)
    ApprovalRequest.objects.exclude(pk=refused.pk).delete()
    people.create(
        username="hazel", email="hazel@example.net", is_email_proven=True, password="", values={}, who=_who(root)
    )
    made = decide(ApprovalRequest.objects.get(finished_at=None), bob, agrees=True, now=now)
    assert made.subject_uuid == User.objects.get(username="hazel").uuid
    services.forget_old(now=now + timedelta(days=29))
    assert ApprovalRequest.objects.count() == 2
    services.forget_old(now=now + timedelta(days=31))
    assert ApprovalRequest.objects.get() == made
    services.forget_old(now=now + timedelta(days=366))
    assert not ApprovalRequest.objects.exists()


def test_a_registration_gets_the_roles_that_were_agreed_to(dora: User, bob: User) -> None:
    """What administrators choose meanwhile counts for those who register later; a role that has gone is shown."""
    staff, gone, later = (Group.objects.create(name=name) for name in ("Staff", "Visitors", "Later"))
    settings = allow()
    settings.groups.set([staff, gone])
    make_workflow([bob], kind=OperationKind.SELF_REGISTER_USER)
    prove(new_browser(), username="flora", email="flora@example.net")
    settings.groups.set([later])
    gone.delete()
    request = ApprovalRequest.objects.get()
    roles = describe(request).properties[-1]
    assert (roles.label, roles.wanted, roles.is_now, roles.has_changed_meanwhile) == (
        "Roles", "Staff, Visitors", "Staff", True,
    )  # fmt: skip
    decide(request, bob, agrees=True)
    assert [group.name for group in User.objects.get(username="flora").groups.all()] == ["Staff"]


def test_nobody_floods_approvers_with_changes_of_themselves(dora: User, bob: User) -> None:
    """Security 44: each is a mail to everybody who may decide. Administrators may ask for more, about others."""
    make_workflow([bob])
    claim = Claim.objects.get(name="department")
    now = timezone.now()

    def want(value: str, at: datetime) -> object:
        return change_attribute(user=dora, claim=claim, value=value, opened_with=of_value(""), origin=SYSTEM, now=at)

    for number in range(services.OF_ONESELF_A_DAY):
        assert isinstance(want(f"Department {number}", now), Waiting)
    with pytest.raises(OperationImpossible, match="very many changes today"):
        want("One more", now)
    assert isinstance(want(f"Department {services.OF_ONESELF_A_DAY - 1}", now), Waiting)  # waits already
    assert isinstance(want("One more", now + timedelta(days=1, seconds=1)), Waiting)


@pytest.mark.parametrize("name", ["attribute", "delete own"])
def test_an_account_that_was_switched_off_meanwhile_changes_nothing(
    name: str, root: User, dora: User, bob: User
) -> None:
    request = ask(CASES[name], root, dora, bob)
    User.objects.filter(pk=dora.pk).update(is_active=False)
    assert describe(request).why_impossible == "The account is switched off."
    ApprovalRequest.objects.update(state=RequestState.AGREED)
    carry_out(request.pk, now=timezone.now())
    assert request_of(request.uuid).state == RequestState.FAILED
    assert not CASES[name].has_happened(dora)


def test_what_was_agreed_ends_when_the_account_it_is_about_was_erased_first(root: User, dora: User, bob: User) -> None:
    request = ask(CASES["attribute"], root, dora, bob)
    ApprovalRequest.objects.update(state=RequestState.AGREED)
    users.delete(user=dora, origin=SYSTEM, now=timezone.now())
    carry_out(request.pk, now=timezone.now())
    request = request_of(request.uuid)
    assert (request.state, request.reason) == (RequestState.FAILED, "There is no such account any more.")
    assert not Message.objects.filter(topic="request_outcome").exists()


def test_an_operation_nobody_knows_any_more_is_said_to_be_unknown(root: User, dora: User, bob: User) -> None:
    request = ask(CASES["attribute"], root, dora, bob)
    ApprovalRequest.objects.update(action="of.a.former.version")
    assert describe(request_of(request.uuid)).why_impossible == "This operation is no longer known here."
    assert decide(request_of(request.uuid), bob, agrees=False).state == RequestState.REJECTED


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("add", "Flora · flora@example.net"),
        ("register", "Dora Explorer · flora@example.net"),
        ("delete", "Dora the Person"),
        ("delete own", ""),
        ("roles", "Roles: None → Payroll"),
        ("attribute", "Department: Botany"),
        ("address", "Email: dora@example.org → flora@example.net"),
    ],
)
def test_lists_say_in_short_what_would_be_changed(name: str, summary: str, root: User, dora: User, bob: User) -> None:
    request = ask(CASES[name], root, dora, bob)
    assert summaries([request]) == [summary]
    page = sign_in(new_browser(), "bob").get("/myaccount/approvals/").content.decode()
    assert summary in unescape(page)
    request = decide(request, bob, agrees=True)
    assert summaries([request]) == ["" if name == "delete" else summary]


def test_a_request_is_found_by_whom_it_is_about(root: User, dora: User, bob: User) -> None:
    ask(CASES["attribute"], root, dora, bob)
    browser = sign_in(new_browser(), "bob")
    for words, is_found in {"DORA@example": True, "root": False, "rabbit": False}.items():
        page = browser.get(f"/myaccount/approvals/?q={words}").content.decode()
        assert ("Department: Botany" in page) == is_found


def test_who_approves_hears_what_comes_of_it(root: User, dora: User, bob: User) -> None:
    """Of several steps the row says which; the last agreement says that it has been carried out, or why not."""
    make_workflow([bob], [bob])
    _change_attribute(root, dora)
    browser = sign_in(new_browser(), "bob")
    for step, words in (1, "Others have to agree, too."), (2, "It has been carried out."):
        task = ApprovalRequest.objects.get().tasks.get(is_offered=True)
        assert f"step {step} of 2" in browser.get("/myaccount/approvals/").content.decode()
        confirm = f"/myaccount/approvals/{task.pk}/approve/"
        asked = browser.get(confirm).content.decode()
        assert ("After you, 1 more person has to agree." in asked) == (step == 1)
        assert ("Yours is the last agreement needed" in asked) == (step == 2)
        seen = fingerprint(describe(ApprovalRequest.objects.get()))
        assert words in browser.post(confirm, {"seen": seen}, follow=True).content.decode()
