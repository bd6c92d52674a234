"""Requests in Django admin: read, searched, cancelled with a reason; never their payload."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from approvals.requests.models import ApprovalRequest, RequestState
from myaccount.outbox.models import Message
from myaccount.users.models import User
from tests.approvals.support import ask, make_workflow, task_of
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.people import make_person

LIST = "/admin/approvals/approvalrequest/"


@pytest.fixture
def adas(db: None) -> Client:
    make_person("ada", is_staff=True, is_superuser=True)
    return sign_in(new_browser(), "ada")


@pytest.mark.parametrize("term", ["alice", "bob", "task", "uuid"])
def test_requests_are_found_and_show_no_secret(alice: User, bob: User, carol: User, adas: Client, term: str) -> None:
    """Security 88."""
    make_workflow([carol])
    request = ask(alice, subject=bob, password_hash="argon2$x")
    ask(carol, subject=carol)
    words = {"task": str(task_of(request).pk), "uuid": str(request.uuid)}
    page = adas.get(LIST, {"q": words.get(term, term)}).content.decode()
    assert f"{LIST}{request.pk}/change/" in page
    assert "1 request" in page
    shown = adas.get(f"{LIST}{request.pk}/change/").content.decode()
    assert "Department: Tea" in shown
    assert "argon2" not in shown
    assert adas.post(f"{LIST}{request.pk}/change/", {"state": "approved"}).status_code == 403


def test_a_request_is_cancelled_with_a_reason_and_fresh_proof(alice: User, bob: User, adas: Client) -> None:
    """Security 20."""
    make_workflow([bob])
    request = ask(alice)
    path = f"{LIST}{request.pk}/cancel/"
    assert adas.post(path, {"reason": ""}).status_code == 422
    make_stale(adas)
    assert adas.post(path, {"reason": "Stuck"})["Location"].startswith("/myaccount/confirm/")
    adas = sign_in(new_browser(), "ada")
    for _ in range(2):
        assert adas.post(path, {"reason": "Stuck"}).status_code == 302
    assert ApprovalRequest.objects.get().state == RequestState.CANCELLED
    assert "Stuck" in Message.objects.get(topic="request_outcome").text


def test_who_may_only_look_cancels_nothing(alice: User, bob: User) -> None:
    make_workflow([bob])
    request = ask(alice)
    make_person("eve", is_staff=True).user_permissions.add(Permission.objects.get(codename="view_approvalrequest"))
    eves = sign_in(new_browser(), "eve")
    assert "Cancel this request" not in eves.get(f"{LIST}{request.pk}/change/").content.decode()
    assert eves.post(f"{LIST}{request.pk}/cancel/", {"reason": "x"}).status_code == 403
    assert ApprovalRequest.objects.get().state == RequestState.WAITING
