"""Pickup: people sign in through the portal, see what it tells about them, sign out, and are signed out.

A WSGI application on Authlib's client: code flow with PKCE, state and nonce, RP-initiated and back-channel logout.
Sessions are in memory, so it forgets everybody when it stops.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from examples.pickup import pages

COOKIE: Final = "pickup-session"  # the portal's is called otherwise: cookies of one host are shared by its ports
SCOPE: Final = "openid profile email phone address"
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
TIMEOUT: Final = 10  # seconds
Answer = tuple[str, list[tuple[str, str]], bytes]


class Pickup:
    """The application, for one portal and one address of its own."""

    def __init__(self, *, portal: str, client_id: str, client_secret: str, address: str) -> None:
        self.portal, self.client_id, self.client_secret, self.address = portal, client_id, client_secret, address
        self.sessions: dict[str, dict[str, Any]] = {}
        self.metadata: dict[str, Any] = {}
        self.routes: dict[tuple[str, str], Callable[[dict[str, Any], str], Answer]] = {
            ("GET", "/"): self.home,
            ("GET", "/style.css"): lambda environ, key: pages.style(),
            ("GET", "/sign-in"): self.sign_in,
            ("GET", "/callback"): self.callback,
            ("POST", "/ask-again"): self.ask_again,
            ("POST", "/sign-out"): self.sign_out,
            ("POST", "/backchannel-logout"): self.backchannel_logout,
        }

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(COOKIE)
        key = cookie.value if cookie and cookie.value in self.sessions else ""
        route = self.routes.get((method, path))
        from_elsewhere = environ.get("HTTP_ORIGIN", self.address) != self.address
        if route is None:
            status, headers, body = pages.message("Not found", "There is no such page.", status="404 Not Found")
        elif method == "POST" and from_elsewhere and path != "/backchannel-logout":
            status, headers, body = pages.message("Refused", "This form is another site's.", status="403 Forbidden")
        else:
            status, headers, body = route(environ, key)
        start_response(status, [*headers, *pages.security_headers(self.portal)])
        return [body]

    # Signing in

    def home(self, environ: dict[str, Any], key: str) -> Answer:
        """What the portal has told, or a way to sign in."""
        session = self.sessions.get(key, {})
        return pages.signed_in(session) if "claims" in session else pages.signed_out(self.portal)

    def sign_in(self, environ: dict[str, Any], key: str) -> Answer:
        """To the portal, with a new state, nonce and verifier that only this browser's session knows."""
        key, verifier, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        address, state = self._client().create_authorization_url(
            self._portals("authorization_endpoint"), code_verifier=verifier, nonce=nonce
        )
        self.sessions[key] = {"state": state, "verifier": verifier, "nonce": nonce}
        return pages.redirect(address, cookie=f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax")

    def callback(self, environ: dict[str, Any], key: str) -> Answer:
        """Back from the portal: the code becomes tokens, and the ID token has to be for us and for this browser."""
        started, query = self.sessions.pop(key, {}), environ.get("QUERY_STRING", "")
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if "state" not in started or asked.get("state") != started["state"] or asked.get("iss") != self.portal:
            return pages.message(
                "Not signed in", "This is no answer to a sign-in of this browser.", status="400 Bad Request"
            )
        if "error" in asked:
            return pages.message("Not signed in", f"The portal said: {asked['error']}.")
        client = self._client(state=started["state"])
        try:
            token = client.fetch_token(
                self._portals("token_endpoint"), authorization_response=f"{self.address}/callback?{query}",
                code_verifier=started["verifier"],
            )  # fmt: skip
            claims = self._verified(token["id_token"], nonce={"essential": True, "value": started["nonce"]})
        except (AuthlibBaseError, JoseError, requests.RequestException, KeyError) as error:
            return pages.message("Not signed in", f"The portal's answer was refused: {error}", status="400 Bad Request")
        fresh = secrets.token_urlsafe(32)
        self.sessions[fresh] = {"claims": claims, "token": dict(token), "id_token": token["id_token"]}
        self._ask(self.sessions[fresh])
        return pages.redirect("/", cookie=f"{COOKIE}={fresh}; Path=/; HttpOnly; SameSite=Lax")

    def ask_again(self, environ: dict[str, Any], key: str) -> Answer:
        """Ask the portal for the claims it gives now; what was revoked meanwhile is missing."""
        if "token" in self.sessions.get(key, {}):
            self._ask(self.sessions[key])
        return pages.redirect("/")

    def _ask(self, session: dict[str, Any]) -> None:
        client = self._client(token=session["token"], update_token=lambda token, **_: session.update(token=dict(token)))
        try:
            answer = client.get(self._portals("userinfo_endpoint"), timeout=TIMEOUT)
            session["userinfo"] = answer.json() if answer.ok else {}
            session["refused"] = (
                "" if answer.ok else "The portal tells nothing any more: your consent or session there has ended."
            )
        except (AuthlibBaseError, requests.RequestException):
            session.update(userinfo={}, refused="The portal tells nothing any more: it refused, or cannot be reached.")

    # Signing out

    def sign_out(self, environ: dict[str, Any], key: str) -> Answer:
        """Here, and through the portal there."""
        session = self.sessions.pop(key, {})
        query = {"post_logout_redirect_uri": f"{self.address}/", "client_id": self.client_id}
        query |= {"id_token_hint": session["id_token"]} if "id_token" in session else {}
        return pages.redirect(f"{self._portals('end_session_endpoint')}?{urlencode(query)}")

    def backchannel_logout(self, environ: dict[str, Any], key: str) -> Answer:
        """The portal says, server to server, that a session is over: forget it, whichever browser it is in."""
        length = min(int(environ.get("CONTENT_LENGTH") or 0), 20_000)
        token = parse_qs(environ["wsgi.input"].read(length).decode()).get("logout_token", [""])[0]
        try:
            claims = self._verified(token, type="logout+jwt", sid={"essential": True}, jti={"essential": True})
        except (JoseError, ValueError, requests.RequestException):
            return pages.message("Refused", "This is no logout token of the portal's.", status="400 Bad Request")
        if LOGOUT_EVENT not in claims.get("events", {}) or "nonce" in claims:
            return pages.message("Refused", "This token is for something else.", status="400 Bad Request")
        over = [k for k, s in self.sessions.items() if s.get("claims", {}).get("sid") == claims["sid"]]
        for each in over:
            self.sessions.pop(each, None)
        return pages.message("Signed out", f"{len(over)} session was forgotten.")

    # The portal

    def _client(self, **options: Any) -> OAuth2Session:
        return OAuth2Session(
            self.client_id,
            self.client_secret,
            scope=SCOPE,
            redirect_uri=f"{self.address}/callback",
            code_challenge_method="S256",
            token_endpoint=self._portals("token_endpoint"),
            default_timeout=TIMEOUT,
            **options,
        )

    def _portals(self, name: str) -> str:
        """An address from the portal's discovery document, which is asked for once."""
        if not self.metadata:
            found = requests.get(f"{self.portal}/.well-known/openid-configuration", timeout=TIMEOUT)
            found.raise_for_status()
            self.metadata = found.json()
        return str(self.metadata[name])

    def _verified(self, token: str, *, type: str = "JWT", **wanted: Any) -> dict[str, Any]:  # noqa: A002
        """The claims of a token the portal has signed for us, with a key that it publishes now."""
        keys = KeySet.import_key_set(requests.get(self._portals("jwks_uri"), timeout=TIMEOUT).json())
        decoded = jwt.decode(token, keys, algorithms=["RS256"])
        if decoded.header.get("typ", "JWT").lower() != type.lower():
            raise ValueError("a token of another kind")
        wanted |= {
            "iss": {"essential": True, "value": self.portal},
            "aud": {"essential": True, "value": self.client_id},
        }
        jwt.JWTClaimsRegistry(exp={"essential": True}, **wanted).validate(decoded.claims)
        return dict(decoded.claims)
