"""Providers that lie, dawdle or break, over real HTTP."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from linked_accounts.federated import adapters
from linked_accounts.federated.models import IdentityProvider
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from myaccount.web import encryption
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.identity_provider import CLIENT_ID, Mutant, RunningProvider, begin, connected, parameters

LIES = [
    {"claims": {"iss": "https://other.example"}},
    {"claims": {"iss": None}},
    {"claims": {"sub": None}},
    {"claims": {"sub": ""}},
    {"claims": {"sub": ["carol-there"]}},
    {"claims": {"sub": "carol\0there"}},
    {"claims": {"sub": "carol\ud800there"}},
    {"claims": {"iss": "\0\ud800"}},
    {"claims": {"nonce": "\ud800"}},
    {"claims": {"aud": "other"}},
    {"claims": {"aud": ["other"]}},
    {"claims": {"aud": [CLIENT_ID, "other"]}},
    {"claims": {"aud": "other", "azp": CLIENT_ID}},
    {"claims": {"aud": None}},
    {"claims": {"azp": "other"}},
    {"claims": {"nonce": "another"}},
    {"claims": {"nonce": None}},
    {"claims": {"exp": 1}},
    {"claims": {"exp": None}},
    {"claims": {"iat": None}},
    {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    {"algorithm": "none"},
    {"algorithm": "HS256"},
    {"signs_with_unknown_key": True},
    {"userinfo": {"sub": "somebody-else"}},
]
REFUSALS = [b'{"error": "\\u0000"}', b'{"error": "\\ud800"}', b'{"error": {"a": "\\u0000"}}']
DEEP = b"[" * 200_000
UNREADABLE_TOKENS = [
    b'{"id_token": "' + base64.urlsafe_b64encode(part) + b'.e30.e30", "access_token": "a", "token_type": "Bearer"}'
    for part in (DEEP, b"\xff", b'{"alg": {}}', b'{"alg": "RS256", "kid": []}', b'{"alg": "RS256", "kid": "\\ud800"}')
]
BROKEN = [
    {"at": "/token", "answer": DEEP},
    {"at": "/token", "answer": b'{"access_token": "a", "token_type": "Bearer", "expires_in": 1e400}'},
    {"at": "/token", "answer": b'{"access_token": "a", "token_type": "Bearer", "expires_in": [1]}'},
    {"at": "/token", "answer": b"{"},
    {"at": "/token", "answer": b"[1]"},
    {"at": "/token", "status": 500},
    {"at": "/token", "redirects_to": "/keys"},
    {"at": "/keys", "answer": b"\xff\xfe"},
    {"at": "/keys", "redirects_to": "/other-keys"},
    {"at": "/userinfo", "answer": b"[" * 200_000},
    {"at": "/userinfo", "answer": b"x" * 600_000},
    {"at": "/userinfo", "status": 403},
    {"at": "/userinfo", "redirects_to": "/token"},
]


@pytest.fixture
def nobody(alice: User, provider: IdentityProvider) -> Client:
    """A browser of somebody who has connected an account."""
    connected(alice, provider)
    return new_browser()


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_lies_are_refused(nobody: Client, university: RunningProvider, lie: dict[str, Any]) -> None:
    """Security 75."""
    url = begin(nobody)
    university.mutant = Mutant(**lie)
    assert nobody.get(university.show(url)).status_code == 400
    assert nobody.get("/myaccount/").status_code == 302
    assert Event.objects.get(kind=EventKind.IDENTITY_REFUSED).data["why"]


@pytest.mark.parametrize("lie", [{"sends_iss": False}, {"iss": "https://other.example"}], ids=str)
def test_an_answer_of_another_provider_is_refused(
    nobody: Client, university: RunningProvider, lie: dict[str, Any]
) -> None:
    """Security 73: Authlib leaves `iss` in the callback to us."""
    back = university.show(begin(nobody), sends_iss=False)
    assert nobody.get(back + (f"&iss={lie['iss']}" if "iss" in lie else "")).status_code == 400


def test_a_code_of_another_request_is_refused(nobody: Client, university: RunningProvider) -> None:
    """Security 73: PKCE."""
    first, second = university.show(begin(nobody)), university.show(begin(nobody))
    code = first.split("code=")[1].split("&")[0]
    swapped = second.replace(second.split("code=")[1].split("&")[0], code)
    assert nobody.get(swapped).status_code == 400


@pytest.mark.parametrize("answer", [*REFUSALS, *UNREADABLE_TOKENS], ids=lambda answer: answer[:40].decode())
def test_what_a_refusal_says_is_kept_as_text(nobody: Client, university: RunningProvider, answer: bytes) -> None:
    """Security 75: the database takes neither NUL nor half a surrogate, and nothing nests without end."""
    url = begin(nobody)
    university.mutant = Mutant(at="/token", answer=answer)
    assert nobody.get(university.show(url)).status_code == 400
    assert Event.objects.get(kind=EventKind.IDENTITY_REFUSED).data["why"].isprintable()


@pytest.mark.parametrize("error", ["%E2%80%AE", "%ED%A0%80", "x" * 5000])
def test_an_error_in_the_callback_is_kept_as_text(nobody: Client, university: RunningProvider, error: str) -> None:
    """Security 75."""
    state, issuer = parameters(begin(nobody))["state"][0], university.issuer
    back = f"/myaccount/sign-in/with/university/callback/?error={error}&state={state}&iss={issuer}"
    assert nobody.get(back).status_code == 400
    assert len(Event.objects.get(kind=EventKind.IDENTITY_REFUSED).data["why"]) <= 200


@pytest.mark.parametrize("methods", [5, {}, "client_secret_basic", None])
def test_whatever_it_says_of_clients_the_secret_goes_into_the_header(
    nobody: Client, university: RunningProvider, methods: object
) -> None:
    university.mutant = Mutant(metadata={"token_endpoint_auth_methods_supported": methods})
    assert nobody.get(university.show(begin(nobody))).status_code == 302


def test_a_secret_goes_into_the_form_where_that_is_offered(nobody: Client, university: RunningProvider) -> None:
    """A header would take characters beyond Latin 1 for none, and a percent sign for half of one."""
    secret = "100% geheim+ß–✓"
    IdentityProvider.objects.update(client_secret=encryption.encrypt(secret.encode()))
    methods = ["client_secret_basic", "client_secret_post"]
    university.secret, university.mutant = secret, Mutant(metadata={"token_endpoint_auth_methods_supported": methods})
    assert nobody.get(university.show(begin(nobody))).status_code == 302


@pytest.mark.parametrize("break_", BROKEN, ids=lambda mutant: str({**mutant, "answer": "…"}))
def test_broken_answers_get_a_clear_page(nobody: Client, university: RunningProvider, break_: dict[str, Any]) -> None:
    """Security 75: redirects are not followed, and no answer is read without end."""
    url = begin(nobody)
    university.mutant = Mutant(**break_)
    response = nobody.get(university.show(url))
    assert response.status_code == 503
    assert b"University cannot be reached" in response.content
    assert "/other-keys" not in university.asked


@pytest.mark.parametrize(
    ("at", "why"), [("/token", "token endpoint: 500 Server Error"), ("/userinfo", "userinfo endpoint: answered 500")]
)
def test_the_log_says_why_a_provider_could_not_be_used(
    nobody: Client, university: RunningProvider, caplog: pytest.LogCaptureFixture, at: str, why: str
) -> None:
    """Security 75: and nothing that opens anything."""
    IdentityProvider.objects.update(client_secret=encryption.encrypt(b"the client secret"))
    university.secret = "the client secret"
    back = university.show(begin(nobody))
    university.mutant = Mutant(at=at, status=500)
    assert nobody.get(back).status_code == 503
    (line,) = [record.getMessage() for record in caplog.records if record.name == "linked_accounts.federated.flows"]
    assert line.startswith(f"identity provider university cannot be used: {why}")
    assert parameters(back)["code"][0] not in line
    assert "the client secret" not in line


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"}, {"issuer": None}, {"token_endpoint": "ftp://there"}, {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"}, {"token_endpoint": ["https://a.example"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_discovery_document_that_lies_is_not_used(
    nobody: Client, university: RunningProvider, metadata: dict[str, Any]
) -> None:
    """Security 11, 75."""
    university.mutant = Mutant(metadata=metadata)
    assert nobody.post("/myaccount/sign-in/with/university/").status_code == 503


def test_private_addresses_and_plain_http_need_the_operators_word(
    nobody: Client, university: RunningProvider, settings: Settings
) -> None:
    """Security 25."""
    settings.PRIVATE_ADDRESSES_ALLOWED = False
    assert nobody.post("/myaccount/sign-in/with/university/").status_code == 503
    IdentityProvider.objects.update(issuer=university.issuer.replace("http:", "https:"))
    assert nobody.post("/myaccount/sign-in/with/university/").status_code == 503
    assert university.asked == []


def test_a_slow_provider_gets_a_clear_page_in_five_seconds(nobody: Client, university: RunningProvider) -> None:
    """Whatever takes how long; and signing in with a password goes on as ever."""
    url = begin(nobody)
    university.mutant = Mutant(at="/", delay=2.5)  # each within its time, all together not
    began = time.monotonic()
    response = nobody.get(university.show(url))
    assert response.status_code == 503
    assert time.monotonic() - began < 5.5  # with what this machine takes for itself
    assert b"in any other way" in response.content
    sign_in(nobody)


def test_a_slow_provider_gets_one_at_the_button_too(nobody: Client, university: RunningProvider) -> None:
    university.mutant = Mutant(at="/.well-known", delay=10)
    began = time.monotonic()
    assert nobody.post("/myaccount/sign-in/with/university/").status_code == 503
    assert time.monotonic() - began < 5


def test_a_provider_that_hangs_when_asked_who_it_is_holds_up_one(nobody: Client, university: RunningProvider) -> None:
    """Everybody else waits for nothing while it is left alone."""
    answers = [university.show(begin(nobody)) for _ in range(3)]
    university.mutant = Mutant(at="/token", delay=10)
    assert nobody.get(answers[0]).status_code == 503
    began = time.monotonic()
    assert nobody.get(answers[1]).status_code == nobody.get(answers[2]).status_code == 503
    assert time.monotonic() - began < 1
    assert university.asked.count("/token") == 1


def test_an_answer_too_long_about_one_person_stops_nobody_else(nobody: Client, university: RunningProvider) -> None:
    first, second = university.show(begin(nobody)), university.show(begin(nobody))
    university.mutant = Mutant(at="/userinfo", answer=b"x" * 600_000)
    assert nobody.get(first).status_code == 503
    university.mutant = Mutant()
    assert nobody.get(second).status_code == 302


def test_a_provider_that_is_down_is_not_asked_by_everybody(
    nobody: Client, university: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    university.mutant = Mutant(at="/.well-known", status=502)
    for _ in range(3):
        assert nobody.post("/myaccount/sign-in/with/university/").status_code == 503
    assert len(university.asked) == 1
    assert nobody.get(SIGN_IN).status_code == 200


def test_a_new_key_is_fetched_once(nobody: Client, university: RunningProvider) -> None:
    """Security 75: providers replace their keys."""
    assert nobody.get(university.show(begin(nobody))).status_code == 302
    nobody.post("/myaccount/sign-out/")
    university.rotate()
    assert nobody.get(university.show(begin(nobody))).status_code == 302
    assert university.asked.count("/keys") == 2
    assert university.asked.count("/.well-known/openid-configuration") == 1


def test_the_limits_are_those_that_were_promised() -> None:
    assert adapters.ALL_WITHIN < 5
    assert (adapters.CONNECT_WITHIN, adapters.READ_WITHIN, adapters.KEPT_FOR) == (2, 3, 300)


@pytest.mark.parametrize(
    "query", ["", "?state=", "?state=%00", "?code=a&state=b", "?error=x&state=" + "y" * 5000, "?iss[]=1"]
)
def test_a_callback_nobody_asked_for_is_a_clear_page(nobody: Client, university: RunningProvider, query: str) -> None:
    response = nobody.get(f"/myaccount/sign-in/with/university/callback/{query}")
    assert response.status_code == 400
    assert b"no longer valid" in response.content or "%00" in query
    assert university.asked == []
