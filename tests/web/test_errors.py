"""What people see when something goes wrong."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from myaccount.web import errors
from tests.support.browsing import SIGN_IN, new_browser
from tests.support.failing_urls import FAILURES

RESPONSES = {
    400: errors.bad_request,
    403: errors.permission_denied,
    404: errors.page_not_found,
    405: lambda request: errors.method_not_allowed(request, allowed="POST"),
    413: errors.too_large,
    429: lambda request: errors.too_many_requests(request, retry_after=61),
    500: errors.server_error,
}


def words_of(response: Any) -> str:
    body = re.sub(r"<(style|script|svg).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def assert_is_a_page_of_ours(response: Any) -> None:
    """In the portal's dress, kept by nobody, with what every response wears (security 16, 89)."""
    page = response.content.decode()
    assert "<h1>" in page
    assert 'href="/myaccount/"' in page
    assert "UNKNOWN VARIABLE" not in page
    assert "secret detail" not in page
    assert "Traceback" not in page
    assert response["Cache-Control"] == "no-store"


def assert_wears_its_headers(response: Any) -> None:
    """Security 89."""
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("language", ["en", "en-xa", "ar-xb"])
@pytest.mark.parametrize("status", RESPONSES)
def test_an_error_page_needs_nothing_to_be_shown(rf: RequestFactory, status: int, language: str) -> None:
    """No database (tests block it), no session, no person: any of them may be what failed."""
    with translation.override(language):
        response: HttpResponse = RESPONSES[status](rf.get("/"))
    assert response.status_code == status
    assert_is_a_page_of_ours(response)
    assert f'lang="{language}"' in response.content.decode()


@pytest.mark.urls("tests.support.failing_urls")
@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_view_that_fails_shows_a_page_of_ours(db: None, how: str, method: str) -> None:
    """Security 89, 90."""
    browser = new_browser(raise_request_exception=False)
    response = getattr(browser, method)(f"/fail/{how}/")
    assert response.status_code == int(how[:3])
    assert_is_a_page_of_ours(response)
    assert_wears_its_headers(response)


@pytest.mark.urls("tests.support.failing_urls")
@pytest.mark.parametrize("how", FAILURES)
def test_a_failure_does_not_sign_anybody_out(alices: Client, how: str) -> None:
    alices.raise_request_exception = False
    alices.get(f"/fail/{how}/")
    assert alices.get("/myaccount/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/no/such/page/", "/myaccount/no-such-page/", "/myaccount/picture/x" * 100, "/%ff%fe/"]
)
def test_an_unknown_address_is_a_404_of_ours(db: None, client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert_is_a_page_of_ours(response)
    assert_wears_its_headers(response)


def test_a_foreign_form_is_a_403_that_says_what_to_do(db: None) -> None:
    """Security 12."""
    browser = new_browser(enforce_csrf_checks=True)
    response = browser.post(SIGN_IN, {"identifier": "alice", "password": "x"})
    assert response.status_code == 403
    assert "load the page again" in words_of(response)
    assert_is_a_page_of_ours(response)
    assert_wears_its_headers(response)


@pytest.mark.parametrize(("path", "status"), [("/myaccount/%00", 400), ("/myaccount/?a=%00", 400)])
def test_an_unreadable_request_is_a_400_of_ours(db: None, client: Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert_is_a_page_of_ours(response)
    assert_wears_its_headers(response)


def test_a_huge_body_is_a_413_of_ours(db: None, client: Client) -> None:
    response = client.generic("POST", SIGN_IN, b"", CONTENT_LENGTH=str(10**9))
    assert response.status_code == 413
    assert_is_a_page_of_ours(response)
    assert_wears_its_headers(response)


def test_an_address_of_forms_opened_as_a_page_is_a_405_of_ours(alices: Client) -> None:
    """Somebody presses Enter in the address bar after a refused form."""
    response = alices.get("/myaccount/security/change-password/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert_is_a_page_of_ours(response)
    assert_wears_its_headers(response)


def test_a_pause_says_how_long(rf: RequestFactory) -> None:
    response = errors.too_many_requests(rf.get("/"), retry_after=61)
    assert response["Retry-After"] == "61"
    assert "Wait 2 minutes" in words_of(response)


@contextmanager
def database_down() -> Iterator[None]:
    def refuse(*args: Any) -> None:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize("path", ["/myaccount/", "/myaccount/security/", "/myaccount/sign-in/", "/admin/"])
def test_while_the_database_is_down_every_page_says_so(alices: Client, path: str) -> None:
    alices.raise_request_exception = False
    with database_down():
        response = alices.get(path)
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert_is_a_page_of_ours(response)
    assert_wears_its_headers(response)
    assert alices.get("/myaccount/").status_code == 200


def test_probes_tell_a_dead_database_from_a_dead_process(db: None, client: Client) -> None:
    assert (client.get("/health").status_code, client.get("/ready").status_code) == (200, 200)
    with database_down():
        assert (client.get("/health").status_code, client.get("/ready").status_code) == (200, 503)


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_probes_may_ask_for_headers_only(db: None, client: Client, path: str) -> None:
    assert client.head(path).status_code == 200
