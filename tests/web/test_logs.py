"""Log lines nobody can forge and that give nothing away."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web.logs import OneLineFormatter
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.people import PASSPHRASE
from tests.support.worker import work_once
from tests.web.test_errors import database_down

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ \S+ ")


@pytest.fixture
def log() -> Iterator[Callable[[], str]]:
    """All that is logged, as production writes it, from debugging messages up."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream.getvalue
    root.setLevel(level)
    root.removeHandler(handler)


def assert_every_line_is_real(text: str) -> None:
    """Each line begins with a time, or is indented below one that does."""
    for line in text.splitlines():
        assert LINE.match(line) or line.startswith("    "), line


@given(st.text(max_size=80))
def test_a_message_is_one_line_whatever_it_says(message: str) -> None:
    """Security 90."""
    record = logging.LogRecord("name", logging.INFO, "", 0, "%s", (message,), None)
    line = OneLineFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert not any(ord(character) < 32 for character in line)


def test_a_failure_is_told_with_its_trace_indented(log: Callable[[], str]) -> None:
    try:
        raise ValueError("one\n2026-11-22 12:00:00,000 INFO forged line")
    except ValueError:
        logging.getLogger("test").exception("it broke")
    assert "Traceback" in log()
    assert_every_line_is_real(log())


FORGERIES = ["x\r\n2026-11-22 12:00:00,000 INFO forged line", "x\x0b\x0c\x1c\x1d\x1e\x85forged", "x\u2028forged\u2029"]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_nothing_a_stranger_sends_forges_a_line(db: None, log: Callable[[], str], forgery: str) -> None:
    """Security 90: path, query, form, user agent, referrer, cookie, host."""
    header = forgery.encode().decode("latin-1")
    browser = new_browser(user_agent=header, raise_request_exception=False)
    browser.cookies["session"] = forgery
    browser.get(f"/no/such/{forgery}/")
    browser.get(SIGN_IN, {"next": forgery, forgery: "x"}, headers={"referer": header})
    browser.post(SIGN_IN, {"identifier": forgery, "password": forgery})
    browser.get(SIGN_IN, headers={"host": header})
    browser.generic("POST", SIGN_IN, b"x", content_type=f"multipart/form-data; boundary={header}")
    browser.generic("POST", SIGN_IN, b"x" * 2_000_000, content_type="application/x-www-form-urlencoded")
    assert log()
    assert_every_line_is_real(log())
    assert not re.search(r"^.{0,40}INFO forged", log(), re.MULTILINE)


def test_a_refused_request_leaves_no_trace_of_code(db: None, log: Callable[[], str]) -> None:
    """Security 90: anybody can have requests refused, so each is one line."""
    browser = new_browser(raise_request_exception=False)
    assert (
        browser.generic("POST", SIGN_IN, b"x" * 2_000_000, content_type="application/x-www-form-urlencoded").status_code
        == 413
    )
    assert browser.generic("POST", SIGN_IN, b"x", content_type="multipart/form-data").status_code == 400
    assert browser.get("/myaccount/%00").status_code == 400
    assert "Traceback" not in log()


@pytest.mark.django_db(transaction=True)
def test_no_secret_reaches_the_log(log: Callable[[], str], request: pytest.FixtureRequest) -> None:
    """Security 90: passwords right and wrong, cookies, codes and links of mails."""
    alice: User = request.getfixturevalue("alice")
    browser = new_browser()
    typed = ["wrong-secret-typed-1", "secret-new-password-12345", "identifier-secret-2"]
    browser.post(SIGN_IN, {"identifier": "alice", "password": typed[0]})
    browser.post(SIGN_IN, {"identifier": typed[2], "password": typed[0]})
    sign_in(browser)
    browser.post("/myaccount/confirm/", {"password": typed[0]})
    browser.post("/myaccount/confirm/", {"password": PASSPHRASE})
    browser.post("/myaccount/personal-info/contact/email/", {"value": "new@example.org", "opened_with": ""})
    change = {"current_password": PASSPHRASE, "new_password": typed[1], "confirm_new_password": typed[1]}
    assert browser.post("/myaccount/security/change-password/", change).status_code == 302
    work_once()
    proof = Message.objects.get(topic="prove_email")
    codes = re.findall(r"\b\d{6}\b|(?<=/link/)[\w-]+", proof.text)
    assert len(codes) >= 2
    alice.refresh_from_db()
    secrets = [
        PASSPHRASE,
        *typed,
        *codes,
        alice.password,
        browser.cookies["session"].value,
        browser.cookies["known"].value,
    ]
    text = log()
    assert "prove_email" in text or "deliver" in text
    assert [secret for secret in secrets if secret in text] == []


def test_a_page_and_its_log_name_no_secret_when_a_view_breaks(alices: Client, log: Callable[[], str]) -> None:
    """Security 90: the trace of a failure has no values in it."""
    alices.raise_request_exception = False
    with database_down():
        page = alices.post("/myaccount/confirm/", {"password": "typed-secret-9"})
    assert page.status_code == 503
    assert "Traceback" in log()
    assert "typed-secret-9" not in log() + page.content.decode()
    assert_every_line_is_real(log())
