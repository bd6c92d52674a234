"""What happens to every request before a view sees it."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from myaccount.users.models import User
from myaccount.web.middleware import TrustedProxyMiddleware
from sessions_app.models import LoginSession
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.people import make_person

PROXIES = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "192.0.2.7", "fd00::/8")]


def seen(remote: str, **headers: str) -> dict[str, Any]:
    """The request as views see it, sent from `remote` with these headers."""
    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    found: dict[str, Any] = {}

    def view(request: HttpRequest) -> HttpResponse:
        found.update(request.META)
        return HttpResponse()

    TrustedProxyMiddleware(view)(request)
    return found


@pytest.mark.parametrize(
    ("remote", "forwarded_for", "client"),
    [
        ("198.51.100.1", "", "198.51.100.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),  # not a proxy of ours: what it says is nothing
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # whatever the client wrote stands further left
        ("10.0.0.1", "127.0.0.1,10.9.9.9,203.0.113.9,10.0.0.2, 192.0.2.7", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.2,10.0.0.3", "10.0.0.2"),  # a client inside
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "garbage", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, garbage", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, garbage, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", ",,,", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.999", "10.0.0.1"),
        ("10.0.0.1", "127.1", "10.0.0.1"),
        ("10.0.0.1", "<script>, ' OR 1=1", "10.0.0.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),  # a proxy seen through a double-stack socket
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "", "fe80::1"),  # the database knows no zones
        ("10.0.0.1", "fe80::1%eth0'--", "fe80::1"),
        ("", "203.0.113.9", "0.0.0.0"),
        ("unix:", "203.0.113.9", "0.0.0.0"),
    ],
)
def test_the_client_is_the_first_address_that_is_no_proxy_of_ours(
    settings: Settings, remote: str, forwarded_for: str, client: str
) -> None:
    """Security 7."""
    settings.TRUSTED_PROXIES = PROXIES
    assert seen(remote, x_forwarded_for=forwarded_for)["REMOTE_ADDR"] == client


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
def test_no_header_stops_a_request_or_invents_a_client(header: str) -> None:
    """Security 7."""
    address = seen("198.51.100.1", x_forwarded_for=header)["REMOTE_ADDR"]
    assert address == "198.51.100.1"


def test_forwarding_headers_of_strangers_are_not_even_seen(settings: Settings) -> None:
    """Security 7: neither the scheme nor the host can be forged."""
    settings.TRUSTED_PROXIES = PROXIES
    headers = {
        "x_forwarded_for": "203.0.113.9",
        "x_forwarded_proto": "https",
        "x_forwarded_host": "evil.example",
        "forwarded": "for=203.0.113.9",
    }
    found = seen("198.51.100.1", **headers)
    assert not [name for name in found if "FORWARDED" in name]
    assert seen("10.0.0.1", **headers)["HTTP_X_FORWARDED_PROTO"] == "https"


def test_a_forged_address_reaches_neither_the_session_nor_the_event(alice: User) -> None:
    """Security 7."""
    browser = new_browser(address="198.51.100.1")
    browser.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
    sign_in(browser)
    assert LoginSession.objects.get().ip == "198.51.100.1"


@pytest.mark.parametrize(
    ("length", "status"),
    [("6000001", 413), ("99999999999999999999", 413), ("-1", 400), ("1e9", 400), ("", 200), ("x", 400)],
)
def test_a_body_larger_than_any_form_is_refused_unread(db: None, client: Client, length: str, status: int) -> None:
    """Security 90."""
    assert client.get(SIGN_IN, CONTENT_LENGTH=length).status_code == status


def test_a_form_larger_than_forms_are_is_too_large_as_well(db: None, client: Client) -> None:
    """Security 90: between the limit of forms and the limit of pictures."""
    response = client.post(SIGN_IN, {"identifier": "x" * 2_000_000, "password": "x"})
    assert response.status_code == 413
    assert "too large" in response.content.decode()


def test_a_form_of_countless_fields_is_refused(db: None, client: Client) -> None:
    """Security 90."""
    assert client.post(SIGN_IN, {f"f{number}": "" for number in range(300)}).status_code in (400, 413)


@pytest.mark.parametrize("path", ["/myaccount/%00", "/myaccount/security/?edit=%00", "/\x00", "/myaccount/?a%00=b"])
def test_a_nul_in_the_address_is_refused(alices: Client, path: str) -> None:
    """Security 90."""
    assert alices.get(path).status_code in (400, 404)


def test_pages_speak_the_language_of_the_person_then_of_the_browser(alice: User) -> None:
    browser = new_browser()
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "ar-xb, en;q=0.5"
    page = browser.get(SIGN_IN)
    assert page["Content-Language"] == "ar-xb"
    assert '<html lang="ar-xb" dir="rtl">' in page.content.decode()
    alice.language = "en-xa"
    alice.save()
    sign_in(browser)
    assert browser.get("/myaccount/")["Content-Language"] == "en-xa"


@pytest.mark.parametrize("language", ["xx", "../../etc", "e" * 10])
def test_a_language_we_do_not_have_is_no_trouble(db: None, language: str) -> None:
    make_person(language=language)
    browser = sign_in(new_browser())
    assert browser.get("/myaccount/")["Content-Language"] == "en"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../../etc/passwd", "/etc/passwd", "Europe/\x00"[:7], "a" * 64])
def test_a_time_zone_we_do_not_have_is_no_trouble(db: None, zone: str) -> None:
    make_person(time_zone=zone)
    assert sign_in(new_browser()).get("/myaccount/").status_code == 200


def test_times_are_shown_in_the_persons_zone(alices: Client, alice: User, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T12:00:00+00:00", tick=False)
    browser = sign_in(new_browser())
    alice.time_zone = "Asia/Kolkata"
    alice.save()
    assert "17:30" in browser.get("/myaccount/security/").content.decode()


def test_choosing_a_language_holds_in_this_browser_and_in_the_account(alice: User) -> None:
    browser = new_browser()
    chosen = browser.post("/myaccount/language/", {"language": "en-xa", "next": SIGN_IN})
    assert chosen["Location"] == SIGN_IN
    assert browser.get(SIGN_IN)["Content-Language"] == "en-xa"
    sign_in(browser)
    browser.post("/myaccount/language/", {"language": "ar-xb", "next": "/myaccount/"})
    alice.refresh_from_db()
    assert alice.language == "ar-xb"
    assert browser.get("/myaccount/")["Content-Language"] == "ar-xb"


@pytest.mark.parametrize("language", ["", "xx", "en\r\nSet-Cookie: a=b", "../en", "e" * 5000])
def test_a_language_we_do_not_have_cannot_be_chosen(alices: Client, alice: User, language: str) -> None:
    response = alices.post("/myaccount/language/", {"language": language})
    assert response.status_code == 302
    assert "language" not in response.cookies
    alice.refresh_from_db()
    assert alice.language == ""
