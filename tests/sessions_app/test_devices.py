"""What a User-Agent header tells, and what it may cost."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from myaccount.users.models import User
from sessions_app.devices import browser_on_system, describe
from sessions_app.models import LoginSession
from tests.support.browsing import new_browser, sign_in
from tests.support.people import CHROME, FIREFOX, SAFARI_PHONE


@pytest.mark.parametrize(
    ("user_agent", "title", "is_handheld"),
    [
        (FIREFOX, "Firefox on Windows", False),
        (CHROME, "Chrome on Linux", False),
        (SAFARI_PHONE, "Mobile Safari on iOS", True),
        ("curl/8.4.0", "curl", False),
        ("", "Unknown browser", False),
        ("\x00\x01\x02", "Unknown browser", False),
        ("nonsense", "Unknown browser", False),
    ],
)
def test_a_header_becomes_words(user_agent: str, title: str, is_handheld: bool) -> None:
    device = describe(user_agent)
    assert browser_on_system(device.browser, device.operating_system) == title
    assert device.is_handheld == is_handheld


@pytest.mark.parametrize("user_agent", [";" * 8192, "(" * 8192, "Mozilla/5.0 " * 700, "a" * 100_000, "😀" * 8192])
def test_a_long_header_is_cut_before_it_is_read(user_agent: str) -> None:
    """Security 26: 8 kB of semicolons once took a quarter of a second."""
    start = time.process_time()
    device = describe(user_agent)
    assert time.process_time() - start < 0.1
    assert max(map(len, (device.browser, device.operating_system, device.model))) <= 100


def test_only_the_first_512_characters_count() -> None:
    """Security 26."""
    assert describe(" " * 512 + FIREFOX).browser == ""


@pytest.mark.parametrize(
    "user_agent", [";" * 8192, "<script>alert(1)</script>", "x\x00y", "\u202eFirefox", "é" * 8192, "a\tb"]
)
def test_a_hostile_header_is_stored_short_and_shown_as_text(alice: User, user_agent: str) -> None:
    """Security 23, 26, 90."""
    browser = sign_in(new_browser(user_agent))
    assert len(LoginSession.objects.get().user_agent) <= 512
    for path in ("/myaccount/", "/myaccount/security/", "/myaccount/security/history/"):
        page = browser.get(path)
        assert page.status_code == 200
        assert b"<script>alert" not in page.content


def test_no_header_at_all_is_no_trouble(alice: User) -> None:
    browser = sign_in(Client())
    assert "Unknown browser" in browser.get("/myaccount/security/").content.decode()
