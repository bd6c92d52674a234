"""Talks to identity providers through Authlib, and believes nothing it did not check (security 73).

Authlib makes the request with PKCE, exchanges the code and checks most of the ID token. What it leaves to its
caller is done here: `iss` in the callback, audiences we do not know, algorithms, time limits, redirects, sizes.
Knows no rows of the database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import ConnectionError as NoConnection
from requests import PreparedRequest, RequestException, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from linked_accounts.federated.memory import Memory
from myaccount.web import outgoing
from myaccount.web.outgoing import Limits

CONNECT_WITHIN: Final = 2.0  # seconds
READ_WITHIN: Final = 3.0  # seconds
ALL_WITHIN: Final = 4.5  # seconds for everything one page asks of a provider, so that it comes within five
KEPT_FOR: Final = 300  # seconds: what a provider says of itself, and its keys
NOT_ASKED_FOR: Final = 20  # seconds after a provider did not answer
_ANSWER_BYTES: Final = 500_000
_LEEWAY: Final = 60  # seconds two clocks may differ by
_FRESH_WITHIN: Final = 300  # seconds since the person showed the provider who they are
_ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderUnavailable(Exception):  # noqa: N818
    """It is down, slow, or says nothing we can read. The text says why, for administrators."""


class AnswerRefused(Exception):  # noqa: N818
    """What came back is not the answer to what was asked. The text says why, for administrators."""

    def __init__(self, why: str) -> None:
        super().__init__("".join(c if c.isprintable() else "?" for c in why)[:200])  # it is kept in the database


@dataclass(frozen=True)
class Registration:
    """What we are to a provider."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    redirect_uri: str
    allows_private: bool  # private addresses and plain http, on an operator's own network


@dataclass(frozen=True)
class Asked:
    """A request to show a provider who one is: where it is made, and what has to come back with its answer."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Proven:
    """Who somebody is at a provider, and what it says of them."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    shown_at: float = 0  # when they showed it who they are, in seconds since the epoch; 0 where it does not say


