"""What becomes of requests when an account goes."""

from __future__ import annotations

from django.utils import timezone

from approvals.requests.models import ApprovalRequest, RequestState
from myaccount.activity.services import SYSTEM
from myaccount.users import services as users
from myaccount.users.models import User
from tests.approvals.support import ask, make_workflow
from tests.support.people import make_person


def test_requests_of_and_about_an_erased_account_end_and_name_nobody(alice: User, bob: User) -> None:
    """Waiting ones are cancelled; those that have ended stay, under the public id."""
    make_workflow([bob])
    dora = make_person("dora")
    ask(alice, "Tea")
    ask(dora, "Coffee", subject=alice)
    ended = ask(alice, "Milk")
    ApprovalRequest.objects.filter(pk=ended.pk).update(state=RequestState.REJECTED, finished_at=timezone.now())
    users.delete(user=alice, origin=SYSTEM, now=timezone.now())
    for request in ApprovalRequest.objects.all():
        assert request.state in (RequestState.CANCELLED, RequestState.REJECTED)
        assert request.subject_name == str(alice.uuid)
        assert (request.payload, request.attributes, request.search) == ({}, {}, "")
        assert "alice" not in request.requester_name.lower()
    assert ApprovalRequest.objects.filter(requester=dora, requester_name="dora").count() == 1
