"""A crash between the last decision and its effect, and effects that fail: nothing is lost, nothing happens twice."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from approvals.requests import decisions
from approvals.requests.execution import carry_out, resume
from approvals.requests.models import ApprovalRequest, RequestState
from approvals.requests.submissions import describe, fingerprint
from approvals.tasks import resume_agreed
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users.models import User
from tests.approvals.support import CRASH, ask, department_of, make_workflow, task_of
from tests.support.people import make_person

# The approval of a request by another process, which dies where the environment says so.
_APPROVE = """
import os, sys
import django
from django.conf import settings
django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import tests.approvals.support
from django.utils import timezone
from approvals.requests import decisions
from approvals.requests.models import ApprovalRequest
from approvals.requests.submissions import describe, fingerprint
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
request = ApprovalRequest.objects.get()
task = request.tasks.get()
if sys.argv[2] == "before":
    decisions.carry_out = lambda *arguments, **named: os._exit(9)
decisions.approve(
    task_pk=task.pk, by=User.objects.get(username="bob"), seen=fingerprint(describe(request)), origin=SYSTEM,
    now=timezone.now(),
)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("on_postgresql")
@pytest.mark.parametrize("where", ["before", "during"])
def test_a_process_that_dies_between_decision_and_effect_is_made_up_for(where: str) -> None:
    """Security 87: before the effect began, and in the middle of it, with half of it written."""
    alice, bob = make_person(), make_person("bob")
    make_workflow([bob])
    request = ask(alice)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "myaccount.settings.test"}
    environment |= {CRASH: "1"} if where == "during" else {}
    name = str(connection.settings_dict["NAME"])
    died = subprocess.run(
        [sys.executable, "-c", _APPROVE, name, where],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert died.returncode == 9, died.stderr
    request.refresh_from_db()
    assert request.state == RequestState.AGREED
    assert department_of(alice) == ""
    assert not Event.objects.filter(kind__in=[EventKind.PROFILE_CHANGED, EventKind.OPERATION_APPROVED]).exists()
    for _ in range(2):
        resume_agreed(timezone.now())
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    assert department_of(alice) == "Tea"
    for kind in (EventKind.APPROVAL_GIVEN, EventKind.PROFILE_CHANGED, EventKind.OPERATION_APPROVED):
        assert Event.objects.filter(kind=kind).count() == 1
    assert Message.objects.filter(topic="request_outcome").count() == 1


def test_what_fails_unforeseen_stays_agreed_and_is_tried_later_and_later(alice: User, bob: User, caplog: Any) -> None:
    make_workflow([bob])
    request, now = ask(alice, "explosion"), timezone.now()
    seen = fingerprint(describe(request))
    decisions.approve(task_pk=task_of(request).pk, by=bob, seen=seen, origin=SYSTEM, now=now)
    request.refresh_from_db()
    assert (request.state, request.attempts) == (RequestState.AGREED, 1)
    assert resume(now=now + timedelta(seconds=59)) == 0
    assert resume(now=now + timedelta(seconds=61)) == 1
    request.refresh_from_db()
    assert (request.attempts, request.next_attempt_at) == (2, now + timedelta(seconds=61 + 120))
    assert "nobody foresaw this" in caplog.text
    assert not Message.objects.filter(topic="request_outcome").exists()
    ApprovalRequest.objects.update(payload={"value": "Tea", "was": ""})
    assert resume(now=now + timedelta(hours=1)) == 1
    assert department_of(alice) == "Tea"


def test_nothing_is_carried_out_that_is_not_agreed(alice: User, bob: User) -> None:
    make_workflow([bob])
    request = ask(alice)
    for state in RequestState:
        if state != RequestState.AGREED:
            ApprovalRequest.objects.update(state=state)
            carry_out(request.pk, now=timezone.now())
    assert department_of(alice) == ""


def test_a_request_survives_the_account_of_who_asked(alice: User, bob: User, carol: User) -> None:
    make_workflow([bob])
    request = ask(alice, subject=carol)
    alice.delete()
    request.refresh_from_db()
    seen = fingerprint(describe(request))
    decisions.approve(task_pk=task_of(request).pk, by=bob, seen=seen, origin=SYSTEM, now=timezone.now())
    request.refresh_from_db()
    assert (request.state, request.requester, request.requester_name) == (RequestState.APPROVED, None, "Alice Liddell")
    assert department_of(carol) == "Tea"
