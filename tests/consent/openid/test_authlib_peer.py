"""A whole sign-in by another's hand, over HTTP: Authlib."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.test import override_settings
from joserfc import jwt
from joserfc.jwk import KeySet

from consent.applications.models import Application
from myaccount.settings.base import openid_provider
from tests.support.browsing_over_http import Visitor
from tests.support.people import make_person
from tests.support.relying_party import SECRET, relying_party

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK, BYE = "http://localhost:1/callback", "http://localhost:1/bye"


@pytest.fixture
def portal(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a portal that says that it is there."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    own_keys = [settings.OAUTH2_PROVIDER["OIDC_RSA_PRIVATE_KEY"]]
    with override_settings(OAUTH2_PROVIDER=openid_provider(live_server.url, own_keys, ["https", "http"])):
        make_person("alice", values={"given_name": "Alice"})
        yield live_server.url


@pytest.fixture
def application(portal: str) -> Application:
    party = relying_party(redirect_uris=CALLBACK, post_logout_redirect_uris=BYE, may_work_offline=True)
    return party.application


def client_of(application: Application, metadata: dict[str, Any]) -> OAuth2Session:
    return OAuth2Session(
        application.client_id,
        SECRET,
        scope="openid profile email offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        **metadata,
    )


def test_authlib_signs_somebody_in_and_out(portal: str, application: Application) -> None:
    metadata = requests.get(f"{portal}/.well-known/openid-configuration", timeout=30).json()
    key_set = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=30).json())
    client, verifier, nonce = client_of(application, metadata), generate_token(48), generate_token()
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    person = Visitor(portal)
    assert person.open(url).startswith(f"{portal}/myaccount/sign-in/")
    assert person.sign_in() == url
    callback = person.submit(decision="allow", claim_given_name="on", claim_email="on")
    assert callback.startswith(CALLBACK)

    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=callback, code_verifier=verifier, state=state
    )
    decoded = jwt.decode(token["id_token"], key_set, algorithms=["RS256"])
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={"iss": {"value": metadata["issuer"]}, "aud": {"value": application.client_id}},
        params={"nonce": nonce, "client_id": application.client_id, "access_token": token["access_token"]},
    )
    claims.validate()
    told = client.get(metadata["userinfo_endpoint"]).json()
    assert told == {
        "sub": claims["sub"], "given_name": "Alice", "email": "alice@example.org", "email_verified": True
    }  # fmt: skip

    refreshed = client.refresh_token(metadata["token_endpoint"], token["refresh_token"])
    assert refreshed["access_token"] != token["access_token"]
    introspected = client.introspect_token(metadata["introspection_endpoint"], token=refreshed["access_token"]).json()
    assert introspected["active"] is True
    again, _state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, prompt="none"
    )
    assert "code=" in person.open(again)

    logout = f"{metadata['end_session_endpoint']}?id_token_hint={token['id_token']}&post_logout_redirect_uri={BYE}"
    assert person.open(logout) == BYE
    assert "error=login_required" in person.open(again)
    assert client.get(metadata["userinfo_endpoint"]).status_code == 200  # offline access goes on
    assert client.revoke_token(metadata["revocation_endpoint"], token=refreshed["refresh_token"]).status_code == 200
    assert client.get(metadata["userinfo_endpoint"]).status_code == 401


def test_authlib_is_told_of_a_denial(portal: str, application: Application) -> None:
    metadata = requests.get(f"{portal}/.well-known/openid-configuration", timeout=30).json()
    url, state = client_of(application, metadata).create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=generate_token(48)
    )
    person = Visitor(portal)
    person.open(url)
    person.sign_in()
    callback = person.submit(decision="deny")
    assert callback.startswith(f"{CALLBACK}?error=access_denied")
    assert f"state={state}" in callback
