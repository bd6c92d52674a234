"""Whatever the mail server does, the pages of recovery answer the same: the worker has to do with it, not they."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from myaccount.outbox import services as outbox
from myaccount.outbox.models import State
from tests.security.recovery.support import CODE, NEW, WAYS, begin, code_of, newest, turn_on
from tests.support.browsing import new_browser
from tests.support.people import make_person
from tests.support.servers import MailServer, free_port, mail_server
from tests.support.worker import work_once

USERNAME = "/myaccount/forgot-username/"
TIMEOUT = 0.3


def use(settings: Settings, server: MailServer) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, TIMEOUT


def seen(browser: Client, identifier: str) -> list[tuple[int, str, str]]:
    """What the pages say of this account, before and after the worker has tried to send."""
    pages = [begin(browser, identifier), browser.get(WAYS), browser.post(WAYS, {"way": "email"}), browser.get(CODE)]
    work_once()
    pages += [browser.post(f"{CODE}resend/", follow=True), browser.post(CODE, {"code": "000000"})]
    pages.append(browser.post(USERNAME, {"email": f"{identifier}@example.org"}))
    return [(page.status_code, page.headers.get("Location", ""), _plain(page)) for page in pages]


def _plain(page: Any) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "temper",
    [{"reply": "550 no such person"}, {"reply": "451 later"}, {"delay": 1.5}, {"hangs_up": True}, None],
    ids=["refuses", "wants to be asked later", "stalls", "hangs up after DATA", "is not there"],
)
def test_the_pages_answer_the_same_meanwhile(settings: Settings, temper: dict[str, Any] | None) -> None:
    """Security 36: for known and unknown accounts, word for word as when all is well; and later the mail comes."""
    make_person()
    turn_on()
    with mail_server() as server:
        use(settings, server)
        as_always = seen(new_browser(), "nobody")
    alices = new_browser()
    if temper is None:
        use(settings, MailServer(port=free_port()))
        assert seen(alices, "alice") == as_always
    else:
        with mail_server(**temper) as server:
            use(settings, server)
            assert seen(alices, "alice") == as_always
    message = newest()
    assert message.state == State.QUEUED
    assert message.last_error

    with mail_server() as server:
        use(settings, server)
        assert message.next_attempt_at is not None
        outbox.attempt(str(message.pk), now=message.next_attempt_at)
    assert newest().state == State.SENT
    assert alices.post(CODE, {"code": code_of(newest())})["Location"] == NEW
