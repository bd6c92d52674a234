"""What applications find out by themselves, and keys that change."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client, override_settings
from joserfc.errors import JoseError

from consent import keys
from consent.consents.models import Consent
from myaccount.settings.base import openid_provider
from myaccount.settings.environment import new_signing_key
from tests.support.relying_party import RelyingParty, parameters_of, read_jwt

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/oauth2/keys/"


def test_discovery_names_what_is_there(db: None, client: Client) -> None:
    document = client.get(DISCOVERY).json()
    for name, address in document.items():
        if name.endswith(("_endpoint", "_uri")):
            path = address.removeprefix("http://localhost:8000")
            assert client.get(path).status_code in (200, 302, 400, 401, 405), name
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["response_types_supported"] == ["code"]
    assert document["subject_types_supported"] == ["pairwise", "public"]
    assert document["prompt_values_supported"] == ["none", "login", "consent"]
    assert document["claims_parameter_supported"] is True
    assert document["request_parameter_supported"] is document["request_uri_parameter_supported"] is False
    assert document["backchannel_logout_supported"] is document["backchannel_logout_session_supported"] is True
    assert document["authorization_response_iss_parameter_supported"] is True
    assert {"sub", "email", "email_verified", "phone_number", "acr", "sid"} <= {*document["claims_supported"]}
    assert "registration_endpoint" not in document
    assert not any("implicit" in str(value) or "password" in str(value) for value in document.values())


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_both_may_be_kept_for_an_hour_by_anybody(db: None, client: Client, path: str) -> None:
    response = client.get(path)
    assert response["Cache-Control"] == "public, max-age=3600"
    assert not response.cookies
    assert "Access-Control-Allow-Origin" not in response
    assert client.post(path).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"x-forwarded-host": "evil.example"}, {"forwarded": "host=evil.example"}, {}],
)
def test_the_issuer_is_fixed(alices: Client, pickup: RelyingParty, consent: Consent, headers: dict[str, str]) -> None:
    """Security 83: in the document, in answers and in tokens, whatever host a request was sent to."""
    with override_settings(ALLOWED_HOSTS=["*"]):
        document = alices.get(DISCOVERY, headers=headers)
        answer = parameters_of(alices.get(pickup.request(), headers=headers)["Location"])
        form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": pickup.redirect_uri,
                "code_verifier": pickup.verifier, "client_id": pickup.application.client_id,
                "client_secret": pickup.secret}  # fmt: skip
        given = pickup.server.post("/oauth2/token/", form, headers=headers).json()
    assert b"evil" not in document.content
    assert {document.json()["issuer"], answer["iss"], read_jwt(given["id_token"])["iss"]} == {"http://localhost:8000"}


def test_no_private_half_is_published(client: Client) -> None:
    """Security 88."""
    for key in client.get(KEYS).json()["keys"]:
        assert key.keys() == {"kty", "n", "e", "kid", "use", "alg"}


def test_keys_change_without_a_break(alices: Client, pickup: RelyingParty, consent: Consent, client: Client) -> None:
    """What the old key has signed still verifies, by its `kid`; what comes after is signed by the new one."""
    before = pickup.tokens(alices)
    old_key = keys.signing_key()
    kept = [new_signing_key(), settings.OAUTH2_PROVIDER["OIDC_RSA_PRIVATE_KEY"]]
    with override_settings(OAUTH2_PROVIDER=openid_provider(settings.PUBLIC_URL, kept, ["https", "http"])):
        published = [key["kid"] for key in client.get(KEYS).json()["keys"]]
        assert published == [keys.signing_key().kid, old_key.kid]
        assert published[0] != published[1]
        assert read_jwt(before["id_token"])
        assert pickup.userinfo(before["access_token"]).status_code == 200
        after = pickup.refresh(before["refresh_token"]).json()
        assert keys.verify(after["id_token"], keys.public_key_set())[0]["kid"] == published[0]
        assert "code" in pickup.answer(alices, id_token_hint=before["id_token"])
    with pytest.raises((JoseError, ValueError)):
        read_jwt(after["id_token"])
