"""Hostile text in every field of every form, in paths, queries, headers and bodies: refused or inert."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from myaccount.users.models import User
from profile.current import current_value
from profile.models import Profile
from profile.services import fingerprint
from sessions_app.models import LoginSession
from tests.support.addresses import Address, addresses
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.people import PASSPHRASE, make_person

MARK = "<b id=hostile>"
CORPUS = {
    "html": f"{MARK}</textarea></title></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "code": "{{ 7|add:7 }}{% now 'Y' %}${7*7} '; DROP TABLE users_user; -- %s%n{0.__class__} ../../etc/passwd",
    "json": '{"__proto__": {"is_staff": true}}',
    "long": "x" * 10_000,
    "long letters": "ﷺ" * 10_000,
    "nul": "a\x00b",
    "line breaks": "a\r\nSet-Cookie: hostile=1\r\n\r\nb\x07\x1b[2J\x7f\x85",
    "right to left": "\u202egnp.exe\u202c\u2066x\u2069\u200f\u200b\ufeff",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪Z" + "\u0335" * 100,
    "unassigned": "\U000e0001\ufdd0\uffff",
    "digits": "٣" * 30,
    "big number": "9" * 400,
    "address": "javascript:alert(1)//@example.org",
}
FIELDS = (
    "identifier", "password", "current_password", "new_password", "confirm_new_password", "value", "opened_with",
    "code", "language", "next", "gravatar", "username", "name", "kind", "token",
)  # fmt: skip
ENDS_SESSIONS = {"sign-out", "terminate-all-sessions", "terminate-other-sessions", "delete-account"}
FORMS = [a for a in addresses() if a.path.startswith("/myaccount/") and a.name not in ENDS_SESSIONS]
ATTRIBUTES = (
    "given_name", "family_name", "organization", "country", "telephone", "im", "url", "department", "birthdate",
    "address", "locale", "zoneinfo", "role", "username", "email", "picture", "no_such",
)  # fmt: skip
PAGES = (
    "/myaccount/",
    "/myaccount/personal-info/?edit=given_name",
    "/myaccount/security/",
    "/myaccount/security/history/",
)

PUBLIC = [address for address in FORMS if not hasattr(address.view, "requires_sign_in")]
BY_GET = [a for a in FORMS if a.name not in ("change-attribute", "change-contact") and "/use" not in a.path]
SHOWN = {name: CORPUS[name] for name in ("html", "long", "line breaks", "big number")}

by_text = pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)


def assert_refused_or_inert(response: Any, where: str) -> None:
    """Security 23, 90: an answer of ours, and what was sent is text in it at most."""
    assert response.status_code in (200, 301, 302, 400, 403, 404, 405, 409, 413, 422, 429), where
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert MARK.encode() not in content, where
    assert b"Traceback" not in content
    assert b"UNKNOWN VARIABLE" not in content, where
    assert "hostile" not in response.cookies
    assert not any("\n" in value or "\r" in value for value in response.headers.values())


@pytest.fixture
def careless(alice: User) -> Client:
    """Alice's browser; an exception in a view is an error page, as for people."""
    return sign_in(new_browser(raise_request_exception=False))


@by_text
def test_every_form_refuses_it_or_takes_it_as_text(careless: Client, alice: User, text: str) -> None:
    """Security 23, 90: signed in and not."""
    stranger = new_browser(raise_request_exception=False)
    for browser, forms in ((stranger, PUBLIC), (careless, FORMS)):
        for address in forms:
            response = browser.post(address.path, dict.fromkeys(FIELDS, text))
            assert_refused_or_inert(response, address.path)
    assert careless.get("/myaccount/").status_code == 200