class Provider:
    """One provider, for the length of one request."""

    def __init__(self, registration: Registration) -> None:
        self._is = registration
        self._until = time.monotonic() + ALL_WITHIN
        self._memory = Memory(registration.issuer)

    def ask(self, *, anew: bool = False) -> Asked:
        """Begin. Raises ProviderUnavailable.

        `anew`: the person has to show it again, even if the provider knows them.
        """
        verifier, nonce = generate_token(64), generate_token(32)
        extra: dict[str, Any] = {"prompt": "login", "max_age": 0} if anew else {}
        with self._session() as session:
            url, state = session.create_authorization_url(
                self._metadata()["authorization_endpoint"],
                state=generate_token(43),
                code_verifier=verifier,
                nonce=nonce,
                **extra,
            )
        return Asked(url, state, nonce, verifier)

    def check_sender(self, iss: str | None) -> None:
        """Whether an answer says that it is this provider's (RFC 9207). Raises AnswerRefused."""
        if iss is not None and iss != self._is.issuer:
            raise AnswerRefused("iss of the callback")
        if iss is None and self._metadata().get("authorization_response_iss_parameter_supported"):
            raise AnswerRefused("no iss in the callback")

    def prove(self, *, code: str, verifier: str, nonce: str, anew: bool = False) -> Proven:
        """Exchange a code for who it is. Raises ProviderUnavailable or AnswerRefused."""
        metadata = self._metadata()
        with self._session() as session:
            with _named("token endpoint"):
                token = self._told(
                    lambda: session.fetch_token(
                        metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
                    )
                )
            claims = self._id_token(token, nonce=nonce)
            shown_at = _past(claims.get("auth_time"))
            if anew and time.time() - shown_at > _FRESH_WITHIN:
                raise AnswerRefused("auth_time")
            told = {} if anew else self._userinfo(session, metadata, claims["sub"])
        return Proven(self._is.issuer, claims["sub"], {**claims, **told}, shown_at)

    def what_is_wrong(self) -> str:
        """Look at what the provider says of itself, not at what is kept of it; empty when it can be used."""
        self._memory.forget(["metadata", "keys", "down"])
        try:
            self._metadata()
            self._keys()
        except ProviderUnavailable as error:
            return str(error)
        return ""

    # What the provider says of itself

    def _metadata(self) -> dict[str, Any]:
        return self._kept("metadata", self._discovered)

    def _discovered(self) -> dict[str, Any]:
        url = f"{self._is.issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = self._json(url)
        if metadata.get("issuer") != self._is.issuer:
            raise ProviderUnavailable(f"its issuer is {str(metadata.get('issuer'))[:200]!r}")
        for name in _ENDPOINTS:
            if not self._may_be_asked(metadata.get(name)):
                raise ProviderUnavailable(f"{name} is no https address")
        return metadata

    def _keys(self, *, anew: bool = False) -> dict[str, Any]:
        if anew:
            self._memory.forget(["keys"])
        return self._kept("keys", lambda: self._json(self._metadata()["jwks_uri"]))

    def _may_be_asked(self, url: object) -> bool:
        if not isinstance(url, str):
            return False
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        schemes = ("https", "http") if self._is.allows_private else ("https",)
        return parts.scheme in schemes and bool(parts.hostname)

    def _kept(self, what: str, fetch: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        kept = self._memory.get(what)
        if isinstance(kept, dict):
            return kept
        fetched = fetch()
        self._memory.keep(what, fetched, seconds=KEPT_FOR)
        return fetched

    # What it says of the person

    def _id_token(self, token: Mapping[str, Any], *, nonce: str) -> dict[str, Any]:
        encoded = token.get("id_token")
        if not isinstance(encoded, str):
            raise AnswerRefused("no ID token")
        try:
            decoded = self._decoded(encoded, anew=False)
        except InvalidKeyIdError:
            decoded = self._decoded(encoded, anew=True)
        claims, header = decoded.claims, decoded.header
        options = {
            "iss": {"essential": True, "value": self._is.issuer},
            "sub": {"essential": True},
            "aud": {"essential": True},
            "exp": {"essential": True},
            "iat": {"essential": True},
            "nonce": {"essential": True, "value": nonce},
        }
        known = {"nonce": nonce, "client_id": self._is.client_id, "access_token": token.get("access_token")}
        try:
            CodeIDToken(claims, header, options, known).validate(leeway=_LEEWAY)
        except (AuthlibBaseError, JoseError) as error:
            raise AnswerRefused(f"ID token: {error}") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise AnswerRefused("ID token: a claim of the wrong kind") from error
        self._check_audience(claims)
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isprintable():
            raise AnswerRefused("sub")
        return dict(claims)

    def _decoded(self, encoded: str, *, anew: bool) -> jwt.Token:
        try:
            keys = KeySet.import_key_set(self._keys(anew=anew))  # type: ignore[arg-type]
            return jwt.decode(
                encoded,
                lambda token: keys.get_by_kid(token.headers().get("kid")),
                registry=JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False),
            )
        except InvalidKeyIdError as error:
            if not anew:
                raise
            raise AnswerRefused("ID token: signed with an unknown key") from error
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise AnswerRefused(f"ID token: {type(error).__name__}") from error

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        """For us, and for nobody else besides unless it says that it was issued to us (OpenID Connect Core 3.1.3.7)."""
        audience = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
        if not isinstance(audience, list) or self._is.client_id not in audience:
            raise AnswerRefused("aud")
        azp = claims.get("azp")
        if (azp is not None or len(audience) > 1) and azp != self._is.client_id:
            raise AnswerRefused("azp")

    def _userinfo(self, session: OAuth2Session, metadata: Mapping[str, Any], subject: str) -> dict[str, Any]:
        url = metadata.get("userinfo_endpoint")
        if not self._may_be_asked(url):
            return {}
        with _named("userinfo endpoint"):
            told = self._read(self._told(lambda: session.get(url)))
        if told.get("sub") != subject:
            raise AnswerRefused("sub of userinfo")
        return told

    # How it is asked

    def _session(self) -> OAuth2Session:
        method = "none"
        if self._is.client_secret:
            methods = self._metadata().get("token_endpoint_auth_methods_supported")
            takes_post = isinstance(methods, list) and "client_secret_post" in methods
            # Authlib writes both into the header as they are; RFC 6749 (2.3.1) wants them percent-encoded there.
            method = "client_secret_post" if takes_post else "client_secret_basic"
        session = OAuth2Session(
            self._is.client_id,
            self._is.client_secret or None,
            token_endpoint_auth_method=method,
            scope=self._is.scopes,
            redirect_uri=self._is.redirect_uri,
            code_challenge_method="S256",
            leeway=0,  # an access token is used at once, however short it lives
        )
        session.trust_env = False  # neither proxies nor passwords of the machine
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Bounded(self._is.allows_private, self._until))
        return session

    def _json(self, url: str) -> dict[str, Any]:
        """What is public at an address; a provider that did not answer is not asked again for a while."""
        if not self._may_be_asked(url):
            raise ProviderUnavailable("no https address")
        self._check_is_up()
        bounded = _Bounded(self._is.allows_private, self._until)
        try:
            return self._read(bounded.send(PreparedRequest(), url=url))
        except (RequestException, ProviderUnavailable) as error:
            self._note_is_down()
            raise ProviderUnavailable(str(error)) from error

    def _check_is_up(self) -> None:
        if self._memory.get("down"):
            raise ProviderUnavailable("did not answer a moment ago")

    def _note_is_down(self) -> None:
        self._memory.keep("down", 1, seconds=NOT_ASKED_FOR)

    def _told(self, ask: Callable[[], Any]) -> Any:
        """What it says of one person: an answer that is too long or wrong tells nothing of what others would get."""
        self._check_is_up()
        try:
            return ask()
        except RequestException as error:
            if isinstance(error, NoConnection):
                self._note_is_down()
            raise ProviderUnavailable(str(error)) from error
        except AuthlibBaseError as error:  # as invalid_grant for a code that was used before
            raise AnswerRefused(f"the provider says {str(error.error)[:100]}") from error
        except (ValueError, TypeError, AttributeError, KeyError, ArithmeticError, RecursionError) as error:
            raise ProviderUnavailable("an answer that cannot be read") from error

    @staticmethod
    def _read(response: Response) -> dict[str, Any]:
        if response.status_code != 200:
            raise ProviderUnavailable(f"answered {response.status_code}")
        try:
            told = json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise ProviderUnavailable("an answer that is no JSON") from error
        if not isinstance(told, dict):
            raise ProviderUnavailable("an answer that is no JSON object")
        return told


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Where it went wrong stands before why."""
    try:
        yield
    except ProviderUnavailable as error:
        raise ProviderUnavailable(f"{where}: {error}") from error


class _Bounded(BaseAdapter):
    """How requests reach a provider: see myaccount.web.outgoing. A redirect is an answer like any other."""

    def __init__(self, allows_private: bool, until: float) -> None:  # noqa: FBT001
        super().__init__()
        self._allows_private = allows_private
        self._until = until

    def send(self, request: PreparedRequest, *args: Any, url: str = "", **kwargs: Any) -> Response:
        """One request, within what is left of the time."""
        left = self._until - time.monotonic()
        limits = Limits(min(CONNECT_WITHIN, left), min(READ_WITHIN, left), left, _ANSWER_BYTES)
        body = request.body or b""
        if left <= 0:
            raise NoConnection("no answer in time")
        try:
            answer = outgoing.send(
                request.method or "GET",
                url or request.url or "",
                headers=_headers(request),
                body=body.encode() if isinstance(body, str) else bytes(body),  # type: ignore[arg-type]
                limits=limits,
                allows_private=self._allows_private,
            )
        except outgoing.NoAnswer as error:
            raise NoConnection(str(error)) from error
        except outgoing.NotSent as error:
            raise RequestException(str(error)) from error
        response = Response()
        response.status_code = 502 if 300 <= answer.status < 400 else answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response._content = answer.body
        response.request, response.url = request, url or request.url or ""
        return response

    def close(self) -> None:
        """There is nothing that stays open."""


def _headers(request: PreparedRequest) -> dict[str, str]:
    given = {name: str(value) for name, value in (request.headers or {}).items()}
    left_out = ("accept-encoding", "connection", "content-length", "host")
    return {"Accept": "application/json"} | {k: v for k, v in given.items() if k.lower() not in left_out}


def _past(auth_time: object) -> float:
    """When that was; 0 for what is no time, or lies in the future by more than two clocks may differ."""
    now = time.time()
    if isinstance(auth_time, bool) or not isinstance(auth_time, int | float) or not 0 < auth_time <= now + _LEEWAY:
        return 0
    return min(float(auth_time), now)
