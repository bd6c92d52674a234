"""People who register themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from consent.purposes.selectors import account_purpose
from myaccount.activity.services import Origin
from myaccount.operations import services as operations
from myaccount.operations.registry import Execution, Submission
from myaccount.outbox.models import Message
from myaccount.registration.models import RegistrationSettings
from tests.support.people import PASSPHRASE

REGISTER: Final = "/myaccount/register/"
CODE: Final = f"{REGISTER}code/"
LINK: Final = f"{REGISTER}link/"
RESULT: Final = f"{REGISTER}result/"
ADDRESS: Final = "dora@example.net"


def allow(**settings: Any) -> RegistrationSettings:
    """Self-registration is on, without a captcha, unless told otherwise."""
    row = RegistrationSettings(**{"is_allowed": True, "asks_captcha": False, **settings})
    row.save()
    return row


def form(**changes: Any) -> dict[str, Any]:
    """What a browser sends for dora, after these changes; None leaves a field out."""
    filled = {
        "username": "dora",
        "email": ADDRESS,
        "attribute_given_name": "Dora",
        "attribute_family_name": "Explorer",
        "new_password": PASSPHRASE,
        "purpose_version": str(account_purpose().version),
        "agree_needed": "on",
        "agree_given_name": "on",
        "agree_family_name": "on",
    }
    return {name: value for name, value in {**filled, **changes}.items() if value is not None}


def run_jobs() -> None:
    """Do what the requests have queued for the background, as the worker does."""
    for job in DBTaskResult.objects.ready().order_by("enqueued_at"):
        if job.task_path.startswith("myaccount.registration"):
            job.task.func(*job.args_kwargs["args"])
            job.delete()


def register(browser: Client, **changes: Any) -> Any:
    """Send the form, and let the worker send what is to be sent."""
    response = browser.post(REGISTER, form(**changes))
    run_jobs()
    return response


def newest(topic: str = "registration_code") -> Message:
    return Message.objects.filter(topic=topic).latest("created_at")


def code_of(message: Message) -> str:
    found = re.search(r"^(\d{6})$", message.text, re.MULTILINE)
    assert found is not None, message.text
    return found[1]


def link_of(message: Message) -> str:
    found = re.search(r"/myaccount/register/link/[\w-]+/", message.text)
    assert found is not None, message.text
    return found[0]


def prove(browser: Client, **changes: Any) -> Any:
    """Register, and enter the code."""
    assert register(browser, **changes)["Location"] == CODE
    return browser.post(CODE, {"code": code_of(newest())})


class Gate:
    """Lets registrations wait, as a workflow does."""

    def __init__(self) -> None:
        self.held: dict[UUID, Submission] = {}

    def __call__(self, submission: Submission, origin: Origin, now: datetime) -> operations.Waiting | None:
        uuid = uuid4()
        self.held[uuid] = submission
        return operations.Waiting(uuid)

    @property
    def only(self) -> tuple[UUID, Submission]:
        [item] = self.held.items()
        return item


@contextmanager
def gate() -> Iterator[Gate]:
    """A gate that holds everything, while this lasts."""
    before, holding = [*operations._gate], Gate()
    operations.install_gate(holding)
    try:
        yield holding
    finally:
        operations._gate[:] = before


def refuse(held: Gate, reason: str = "") -> None:
    """Say no, as the approvals do."""
    _, submission = held.only
    operations.give_up(submission, Execution(by=None, now=timezone.now()), reason=reason)


def send_every_mail(browser: Client, *, known: str) -> None:
    """All that people are told by mail: two of them register, one is approved. `known` has an account."""
    allow()
    register(browser, username="third", email=known)
    for username in ("dora", "second"):
        with gate() as holding:
            prove(browser, username=username, email=f"{username}@example.net")
        if username == "dora":
            operations.carry_out(holding.only[1], Execution(by=None, now=timezone.now()))
    refuse(holding, "second")
