"""Unknown people from a provider, where people have to agree to their accounts first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.requests import decisions
from approvals.requests.models import ApprovalRequest, RequestState
from linked_accounts.federated.models import FederatedIdentity, IdentityProvider, RefusedNewcomer
from linked_accounts.federated.people import REFUSED_FOR
from linked_accounts.tasks import let_ask_again
from myaccount.activity.services import SYSTEM
from myaccount.operations import services as operations
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import OperationImpossible
from myaccount.outbox.models import Message
from myaccount.users.models import User
from tests.approvals.support import make_workflow, task_of
from tests.support.approving import held
from tests.support.browsing import new_browser
from tests.support.identity_provider import RunningProvider, begin, connected
from tests.support.people import make_person

KIM: dict[str, Any] = {"preferred_username": "kim", "email": "kim@uni.example", "email_verified": True}


@pytest.fixture
def bob(provider: IdentityProvider) -> User:
    """Somebody who has to agree to the accounts of unknown people."""
    IdentityProvider.objects.update(may_create_accounts=True)
    bob = make_person("bob")
    make_workflow([bob], kind=OperationKind.SELF_REGISTER_USER)
    return bob


def come(university: RunningProvider, client: Client | None = None, **claims: Any) -> Any:
    """Sign in with an identity nobody knows."""
    nobody = client or new_browser()
    return nobody.get(university.show(begin(nobody), **{**KIM, **claims}))


def reject(bob: User, reason: str = "We do not know you.") -> None:
    task = task_of(ApprovalRequest.objects.get(state=RequestState.WAITING))
    decisions.claim(task_pk=task.pk, by=bob, origin=SYSTEM, now=timezone.now())
    decisions.reject(task_pk=task.pk, by=bob, reason=reason, origin=SYSTEM, now=timezone.now())


def test_who_comes_again_asks_once(bob: User, university: RunningProvider) -> None:
    """However often."""
    for _ in range(3):
        assert b"waiting for approval" in come(university).content
    assert ApprovalRequest.objects.count() == 1


def test_it_is_the_same_question_whatever_the_provider_says_today(bob: User, university: RunningProvider) -> None:
    """A name made up for who has none, another name, an address: all for one identity; another's is another."""
    with held(OperationKind.SELF_REGISTER_USER) as desk:
        for username, email in (("kim", "k@a.example"), ("", "k@a.example"), ("?", ""), ("?", ""), ("kim", "")):
            come(university, preferred_username=username, email=email)
        assert len({kept.submission.key for kept in desk.waiting}) == 1
        assert len({kept.submission.subject_name for kept in desk.waiting}) > 1
        come(university, subject="somebody-else")
        assert len({kept.submission.key for kept in desk.waiting}) == 2


def test_what_is_made_is_what_was_agreed_to(bob: User, university: RunningProvider) -> None:
    with held(OperationKind.SELF_REGISTER_USER) as desk:
        nobody = new_browser(HTTP_ACCEPT_LANGUAGE="en-xa")
        come(university, nobody)
        kim = desk.agree()
    assert isinstance(kim, User)
    assert (kim.username, kim.email, kim.language) == ("kim", "kim@uni.example", "en-xa")
    assert come(university)["Location"] == "/myaccount/"


@pytest.mark.parametrize("taken", [{"username": "Kim"}, {"email": "KIM@uni.example"}], ids=str)
def test_a_name_taken_meanwhile_is_shown_and_makes_no_other_account(
    bob: User, university: RunningProvider, taken: dict[str, str]
) -> None:
    """Security 29, 74: who decides sees it; afterwards the person asks anew, with a name that is free."""
    with held(OperationKind.SELF_REGISTER_USER) as desk:
        come(university)
        asked = desk.asked
        assert operations.describe(asked).why_impossible == ""
        other = make_person(taken.get("username", "other"))
        if "email" in taken:
            User.objects.filter(pk=other.pk).update(email=taken["email"])
            other.refresh_from_db()
            other.save()
        assert "has been taken meanwhile" in operations.describe(asked).why_impossible
        with pytest.raises(OperationImpossible, match="taken meanwhile"):
            desk.agree()
    assert not FederatedIdentity.objects.exists()
    come(university)
    request = ApprovalRequest.objects.get()
    reject(bob)
    assert (request.payload["username"], request.payload["email"]) != ("kim", "kim@uni.example")


def test_who_is_refused_reads_so_and_asks_nobody_again(bob: User, university: RunningProvider) -> None:
    """With the reason, by mail and on the page; for a month, however the provider calls them by then."""
    nobody = new_browser(HTTP_ACCEPT_LANGUAGE="en-xa")
    come(university, nobody)
    reject(bob)
    mail = Message.objects.get(topic="registration_refused")
    assert mail.recipient == "kim@uni.example"
    assert "We do not know you." in mail.text
    assert "was not approved" not in mail.text, "in the language they read"
    response = come(university, preferred_username="kimberley")
    assert response.status_code == 403
    page = response.content.decode()
    assert "You do not get an account here" in page
    assert "We do not know you." in page
    assert ApprovalRequest.objects.count() == 1
    assert "carol-there" not in repr(list(RefusedNewcomer.objects.values()))
    assert b"waiting for approval" in come(university, subject="somebody-else", preferred_username="lee").content
    let_ask_again(timezone.now() + REFUSED_FOR - timedelta(minutes=1))
    assert come(university).status_code == 403
    let_ask_again(timezone.now() + REFUSED_FOR + timedelta(minutes=1))
    assert b"waiting for approval" in come(university).content


def test_no_mail_goes_where_the_provider_has_proven_no_address(bob: User, university: RunningProvider) -> None:
    """Security 74."""
    come(university, email_verified=False)
    reject(bob)
    assert not Message.objects.filter(topic="registration_refused").exists()
    assert come(university).status_code == 403


def test_what_can_no_longer_be_done_is_no_refusal(bob: User, university: RunningProvider) -> None:
    """Of who has connected the identity meanwhile, or whose name is gone."""
    come(university)
    connected(make_person("carol"), IdentityProvider.objects.get())
    reject(bob)
    assert not RefusedNewcomer.objects.exists()
    assert not Message.objects.filter(topic="registration_refused").exists()
    assert come(university).status_code == 302


def test_who_is_refused_can_still_connect_it(bob: User, university: RunningProvider) -> None:
    """With an account they were given otherwise."""
    come(university)
    reject(bob)
    connected(make_person("carol"), IdentityProvider.objects.get())
    assert come(university)["Location"] == "/myaccount/"
