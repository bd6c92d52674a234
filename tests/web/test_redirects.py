"""Where `next` may lead: to a page of ours, whatever is tried."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from myaccount.users.models import User
from myaccount.web.redirects import safe_next
from tests.support.browsing import SIGN_IN, new_browser
from tests.support.people import PASSPHRASE

OVERVIEW = "/myaccount/"
ELSEWHERE = [
    "https://evil.example/",
    "http:evil.example",
    "//evil.example",
    "///evil.example/myaccount/",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/myaccount/\\..\\..\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/%2fevil.example",
    "/%2F%2Fevil.example",
    "%2f%2fevil.example",
    "/%5cevil.example",
    "/%255cevil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "\x00//evil.example",
    " //evil.example",
    " /myaccount/",
    "/myaccount/\r\nSet-Cookie: a=b",
    "https://testserver@evil.example/myaccount/",
    "https://user:password@testserver/myaccount/",
    "//testserver/myaccount/",
    "http://testserver/myaccount/",
    "http:///myaccount/",
    "///",
    "//",
    "myaccount/",
    "?next=/",
    "#",
    "/no/such/page",
    "/myaccount/\u202egro.live/",
    "/myaccount/?" + "x" * 4000,
    "https://[::1",
    "/[",
    "／／evil.example",
    "/\u2028/evil.example",
    "mailto:a@evil.example",
    "//evil.example\\@testserver/",
    "/myaccount//evil.example/../",
    "\ufeff//evil.example",
]


def where_a_browser_goes(location: str) -> str:
    """The host a browser would ask: WHATWG drops tabs and line breaks and reads a backslash as a slash."""
    seen = re.sub(r"[\t\r\n]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    seen = re.sub(r"^/{2,}", "//", seen)
    return urlsplit(urljoin("http://testserver/myaccount/sign-in/", seen)).netloc


@pytest.mark.parametrize("value", ["", None, *ELSEWHERE])
def test_any_other_target_leads_to_the_overview(value: str | None) -> None:
    """Security 11."""
    assert safe_next(value) == OVERVIEW


@pytest.mark.parametrize(
    "value",
    [
        "/myaccount/",
        "/myaccount/security/?edit=password#change-password",
        "/myaccount/security/history/?kind=password&before=12",
        "/admin/",
        "/myaccount/personal-info/?q=%C3%A9t%C3%A9",
    ],
)
def test_pages_of_ours_are_kept_with_their_query(value: str) -> None:
    assert safe_next(value) == value


def test_the_default_can_be_another_page() -> None:
    assert safe_next("//evil.example", default="sign-in") == SIGN_IN


_part = st.sampled_from(
    ["/", "\\", "//", ":", "@", "?", "#", ".", "..", "%2f", "%5c", "%09", "\t", "\n", "\x00", "evil.example",
     "testserver", "myaccount", "admin/", "http", "javascript", "https://", "\u202e", "[", "]"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=40), st.lists(_part, max_size=8).map("".join)))
@example("/admin//evil.example")
@example("/admin/..//evil.example")
def test_no_text_at_all_leads_to_another_host(value: str) -> None:
    """Security 11."""
    result = safe_next(value)
    assert result in (value, OVERVIEW)
    assert where_a_browser_goes(result) == "testserver"
    assert not any(ord(character) < 32 for character in result)


@pytest.mark.parametrize("value", ELSEWHERE)
def test_signing_in_leads_nowhere_else(alice: User, value: str) -> None:
    """Security 11: on success, given by form or by link, and with a session already there."""
    for by_form in (True, False):
        browser = new_browser()
        form = {"identifier": "alice", "password": PASSPHRASE}
        address = SIGN_IN if by_form else f"{SIGN_IN}?next={quote(value, safe='')}"
        response = browser.post(address, {**form, "next": value} if by_form else form)
        assert (response.status_code, response.get("Location")) in ((302, OVERVIEW), (400, None))
    again = browser.get(SIGN_IN, {"next": value})
    assert (again.status_code, again.get("Location")) in ((302, OVERVIEW), (400, None), (200, None))


@pytest.mark.parametrize("value", ELSEWHERE)
def test_a_failed_sign_in_offers_nowhere_else(alice: User, value: str) -> None:
    """Security 11: on the error path."""
    response = new_browser().post(SIGN_IN, {"identifier": "alice", "password": "wrong", "next": value})
    assert response.status_code in (422, 400)
    assert set(re.findall(r'name="next" value="([^"]*)"', response.content.decode())) <= {""}


def test_a_good_target_outlives_a_failed_try(alice: User) -> None:
    browser, target = new_browser(), "/myaccount/security/history/?kind=password"
    page = browser.post(SIGN_IN, {"identifier": "alice", "password": "wrong", "next": target})
    assert (
        '<input type="hidden" name="next" value="/myaccount/security/history/?kind=password">' in page.content.decode()
    )
    done = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": target})
    assert done["Location"] == target


@pytest.mark.parametrize("value", ELSEWHERE[:24])
def test_confirming_leads_nowhere_else(alices: Client, value: str) -> None:
    """Security 11: success and error of the step-up page."""
    wrong = alices.post("/myaccount/confirm/", {"password": "wrong", "next": value})
    assert wrong.status_code in (422, 400)
    assert "evil.example" not in wrong.content.decode()
    right = alices.post("/myaccount/confirm/", {"password": PASSPHRASE, "next": value})
    assert (right.status_code, right.get("Location")) in ((302, OVERVIEW), (400, None))


@pytest.mark.parametrize("value", ELSEWHERE[:24])
def test_switching_languages_leads_nowhere_else(db: None, value: str) -> None:
    """Security 11."""
    response = new_browser().post("/myaccount/language/", {"language": "en", "next": value})
    assert (response.status_code, response.get("Location")) in ((302, SIGN_IN), (400, None))
