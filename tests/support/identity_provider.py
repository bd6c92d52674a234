"""An identity provider over real HTTP, which can be told to lie, to dawdle and to break."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from django.test import Client
from joserfc import jws, jwt
from joserfc.jwk import OctKey, RSAKey

from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from myaccount.users.models import User
from myaccount.web import encryption
from tests.support.caching import forget_everything

SECRET = "a secret of our own at the provider, long enough"
CLIENT_ID = "myaccount"
_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
_OTHER_KEY = RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"})


@dataclass
class Mutant:
    """How a provider misbehaves; nothing by default."""

    claims: dict[str, Any] = field(default_factory=dict)  # put into the ID token; None takes one out
    userinfo: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    answer: bytes | None = None  # the body of each answer of `at`
    status: int = 200  # of each answer of `at`
    redirects_to: str = ""  # where each answer of `at` leads
    delay: float = 0  # seconds before each answer of `at`
    at: str = ""  # the beginning of the paths these four are about
    algorithm: str = "RS256"
    signs_with_unknown_key: bool = False


@dataclass
class RunningProvider:
    """The provider while it runs, and the person in front of it."""

    issuer: str = ""
    secret: str = SECRET
    mutant: Mutant = field(default_factory=Mutant)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    keys: list[RSAKey] = field(default_factory=lambda: [_KEY])

    def show(self, url: str, *, subject: str = "carol-there", sends_iss: bool = True, **claims: Any) -> str:
        """The person signs in there. Returns the address the browser is sent back to, without the host."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "sub": subject, "claims": json.dumps(claims)}
        back = {"code": code, "state": asked["state"]} | ({"iss": self.issuer} if sends_iss else {})
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(back)}"

    def metadata(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.mutant.metadata,
        }

    def token(self, body: str, authorization: str) -> tuple[int, dict[str, Any]]:
        """The exchange of a code, which works once, with the right secret and verifier."""
        form = dict(parse_qsl(body))
        grant = self.codes.pop(form.get("code", ""), None)
        shown = base64.b64decode(authorization.removeprefix("Basic ") or b"").decode()
        if not authorization and "client_secret_post" in self.metadata()["token_endpoint_auth_methods_supported"]:
            shown = f"{form.get('client_id')}:{form.get('client_secret')}"
        if shown != f"{CLIENT_ID}:{self.secret}":
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if grant is None or grant["code_challenge"] != challenge or grant["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        access_token = secrets.token_urlsafe(16)
        self.tokens[access_token] = grant["sub"]
        id_token = self._id_token(grant)
        return 200, {"access_token": access_token, "token_type": "Bearer", "expires_in": 60, "id_token": id_token}

    def _id_token(self, grant: dict[str, str]) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": grant["sub"], "aud": CLIENT_ID, "iat": now, "exp": now + 60,
            "nonce": grant["nonce"], **json.loads(grant["claims"]), **self.mutant.claims,
        }  # fmt: skip
        if "max_age" in grant and "auth_time" not in claims:
            claims["auth_time"] = now
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.mutant.algorithm == "none":
            parts = [{"alg": "none"}, claims]
            return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."
        if self.mutant.algorithm == "HS256":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
        key = _OTHER_KEY if self.mutant.signs_with_unknown_key else self.keys[-1]
        return jws.serialize_compact({"alg": "RS256", "kid": str(key.kid)}, json.dumps(claims).encode(), key)

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.keys = [_OTHER_KEY]

    def answer(self, method: str, path: str, body: str, authorization: str) -> tuple[int, Any]:
        """What it says to one request."""
        if path == "/.well-known/openid-configuration":
            return 200, self.metadata()
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.keys]}
        if path == "/token" and method == "POST":
            return self.token(body, authorization)
        if path == "/userinfo":
            subject = self.tokens.get(authorization.removeprefix("Bearer "))
            return (200, {"sub": subject, **self.mutant.userinfo}) if subject else (401, {})
        return 404, {}


def _handler(provider: RunningProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            provider.asked.append(self.path)
            status, said = provider.answer(self.command, self.path, body, self.headers.get("Authorization", ""))
            told = json.dumps(said).encode()
            mutant = provider.mutant
            is_odd = bool(mutant.at) and self.path.startswith(mutant.at)
            if is_odd:
                time.sleep(mutant.delay)
                status = 302 if mutant.redirects_to else mutant.status
                told = told if mutant.answer is None else mutant.answer
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if is_odd and mutant.redirects_to:
                    self.send_header("Location", mutant.redirects_to)
                self.end_headers()
                self.wfile.write(told)
            except OSError:
                return  # it was hung up on

        do_GET = do_POST = _reply  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


@contextmanager
def identity_provider() -> Iterator[RunningProvider]:
    """A provider on loopback while the block runs; nothing is kept of the one before."""
    forget_everything()
    provider = RunningProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def set_up(running: RunningProvider, **fields: Any) -> IdentityProvider:
    """The provider as an administrator sets it up."""
    given = {"name": "University", "slug": "university", "client_id": CLIENT_ID, "issuer": running.issuer, **fields}
    secret = encryption.encrypt(given.pop("secret", SECRET).encode())
    return IdentityProvider.objects.create(client_secret=secret, **given)


def connected(user: User, provider: IdentityProvider, subject: str = "carol-there", **fields: Any) -> FederatedIdentity:
    """An identity somebody has connected before."""
    given = {"account_name": f"{subject}@uni.example", "connected_at": user.date_joined, **fields}
    return FederatedIdentity.objects.create(
        user=user, provider=provider, issuer=provider.issuer, subject=subject, **given
    )


def led_to(response: Any) -> str:
    """Where the page leads that a POST answered with."""
    assert response.status_code == 200, (response.status_code, response.get("Location"))
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)"', response.content.decode())
    assert found, response.content.decode()[:500]
    return unescape(found[1])


def begin(client: Client, path: str = "/myaccount/sign-in/with/university/", **data: str) -> str:
    """Press one of the buttons. Returns the address at the provider."""
    return led_to(client.post(path, data))


def parameters(url: str) -> dict[str, list[str]]:
    """What an address asks for."""
    return parse_qs(urlsplit(url).query)