@by_text
def test_every_attribute_refuses_it_or_keeps_it_as_text(careless: Client, alice: User, text: str) -> None:
    """Security 22, 23: with a form that was opened properly."""
    for name in ATTRIBUTES:
        alice.refresh_from_db()
        opened_with = fingerprint(current_value(name, user=alice, profile=Profile.objects.get(user=alice)))
        path = f"/myaccount/personal-info/profile/{name}/"
        assert_refused_or_inert(careless.post(path, {"value": text, "opened_with": opened_with}), path)
    for path in PAGES:
        page = careless.get(path)
        assert page.status_code == 200
        assert_refused_or_inert(page, path)
    alice.refresh_from_db()
    assert (alice.username, alice.email, alice.is_staff) == ("alice", "alice@example.org", False)


@by_text
def test_every_address_bears_it_in_its_path_and_query(careless: Client, text: str) -> None:
    """Security 90."""
    quoted = quote(text[:1500])
    query = "&".join(f"{name}={quoted}" for name in ("edit", "next", "kind", "before", "ended", "everywhere"))
    stranger = new_browser(raise_request_exception=False)
    for browser, views in ((stranger, PUBLIC[:1]), (careless, BY_GET)):
        for path in (f"/{quoted}", f"/myaccount/{quoted}/"):
            assert_refused_or_inert(browser.get(path), path)
        for address in views:
            assert_refused_or_inert(browser.get(f"{address.path}?{query}"), address.path)
    path = f"/myaccount/personal-info/profile/{quoted}/"
    assert_refused_or_inert(careless.post(path, {"value": "x"}), path)


@by_text
def test_every_header_bears_it(alice: User, text: str) -> None:
    """Security 23, 26, 90: what a server lets through, read as Latin-1."""
    raw = text.replace("\r", "").replace("\n", "").encode().decode("latin-1")
    headers = dict.fromkeys(("accept-language", "accept", "referer", "x-requested-with", "x-forwarded-for"), raw)
    browser = new_browser(user_agent=raw, raise_request_exception=False)
    browser.defaults.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()})
    for name in ("language", "csrf", "known", "messages", "session"):
        browser.cookies[name] = raw
    assert_refused_or_inert(browser.get(SIGN_IN), "sign-in")
    browser.cookies.clear()
    sign_in(browser)
    assert len(LoginSession.objects.get().user_agent) <= 512
    for path in PAGES:
        assert_refused_or_inert(browser.get(path), path)


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_the_administration_shows_it_as_text(db: None, text: str) -> None:
    """Security 23: user agents, names and values of people, in lists and in details."""
    raw = text.replace("\r", "").replace("\n", "").encode().decode("latin-1")
    admin = make_person("admin", is_staff=True, is_superuser=True)
    victim = make_person("victim", values={"given_name": text.replace("\x00", "")[:150]})
    User.objects.filter(pk=victim.pk).update(display_name=text.replace("\x00", "")[:200])
    sign_in(new_browser(user_agent=raw), "victim")
    browser = sign_in(new_browser(raise_request_exception=False), "admin")
    session = LoginSession.objects.get(user=victim)
    for path in (
        "/admin/",
        "/admin/users/user/",
        f"/admin/users/user/{victim.pk}/change/",
        "/admin/sessions_app/loginsession/",
        f"/admin/sessions_app/loginsession/{session.pk}/change/",
        "/admin/activity/event/",
        f"/admin/users/user/?q={quote(text[:500])}",
        f"/admin/activity/event/?q={quote(text[:500])}&p={quote(text[:50])}&o={quote(text[:50])}",
        f"/admin/users/user/{quote(text[:100], safe='')}/change/",
    ):
        assert_refused_or_inert(browser.get(path), path)
    assert admin.is_staff


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"identifier=%ff%fe&password=%c3%28", "application/x-www-form-urlencoded"),
        (b"identifier=\xff\xfe&password=\xc3\x28", "application/x-www-form-urlencoded"),
        (b"identifier=%ed%a0%80&password=%f4%90%80%80", "application/x-www-form-urlencoded"),
        (b"identifier=alice&password=%00", "application/x-www-form-urlencoded"),
        (b"identifier=%EF%BF%BF&password=%EF%B7%90", "application/x-www-form-urlencoded"),
        (b"identifier=alice", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"identifier=alice", "application/x-www-form-urlencoded; charset=nonsense"),
        (b'{"identifier": "alice"}', "application/json"),
        (b"\x00" * 100, "application/octet-stream"),
        (b"nonsense", "multipart/form-data"),
        (b"nonsense", "multipart/form-data; boundary="),
        (b"nonsense", "multipart/form-data; boundary=" + "x" * 300),
        (b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="identifier"\r\n\r\n\xff\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="password"; filename="x"\r\n\r\nx\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="x"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
        (b"&=&=&" * 50, "application/x-www-form-urlencoded"),
        (b"a&" * 500, "application/x-www-form-urlencoded"),
        (b"", ""),
    ],
)
def test_a_body_of_any_kind_is_refused_or_read(careless: Client, body: bytes, content_type: str) -> None:
    """Security 90: bad UTF-8, other kinds of bodies, broken ones."""
    for browser in (new_browser(raise_request_exception=False), careless):
        for path in (
            SIGN_IN,
            "/myaccount/confirm/",
            "/myaccount/personal-info/profile/given_name/",
            "/myaccount/language/",
        ):
            assert_refused_or_inert(browser.generic("POST", path, body, content_type=content_type), path)


