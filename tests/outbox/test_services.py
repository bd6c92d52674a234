"""Messages: queued with the change, sent once, tried again, given up, and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import unquote

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from myaccount.outbox import services as outbox
from myaccount.outbox.models import Channel, Message, State
from myaccount.users.models import User
from tests.support.parallel import in_parallel
from tests.support.people import make_person
from tests.support.servers import MailServer, free_port, mail_server, sms_gateway

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_mail(user: User | None = None, *, life: timedelta = HOUR, is_secret: bool = True, now: datetime = NOW) -> Message:
    context = {"code": "123456", "minutes": 60, "link": "http://localhost:8000/myaccount/x/sesame/"}
    return outbox.send_email(
        "prove_email", to="alice@example.org", user=user, now=now, context=context, life=life, is_secret=is_secret
    )


def a_text(*, now: datetime = NOW) -> Message:
    context = {"code": "123456", "minutes": 10, "host": "localhost"}
    return outbox.send_sms(
        "prove_mobile", to="+447400123456", user=None, now=now, context=context, life=HOUR, is_secret=True
    )


def use(settings: Settings, server: MailServer, *, timeout: float = 5) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, timeout


def attempt(message: Message, *, now: datetime = NOW) -> Message:
    outbox.attempt(str(message.pk), now=now)
    message.refresh_from_db()
    return message


def test_a_mail_reaches_a_real_server_with_both_its_parts(db: None, settings: Settings) -> None:
    with mail_server() as server:
        use(settings, server)
        message = attempt(a_mail())
    assert message.state == State.SENT
    assert message.sent_at is not None
    [mail] = server.received
    assert mail["To"] == "alice@example.org"
    assert mail["Message-ID"] == f"<{message.pk}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "123456" in plain.get_content()
    assert "123456" in html.get_content()
    assert server.senders == ["no-reply@localhost"]


def test_what_was_secret_is_removed_once_it_is_sent(db: None, settings: Settings) -> None:
    settings.OUTBOX_KEEPS_BODIES = False
    with mail_server() as server:
        use(settings, server)
        secret, open_one = attempt(a_mail()), attempt(a_mail(is_secret=False))
    assert secret.state == open_one.state == State.SENT
    assert (secret.text, secret.html) == ("", "")
    assert "123456" not in secret.subject
    assert open_one.text
    assert open_one.html


@pytest.mark.parametrize("temper", [{"reply": "550 no such person"}, {"reply": "451 later"}])
def test_a_server_that_refuses_is_asked_again_later(db: None, settings: Settings, temper: dict[str, str]) -> None:
    with mail_server(**temper) as server:
        use(settings, server)
        message = attempt(a_mail())
    assert message.state == State.QUEUED
    assert message.attempts == 1
    assert message.last_error == f"SMTPDataError {temper['reply'][:3]}"
    assert message.next_attempt_at == NOW + timedelta(seconds=10)
    assert "123456" in message.text


def test_a_server_that_stalls_is_left_after_the_time_out(db: None, settings: Settings) -> None:
    with mail_server(delay=1.5) as server:
        use(settings, server, timeout=0.2)
        message = attempt(a_mail())
    assert message.state == State.QUEUED
    assert message.attempts == 1
    assert message.last_error


def test_a_server_that_hangs_up_gets_the_same_message_again(db: None, settings: Settings) -> None:
    """It may have taken it: the second copy has the same Message-ID, so mailboxes show one."""
    with mail_server(hangs_up=True) as server:
        use(settings, server)
        message = attempt(a_mail())
        assert message.state == State.QUEUED
        server.hangs_up = False
        message = attempt(message, now=NOW + timedelta(seconds=10))
    assert message.state == State.SENT
    assert {mail["Message-ID"] for mail in server.received} == {f"<{message.pk}@localhost>"}


def test_no_server_at_all_is_no_more_than_a_reason_to_wait(db: None, settings: Settings) -> None:
    use(settings, MailServer(port=free_port()))
    message = attempt(a_mail())
    assert message.state == State.QUEUED
    assert message.last_error == "ConnectionRefusedError"


def test_a_message_nobody_can_send_is_given_up_not_tried_for_ever(db: None, settings: Settings) -> None:
    """An address that cannot be written into a header must not come back with every worker."""
    with mail_server() as server:
        use(settings, server)
        message = a_mail()
        Message.objects.filter(pk=message.pk).update(recipient="alice@example.org\nBcc: everybody@example.org")
        message = attempt(message)
    assert server.received == []
    assert message.state == State.QUEUED
    assert message.attempts == 1
    assert message.last_error == "ValueError"


def test_pauses_grow_until_the_message_is_given_up(db: None, settings: Settings) -> None:
    settings.OUTBOX_KEEPS_BODIES = False
    use(settings, MailServer(port=free_port()))
    message, now, pauses = a_mail(life=timedelta(days=7)), NOW, []
    while message.state == State.QUEUED:
        message = attempt(message, now=now)
        if message.next_attempt_at:
            pauses.append((message.next_attempt_at - now).total_seconds())
            now = message.next_attempt_at
    assert message.state == State.ABANDONED
    assert message.attempts == outbox.MAX_ATTEMPTS
    assert len(pauses) == outbox.MAX_ATTEMPTS - 1
    assert all(earlier <= later for earlier, later in pairwise(pauses))
    assert pauses[0] == 10
    assert pauses[-1] == 3600
    assert (message.text, message.html) == ("", "")


def test_a_message_is_not_tried_before_its_time(db: None, settings: Settings) -> None:
    use(settings, MailServer(port=free_port()))
    message = attempt(a_mail())
    assert attempt(message, now=NOW + timedelta(seconds=9)).attempts == 1
    assert attempt(message, now=NOW + timedelta(seconds=10)).attempts == 2


def test_a_code_is_not_sent_after_it_has_expired(db: None, settings: Settings) -> None:
    settings.OUTBOX_KEEPS_BODIES = False
    with mail_server() as server:
        use(settings, server)
        message = attempt(a_mail(), now=NOW + HOUR)
    assert server.received == []
    assert message.state == State.EXPIRED
    assert message.text == ""


def test_a_message_that_would_expire_before_the_next_try_is_over(db: None, settings: Settings) -> None:
    use(settings, MailServer(port=free_port()))
    message = attempt(a_mail(life=timedelta(seconds=10)))
    assert message.state == State.EXPIRED


def test_a_sent_message_is_not_sent_again(db: None, settings: Settings) -> None:
    with mail_server() as server:
        use(settings, server)
        message = attempt(a_mail())
        attempt(message, now=NOW + HOUR / 2)
    assert len(server.received) == 1


def test_a_text_message_goes_to_the_number_through_the_gateway(db: None, settings: Settings) -> None:
    with sms_gateway() as gateway:
        settings.SMS_URL = f"json://127.0.0.1:{gateway.port}/send/{{to}}"
        message = attempt(a_text())
    assert message.channel == Channel.SMS
    assert message.state == State.SENT
    [(path, body)] = gateway.received
    assert unquote(path.rstrip("/")) == "/send/+447400123456"
    assert "123456" in body["message"]


def test_a_gateway_that_refuses_is_asked_again_later(db: None, settings: Settings) -> None:
    with sms_gateway(status=503) as gateway:
        settings.SMS_URL = f"json://127.0.0.1:{gateway.port}/{{to}}"
        message = attempt(a_text())
    assert message.state == State.QUEUED
    assert message.last_error == "the gateway refused or did not answer"


def test_a_gateway_address_nobody_understands_is_told_to_the_administrator(db: None, settings: Settings) -> None:
    settings.SMS_URL = "nonsense://{to}"
    assert attempt(a_text()).last_error == "SMS_URL cannot be read by Apprise"


def test_without_a_gateway_production_says_so_and_development_shows_the_text(db: None, settings: Settings) -> None:
    settings.SMS_URL, settings.DEVELOPMENT = "", False
    assert attempt(a_text()).last_error == "SMS_URL is not set"
    settings.DEVELOPMENT = True
    assert attempt(a_text()).state == State.SENT


def test_a_message_speaks_the_language_of_its_person(db: None) -> None:
    reader = make_person(language="en-xa")
    assert a_mail(reader).subject != a_mail(None).subject


def test_a_subject_is_one_line(db: None) -> None:
    assert "\n" not in a_mail().subject


@pytest.mark.django_db(transaction=True)
def test_a_change_undone_sends_nothing() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        a_mail()
        raise ZeroDivisionError
    assert not Message.objects.exists()
    assert not DBTaskResult.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_a_message_once(settings: Settings) -> None:
    with mail_server(delay=0.2) as server:
        use(settings, server)
        message = a_mail()
        results = in_parallel(lambda _: outbox.attempt(str(message.pk), now=NOW), 6)
    assert results == [None] * 6
    assert len(server.received) == 1


def test_a_message_whose_worker_died_is_sent_by_another(db: None, settings: Settings) -> None:
    message = a_mail()
    Message.objects.filter(pk=message.pk).update(state=State.SENDING, claimed_at=NOW)
    with mail_server() as server:
        use(settings, server)
        assert attempt(message, now=NOW + timedelta(minutes=1)).state == State.SENDING
        assert server.received == []
        assert attempt(message, now=NOW + timedelta(minutes=3)).state == State.SENT
    assert len(server.received) == 1


def test_a_lost_job_is_queued_anew(db: None) -> None:
    waiting, dead = a_mail(), a_mail()
    Message.objects.filter(pk=dead.pk).update(state=State.SENDING, claimed_at=NOW)
    DBTaskResult.objects.all().delete()
    assert outbox.requeue_lost(now=NOW + timedelta(minutes=3)) == 0
    assert outbox.requeue_lost(now=NOW + timedelta(minutes=5)) == 2
    queued = {job.args_kwargs["args"][0] for job in DBTaskResult.objects.all()}
    assert queued == {str(waiting.pk), str(dead.pk)}


def test_a_message_that_waits_for_its_next_try_is_not_lost(db: None, settings: Settings) -> None:
    use(settings, MailServer(port=free_port()))
    attempt(a_mail())
    DBTaskResult.objects.all().delete()
    assert outbox.requeue_lost(now=NOW + timedelta(minutes=3)) == 0


def test_a_long_queue_does_not_make_more_and_more_jobs(db: None) -> None:
    """While the workers are behind, a waiting message gets a job more every few minutes, not every minute."""
    a_mail()
    requeued = [outbox.requeue_lost(now=NOW + timedelta(minutes=minutes)) for minutes in range(5, 15)]
    assert requeued == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_what_left_a_month_ago_is_forgotten(db: None, settings: Settings) -> None:
    with mail_server() as server:
        use(settings, server)
        attempt(a_mail())
    a_mail()
    assert outbox.forget_old(now=NOW + timedelta(days=29)) == 0
    assert outbox.forget_old(now=NOW + timedelta(days=31)) == 1
    assert Message.objects.get().state == State.QUEUED


def test_finished_jobs_are_forgotten_after_a_day(db: None) -> None:
    a_mail(now=timezone.now())
    a_mail(now=timezone.now())
    done = DBTaskResult.objects.order_by("enqueued_at")[0]
    done.claim("worker")
    done.set_successful(None)
    assert outbox.forget_finished_jobs(now=timezone.now()) == 0
    assert outbox.forget_finished_jobs(now=timezone.now() + timedelta(days=2)) == 1
    assert DBTaskResult.objects.count() == 1


def test_the_page_of_sent_messages_shows_them_in_development(db: None, client) -> None:  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        a_mail()
        page = client.get("/outbox/").content.decode()
    assert "alice@example.org" in page
    assert "UNKNOWN VARIABLE" not in page
