"""What an application's sign-in costs the provider, beside the library's provider as it comes.

Both know the same person and a public client with PKCE: a secret would cost the library as it comes a third of a second
of hashing, and hide everything else. The library skips its page where a token is still good, as ours does where a
consent is. Codes are made before the exchange is measured, since each is good once.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.comparing import Comparison, Ratio, UnexpectedAnswer, cost, cost_of_each
from bench.load import Connection, encode
from bench.seed_openid import CLIENT_ID, REDIRECT_URI
from bench.servers import Server
from bench.sites import Site

VERIFIER: Final = "v" * 64
EXCHANGES: Final = 120  # a round
_CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Provider:
    """One of the two, with where it is asked."""

    site: Site
    server: Server
    path: str

    def authorize(self) -> bytes:
        """The request of a person whose application may know already."""
        query = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile email",
            "state": "s" * 32,
            "nonce": "n" * 32,
            "code_challenge": _CHALLENGE,
            "code_challenge_method": "S256",
            "approval_prompt": "auto",  # the library's own way to skip its page; ours has no such thing
        }
        return self.site.get(f"{self.path}/authorize/?{urlencode(query)}")

    def exchange(self, code: str) -> bytes:
        """The request that takes the tokens for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "client_id": CLIENT_ID,
            "code_verifier": VERIFIER,
        }
        return encode("POST", f"{self.path}/token/", headers=self.site.headers, form=form)

    def userinfo(self, token: str) -> bytes:
        """The request for what the person shares."""
        headers = {**self.site.headers, "Authorization": f"Bearer {token}"}
        return encode("GET", f"{self.path}/userinfo/", headers=headers)

    def code(self, connection: Connection) -> str:
        """One authorisation code."""
        reply = connection.send(self.authorize())
        codes = parse_qs(urlsplit(reply.headers.get("location", "")).query).get("code")
        if reply.status != 302 or not codes:
            raise UnexpectedAnswer(f"{self.server.name} authorised nothing: {reply.status}")
        return codes[0]

    def token(self, connection: Connection) -> str:
        """One access token."""
        reply = connection.send(self.exchange(self.code(connection)))
        body = gzip.decompress(reply.body) if reply.headers.get("content-encoding") == "gzip" else reply.body
        answer: dict[str, Any] = json.loads(body)
        if "access_token" not in answer:
            raise UnexpectedAnswer(f"{self.server.name} gave no token: {answer}")
        return str(answer["access_token"])


@dataclass
class OpenID:
    """What one run found: each act beside the library's, and among a million decisions of others beside few."""

    beside_stock: dict[str, Comparison] = field(default_factory=dict)
    crowd: dict[str, Ratio] = field(default_factory=dict)


def measure(ours: Provider, crowded: Provider, stock: Provider, *, rounds: int, seconds: float) -> OpenID:
    """Authorisation with stored consent, the exchange of a code, and userinfo."""
    found = OpenID()
    for _ in range(rounds):
        costs = {provider.server.name: _costs(provider, seconds=seconds) for provider in (stock, ours, crowded)}
        base = costs[stock.server.name]
        for act, measured in costs[ours.server.name].items():
            found.beside_stock.setdefault(act, Comparison()).add(measured, base[act])
            ratio = costs[crowded.server.name][act].p50 / measured.p50
            found.crowd.setdefault(act, Ratio()).values.append(ratio)
    return found


def _costs(provider: Provider, *, seconds: float) -> dict[str, Any]:
    connection = Connection(provider.site.port)
    userinfo = provider.userinfo(provider.token(connection))
    exchanges = [provider.exchange(provider.code(connection)) for _ in range(EXCHANGES)]
    connection.close()
    return {
        "exchange of a code": cost_of_each(provider.server, exchanges, status=200),
        "authorisation with stored consent": cost(provider.server, provider.authorize, seconds=seconds, status=302),
        "userinfo": cost(provider.server, lambda: userinfo, seconds=seconds),
    }
