"""Requests that are wrong in one thing each. Whoever cannot be answered for certain is sent nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from consent.consents.models import Consent
from consent.tokens.models import Grant
from tests.consent.support import ask_for
from tests.support.relying_party import AUTHORIZE, REDIRECT_URI, RelyingParty, parameters_of, relying_party, target_of

pytestmark = pytest.mark.usefixtures("consent")


def assert_sent_nowhere(response: Any) -> None:
    assert response.status_code == 400
    assert "Location" not in response
    assert "evil" not in response.content.decode()
    assert 'http-equiv="refresh"' not in response.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "redirect_uri",
    [
        None,
        "",
        "https://evil.example/callback",
        "https://pickup.example/callback/",
        "https://pickup.example/callback/../callback",
        "https://pickup.example/callback/..%2fcallback",
        "https://pickup.example/callback?extra=1",
        "https://pickup.example/callback#fragment",
        "https://pickup.example:443/callback",
        "https://PICKUP.example/callback",
        "https://pickup.example@evil.example/callback",
        "https://pickup.example.evil.example/callback",
        "https://evil.example\\@pickup.example/callback",
        "http://pickup.example/callback",
        "//pickup.example/callback",
        "/callback",
        "javascript:alert(1)",
        f"{REDIRECT_URI} https://evil.example/",
        f"{REDIRECT_URI}\n",
        f" {REDIRECT_URI}",
    ],
)
def test_redirect_uris_are_those_registered_to_the_letter(
    alices: Client, pickup: RelyingParty, redirect_uri: str | None
) -> None:
    """Security 76."""
    assert_sent_nowhere(alices.get(pickup.request(redirect_uri=redirect_uri)))
    assert_sent_nowhere(alices.post(pickup.request(redirect_uri=redirect_uri), {"decision": "allow"}))


@pytest.mark.parametrize("client_id", [None, "", "nobody", "no\x00body", "x" * 300, "ünknown", "pickup' OR 1=1"])
def test_an_unknown_application_gets_no_answer(alices: Client, pickup: RelyingParty, client_id: str | None) -> None:
    """Security 76, 90."""
    assert_sent_nowhere(alices.get(pickup.request(client_id=client_id)))


def test_an_application_that_is_switched_off_gets_no_answer(alices: Client, pickup: RelyingParty) -> None:
    """Security 18."""
    pickup.application.is_active = False
    pickup.application.save()
    assert_sent_nowhere(alices.get(pickup.request()))


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "nonce", "prompt", "code_challenge"])
def test_nothing_is_said_twice(alices: Client, pickup: RelyingParty, name: str) -> None:
    assert_sent_nowhere(alices.get(f"{pickup.request(prompt='login')}&{name}=https://evil.example/"))


@pytest.mark.parametrize("query", ["%", "client_id=%ff%fe", "client_id=%00", "=&=&=", "client_id=a;redirect_uri=b"])
def test_what_cannot_be_read_is_no_request(alices: Client, query: str) -> None:
    """Security 90."""
    assert_sent_nowhere(alices.get(f"{AUTHORIZE}?{query}"))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "x" * 129}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"nonce": "n" * 256}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[]"}, None),
        ({"claims": "[1]"}, "invalid_request"),
        ({"claims": '"text"'}, "invalid_request"),
        ({"claims": '{"userinfo": ["email"]}'}, "invalid_request"),
        ({"claims": '{"id_token": {"acr": "x", "sub": []}}'}, None),
        ({"claims": '{"id_token": {"acr": {"essential": true, "values": "x"}}}'}, None),
        ({"id_token_hint": "none"}, "invalid_request"),
    ],
)
def test_the_application_is_told_what_is_wrong(
    alices: Client, pickup: RelyingParty, changes: dict[str, str | None], error: str | None
) -> None:
    """Security 76: with `state` and `iss`, so that it knows whose answer this is."""
    answer = pickup.answer(alices, **changes)
    assert answer.get("error") == error
    assert (answer["state"], answer["iss"]) == ("the-state", "http://localhost:8000")
    assert Grant.objects.exists() == (error is None)


def test_scopes_nobody_knows_are_left_out(alices: Client, pickup: RelyingParty) -> None:
    given = pickup.tokens(alices, scope="openid email admin offline_access")
    assert given["scope"] == "openid email"


@pytest.mark.parametrize(
    "extra",
    [
        {"approval_prompt": "auto"},
        {"approval_prompt": "force"},
        {"skip_authorization": "true"},
        {"allow": "true"},
        {"decision": "allow"},
        {"claim_email": "on", "claim_given_name": "on"},
        {"resource": "https://evil.example/"},
    ],
)
def test_no_parameter_stands_in_for_consent(alices: Client, extra: dict[str, str]) -> None:
    """Security 79."""
    other = relying_party("Other", redirect_uris="https://other.example/callback")
    page = alices.get(other.request(**extra))
    assert page.status_code == 200
    assert b'value="allow"' in page.content
    assert not Grant.objects.exists()
    silent = other.answer(alices, prompt="none", **extra)
    assert silent["error"] == "consent_required"


def test_a_tampered_form_changes_nothing_of_the_request(alices: Client, pickup: RelyingParty) -> None:
    """Security 79: scope, client, redirect URI, challenge and claims are those of the query string."""
    ask_for(pickup.application, "mobile")
    other = relying_party("Other", redirect_uris="https://evil.example/")
    Consent.objects.all().delete()
    form = {
        "decision": "allow", "claim_given_name": "on", "claim_mobile": "on", "claim_country": "on", "allow": "True",
        "client_id": other.application.client_id, "redirect_uri": "https://evil.example/", "scope": "openid phone",
        "code_challenge": "x" * 43, "code_challenge_method": "plain", "nonce": "evil", "state": "evil",
        "claims": json.dumps({"userinfo": {"phone_number": None}}), "prompt": "none", "response_type": "token",
    }  # fmt: skip
    url = target_of(alices.post(pickup.request(), form))
    assert url.startswith(REDIRECT_URI)
    assert parameters_of(url)["state"] == "the-state"
    grant = Grant.objects.get()
    assert grant.application == pickup.application
    assert (grant.nonce, grant.code_challenge_method, grant.scope) == ("the-nonce", "S256", "openid profile email")
    assert grant.release == {"userinfo": ["given_name", "email"], "id_token": []}
    given = pickup.exchange(parameters_of(url)["code"]).json()
    assert pickup.userinfo(given["access_token"]).json().keys() == {"sub", "given_name"}


def test_what_is_mandatory_cannot_be_left_out(alices: Client, pickup: RelyingParty) -> None:
    """Security 79."""
    Consent.objects.all().delete()
    for form in ({"decision": "allow"}, {"decision": "allow", "claim_email": "on"}):
        assert alices.post(pickup.request(), form).status_code == 422
    assert not Consent.objects.exists()
    assert not Grant.objects.exists()


@pytest.mark.parametrize("decision", ["", "yes", "ALLOW", "deny "])
def test_only_allow_allows(alices: Client, pickup: RelyingParty, decision: str) -> None:
    Consent.objects.all().delete()
    page = alices.post(pickup.request(), {"decision": decision, "claim_given_name": "on"})
    assert page.status_code == 200
    assert b'value="allow"' in page.content
    assert not Grant.objects.exists()


def test_the_form_needs_its_token(alice: Any, pickup: RelyingParty, alices: Client) -> None:
    """Security 12, 79."""
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = alices.cookies
    assert careful.post(pickup.request(), {"decision": "allow", "claim_given_name": "on"}).status_code == 403


def test_another_sites_form_is_only_asked_again_by_get(alices: Client, pickup: RelyingParty) -> None:
    """Security 12; OpenID Connect Core 1.0, 3.1.2.1: an application may also send people by POST."""
    stranger = Client(enforce_csrf_checks=True)
    response = stranger.post(AUTHORIZE, parameters_of(pickup.request()))
    assert response.status_code == 200
    assert target_of(response).startswith(f"{AUTHORIZE}?client_id=")
    assert not Grant.objects.exists()
    assert target_of(alices.get(target_of(response))).startswith(f"{REDIRECT_URI}?code=")


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "data:text/html,x", "evil://x", "file:///etc/passwd"])
def test_people_are_sent_to_the_web_alone(alices: Client, pickup: RelyingParty, scheme: str) -> None:
    """Security 11, 24: whatever an administrator could have registered."""
    pickup.application.redirect_uris = pickup.application.post_logout_redirect_uris = scheme
    pickup.application.save()
    for changes in ({}, {"prompt": "consent"}, {"scope": "x"}, {"response_type": "token"}):
        for response in (alices.get(pickup.request(**changes)), alices.post(pickup.request(), {"decision": "deny"})):
            assert response.status_code == 400
            assert "Location" not in response
            assert b"http-equiv" not in response.content
    out = {"client_id": pickup.application.client_id, "post_logout_redirect_uri": scheme}
    assert alices.get("/oauth2/logout/", out).status_code == 400


def test_the_consent_page_cannot_be_framed(alices: Client, pickup: RelyingParty) -> None:
    """Security 85."""
    page = alices.get(pickup.request(prompt="consent"))
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["head", "put", "delete", "options", "patch"])
def test_other_methods_give_no_code(alices: Client, pickup: RelyingParty, method: str) -> None:
    assert getattr(alices, method)(pickup.request()).status_code == 405
    assert not Grant.objects.exists()
