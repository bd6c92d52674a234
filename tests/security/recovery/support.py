"""People who have forgotten their password."""

from __future__ import annotations

import re
from typing import Any, Final

from django.test import Client
from django_tasks_db.models import DBTaskResult

from myaccount.outbox.models import Message
from security.recovery.models import RecoverySettings

FORGOT: Final = "/myaccount/forgot-password/"
WAYS: Final = f"{FORGOT}ways/"
CODE: Final = f"{FORGOT}code/"
NEW: Final = f"{FORGOT}new/"
NEW_PASSPHRASE: Final = "nine purple paper sailboats"


def run_jobs() -> None:
    """Do what the requests have queued for the background, as the worker does."""
    for job in DBTaskResult.objects.ready().order_by("enqueued_at"):
        if job.task_path.startswith("security.recovery"):
            job.task.func(*job.args_kwargs["args"])
            job.delete()


def turn_on(**switches: Any) -> RecoverySettings:
    """Everything on, no captcha, unless told otherwise."""
    everything = {"question_recovery": True, "email_recovery": True, "sms_recovery": True, "username_recovery": True}
    row = RecoverySettings(**{**everything, "captcha": "off", **switches})
    row.save()
    return row


def begin(browser: Client, identifier: str = "alice") -> Any:
    return browser.post(FORGOT, {"identifier": identifier})


def ask(browser: Client, way: str = "email", identifier: str = "alice") -> Any:
    """Begin, choose a way, and let the worker send what is to be sent."""
    assert begin(browser, identifier)["Location"] == WAYS
    response = browser.post(WAYS, {"way": way})
    run_jobs()
    return response


def newest(topic: str = "recovery_code") -> Message:
    return Message.objects.filter(topic=topic).latest("created_at")


def code_of(message: Message) -> str:
    found = re.search(r"\b(\d{6})\b", message.text)
    assert found is not None, message.text
    return found[1]


def link_of(message: Message) -> str:
    found = re.search(r"/myaccount/forgot-password/link/[\w-]+/", message.text)
    assert found is not None, message.text
    return found[0]


def prove(browser: Client, way: str = "email", identifier: str = "alice") -> Any:
    """As far as the new password or the second factor."""
    ask(browser, way, identifier)
    return browser.post(CODE, {"code": code_of(newest())})


def set_new(browser: Client, password: str = NEW_PASSPHRASE) -> Any:
    return browser.post(NEW, {"new_password": password, "confirm_new_password": password})
