"""`manage.py worker`, end to end: it sends what is queued and runs what is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from myaccount.outbox import services as outbox
from myaccount.outbox.models import Message, State
from myaccount.schedule.models import JobRun
from myaccount.schedule.registry import jobs
from myaccount.schedule.services import run_due
from tests.support.servers import free_port
from tests.support.worker import work_once

pytestmark = pytest.mark.django_db(transaction=True)


def a_mail() -> Message:
    context = {"code": "123456", "minutes": 60, "link": "http://localhost:8000/myaccount/x/"}
    return outbox.send_email("prove_email", to="alice@example.org", user=None, now=timezone.now(), context=context)


def test_the_worker_sends_what_is_queued_and_runs_what_is_due() -> None:
    messages = [a_mail() for _ in range(3)]
    work_once()
    assert len(mail.outbox) == 3
    assert {m.state for m in Message.objects.all()} == {State.SENT}
    assert JobRun.objects.filter(finished_at__isnull=False, last_error="").count() == len(jobs())
    assert DBTaskResult.objects.filter(status="SUCCESSFUL").count() == len(messages)


def test_a_second_look_does_nothing_twice() -> None:
    a_mail()
    work_once()
    started = dict(JobRun.objects.values_list("name", "started_at"))
    work_once()
    assert len(mail.outbox) == 1
    assert dict(JobRun.objects.values_list("name", "started_at")) == started


def test_what_fails_is_tried_again_later_by_a_job_of_its_own(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    message = a_mail()
    work_once()
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.QUEUED, 1)
    [job] = DBTaskResult.objects.exclude(status="SUCCESSFUL")
    assert job.run_after == message.next_attempt_at


def test_a_message_whose_job_was_lost_is_sent_in_the_end() -> None:
    message = a_mail()
    DBTaskResult.objects.all().delete()
    work_once()
    assert mail.outbox == []
    run_due(now=timezone.now() + timedelta(minutes=5))
    work_once()
    message.refresh_from_db()
    assert message.state == State.SENT
    assert len(mail.outbox) == 1