@pytest.mark.parametrize(
    "path",
    [
        "/%ff",
        "/%c3%28/",
        "/myaccount/%ed%a0%80/",
        "/%",
        "/%2",
        "//",
        "//evil.example",
        "/\\",
        "/;",
        "/myaccount/../../etc",
    ],
)
def test_an_odd_path_is_not_found(db: None, path: str) -> None:
    """Security 90."""
    response = new_browser(raise_request_exception=False).get(path)
    assert_refused_or_inert(response, path)
    assert "evil.example" not in response.get("Location", "").split("/myaccount/", maxsplit=1)[0].lstrip("/")


@pytest.mark.parametrize(
    "more",
    [
        {"is_staff": "on", "is_superuser": "on"},
        {"user": "2", "user_id": "2", "pk": "2", "id": "2"},
        {"email_verified": "1", "email_verified_at": "2026-11-22", "mobile_verified_at": "2026-11-22"},
        {"username": "mallory", "email": "mallory@example.org", "is_active": ""},
        {"tenant": "other", "version": "7", "values": '{"role": "admin"}', "name": "role"},
    ],
)
def test_fields_nobody_asked_for_are_ignored(careless: Client, alice: User, bob: User, more: dict[str, str]) -> None:
    """Security 22: at every form, and each person changes their own only."""
    before = [User.objects.filter(pk=p.pk).values().get() | {"last_login": None} for p in (alice, bob)]
    opened_with = fingerprint("Alice")
    form = {"value": "Alicia", "opened_with": opened_with, **more}
    assert careless.post("/myaccount/personal-info/profile/given_name/", form).status_code == 302
    careless.post("/myaccount/confirm/", {"password": PASSPHRASE, **more})
    careless.post("/myaccount/language/", {"language": "en-xa", **more})
    careless.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, **more})
    after = [User.objects.filter(pk=p.pk).values().get() | {"last_login": None} for p in (alice, bob)]
    assert after[1] == before[1]
    changed = {name for name, value in after[0].items() if value != before[0].get(name)}
    assert changed == {"display_name", "language"}
    assert Profile.objects.get(user=alice).values == {"given_name": "Alicia", "family_name": "Liddell"}


def test_the_walk_knows_the_forms() -> None:
    assert {address.name for address in FORMS} >= {
        "sign-in",
        "confirm-access",
        "change-password",
        "change-attribute",
        "change-contact",
    }
    assert all(isinstance(address, Address) for address in FORMS)
