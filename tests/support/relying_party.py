"""An application that signs people in, as far as a test needs one: by Django's client, without the network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client
from joserfc import jws
from joserfc.jwk import KeySet

from consent import keys
from consent.applications.models import Application
from consent.openid.scopes import SCOPES
from tests.consent.support import make_application

SECRET = "a-secret-of-a-test-" + "s" * 40
REDIRECT_URI = "https://pickup.example/callback"
AUTHORIZE, TOKEN, USERINFO = "/oauth2/authorize/", "/oauth2/token/", "/oauth2/userinfo/"
INTROSPECT, REVOKE, LOGOUT = "/oauth2/introspect/", "/oauth2/revoke/", "/oauth2/logout/"


def challenge_of(verifier: str) -> str:
    """PKCE's S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def parameters_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return dict(parse_qsl(urlsplit(url).query))


def target_of(response: Any) -> str:
    """Where an answer sends the browser: by a redirect, or by a page of ours that opens it."""
    if response.status_code == 302:
        return str(response["Location"])
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]*)">', response.content.decode())
    assert found is not None, (response.status_code, response.content.decode()[:3000])
    return unescape(found[1])


def read_jwt(token: str) -> dict[str, Any]:
    """The claims of a token of ours, its signature verified as anybody can."""
    key_set = KeySet.import_key_set(keys.public_key_set())  # type: ignore[arg-type]
    claims: dict[str, Any] = json.loads(jws.deserialize_compact(token, key_set, algorithms=["RS256"]).payload)
    return claims


@dataclass
class RelyingParty:
    """One application. Its requests to us come from an address of its own, without a browser's cookies."""

    application: Application
    secret: str = SECRET
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    server: Client = field(default_factory=lambda: Client(REMOTE_ADDR="198.51.100.7"))

    @property
    def redirect_uri(self) -> str:
        return self.application.redirect_uris.split()[0]

    def request(self, **changes: str | None) -> str:
        """The address a person is sent to. A parameter of None is left out."""
        asked: dict[str, str | None] = {
            "client_id": self.application.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile email",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        query = {name: value for name, value in {**asked, **changes}.items() if value is not None}
        return f"{AUTHORIZE}?{urlencode(query)}"

    def answer(self, browser: Client, **changes: str | None) -> dict[str, str]:
        """What the application is told when the person needs no page."""
        return parameters_of(target_of(browser.get(self.request(**changes))))

    def code(self, browser: Client, **changes: str | None) -> str:
        """A code, for somebody who has consented before."""
        return self.answer(browser, **changes)["code"]

    def exchange(self, code: str, **changes: str | None) -> Any:
        """The answer of the token endpoint to a code."""
        asked = {"code": code, "redirect_uri": self.redirect_uri, "code_verifier": self.verifier}
        return self.ask(TOKEN, grant_type="authorization_code", **{**asked, **changes})

    def tokens(self, browser: Client, **changes: str | None) -> dict[str, Any]:
        """Tokens, for somebody who has consented before."""
        response = self.exchange(self.code(browser, **changes))
        assert response.status_code == 200, response.content
        given: dict[str, Any] = response.json()
        return given

    def refresh(self, refresh_token: str, **changes: str | None) -> Any:
        """The answer of the token endpoint to a refresh token."""
        return self.ask(TOKEN, grant_type="refresh_token", **{"refresh_token": refresh_token, **changes})

    def userinfo(self, access_token: str) -> Any:
        return self.server.get(USERINFO, headers={"authorization": f"Bearer {access_token}"})

    def introspect(self, token: str) -> dict[str, Any]:
        response = self.ask(INTROSPECT, token=token)
        assert response.status_code == 200, response.content
        told: dict[str, Any] = response.json()
        return told

    def ask(self, path: str, **parameters: str | None) -> Any:
        """A request of the application's server, with its secret if it has one."""
        data = {name: value for name, value in parameters.items() if value is not None}
        if self.application.client_type == Application.CLIENT_PUBLIC:
            return self.server.post(path, {"client_id": self.application.client_id, **data})
        credentials = base64.b64encode(f"{self.application.client_id}:{self.secret}".encode()).decode()
        return self.server.post(path, data, headers={"authorization": f"Basic {credentials}"})


def relying_party(name: str = "Pickup", *, claims: dict[str, bool] | None = None, **fields: Any) -> RelyingParty:
    """An application with a secret the test knows; `claims` as in `make_application`."""
    fields = {"client_secret": SECRET, "redirect_uris": REDIRECT_URI, **fields}
    return RelyingParty(make_application(name, claims=claims, **fields))


EVERY_SCOPE = " ".join(SCOPES)
