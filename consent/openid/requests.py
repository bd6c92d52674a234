"""A request of an application to sign somebody in, read from the query string alone (security 79)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.core import signing
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.settings import oauth2_settings

from consent.openid.authentication import CONTEXTS
from consent.openid.scopes import OPENID

PROOF_SINCE: Final = "proof_since"  # a parameter of our own: when we began to ask for a fresh proof
PROOF_LIFE: Final = timedelta(minutes=10)
PROMPTS: Final = ("none", "login", "consent", "select_account")
_SALT: Final = "consent.openid.proof"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_NONCE_MAX_LENGTH: Final = 255


class Unanswerable(Exception):  # noqa: N818
    """Whose request it is, or where the answer goes, is not certain: nobody is sent anywhere."""

    def __init__(self, reason: str | Promise) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):  # noqa: N818
    """The application is told that it cannot be; `error` is a code of OAuth or OpenID Connect."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error, self.description = error, description


class QueryOnlyCore(OAuthLibCore):
    """django-oauth-toolkit's bridge to oauthlib, without the form: what it holds was not checked."""

    def extract_body(self, request: HttpRequest) -> list[tuple[str, str]]:
        return []


@dataclass(frozen=True)
class AuthorizationRequest:
    """What was asked, checked."""

    path: str
    query: QueryDict
    application: Any
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    credentials: dict[str, Any]
    prompt: frozenset[str]
    max_age: int | None
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def is_silent(self) -> bool:
        """No page may be shown."""
        return "none" in self.prompt

    @property
    def wants_fresh_proof(self) -> bool:
        """Whether the person has to prove anew who they are, whatever they have shown before."""
        return "login" in self.prompt or self.max_age == 0

    @property
    def essential_contexts(self) -> tuple[str, ...]:
        """The classes of authentication without which the application wants no answer at all."""
        asked = self._id_token_claim("acr")
        if not asked.get("essential"):
            return ()
        values = asked.get("values") or [asked.get("value", "")]
        return tuple(str(value) for value in values if value) if isinstance(values, list) else ()

    @property
    def preferred_contexts(self) -> tuple[str, ...]:
        """Those it would like, the best first."""
        return tuple(self.query.get("acr_values", "").split())

    @property
    def accepted_contexts(self) -> tuple[str, ...]:
        """Those it named and we know."""
        named = self.essential_contexts or self.preferred_contexts
        return tuple(context for context in named if context in CONTEXTS)

    @property
    def subject(self) -> str:
        """The person it has to be; empty for whoever it is."""
        value = self._id_token_claim("sub").get("value")
        return value if isinstance(value, str) else ""

    def _id_token_claim(self, name: str) -> dict[str, Any]:
        asked = (self.claims.get("id_token") or {}).get(name)
        return asked if isinstance(asked, dict) else {}

    # A fresh proof is bound to the request it was asked for

    def address(self) -> str:
        """Where the request can be taken up again."""
        return f"{self.path}?{self.query.urlencode()}"

    def address_after_proof(self, *, now: datetime) -> str:
        """The same, remembering that a proof later than now was asked for."""
        query = self.query.copy()
        query[PROOF_SINCE] = signing.dumps({"at": now.timestamp(), "for": self._digest()}, salt=_SALT, compress=False)
        return f"{self.path}?{query.urlencode()}"

    def proof_asked_for_at(self) -> float | None:
        """When we asked for a fresh proof for this very request, if that was in the last ten minutes."""
        try:
            kept = signing.loads(self.query.get(PROOF_SINCE, ""), salt=_SALT, max_age=PROOF_LIFE)
        except signing.BadSignature:
            return None
        return float(kept["at"]) if kept["for"] == self._digest() else None

    def _digest(self) -> str:
        asked = sorted((name, value) for name, value in self.query.items() if name != PROOF_SINCE)
        return hashlib.sha256(urlencode(asked).encode()).hexdigest()


def read(request: HttpRequest, core: Any) -> AuthorizationRequest:
    """The request, checked by oauthlib and by us. Raises Unanswerable, Refused. One query."""
    query = request.GET
    if any(len(values) > 1 for _name, values in query.lists()):
        raise Unanswerable(_("It says something twice."))
    if not query.get("redirect_uri"):
        raise Unanswerable(_("It does not say where you are to be sent afterwards."))
    try:
        scopes, credentials = core.validate_authorization_request(request)
    except (FatalClientError, ValueError) as error:
        raise Unanswerable(
            _("The application is not known here or not active, or the address it wants you sent to is not registered.")
        ) from error
    except OAuthToolkitError as error:
        check_scheme(query["redirect_uri"])
        wrong = error.oauthlib_error
        raise Refused(wrong.error, wrong.description or "") from error
    check_scheme(query["redirect_uri"])
    if OPENID not in query.get("scope", "").split():
        raise Refused("invalid_scope", "The scope openid is required.")
    _check(query, credentials)
    return AuthorizationRequest(
        path=request.path,
        query=query,
        application=credentials["request"].client,
        redirect_uri=credentials["redirect_uri"],
        state=credentials["state"] or "",
        scopes=tuple(scopes),
        credentials=credentials,
        prompt=frozenset(credentials["prompt"]),
        max_age=_max_age(query),
        claims=credentials["claims"] or {},
    )


def check_scheme(address: str) -> None:
    """Lead nowhere but to the web, whatever was registered. Raises Unanswerable."""
    if urlsplit(address).scheme not in oauth2_settings.ALLOWED_REDIRECT_URI_SCHEMES:
        raise Unanswerable(_("The address it wants you sent to is none we send anybody to."))


def _check(query: QueryDict, credentials: dict[str, Any]) -> None:
    if "request" in query:
        raise Refused("request_not_supported")
    if "request_uri" in query:
        raise Refused("request_uri_not_supported")
    if query.get("response_mode", "query") != "query":
        raise Refused("invalid_request", "Only the response mode query is supported.")
    if credentials["code_challenge_method"] != "S256" or not _CHALLENGE.fullmatch(credentials["code_challenge"]):
        raise Refused("invalid_request", "PKCE with the method S256 is required.")
    if len(query.get("nonce", "")) > _NONCE_MAX_LENGTH:
        raise Refused("invalid_request", "The nonce is too long.")
    if not credentials["prompt"] <= {*PROMPTS}:
        raise Refused("invalid_request", "The prompt is none we know.")
    claims = credentials["claims"] or {}
    parts = [claims.get(part) or {} for part in ("userinfo", "id_token")] if isinstance(claims, dict) else [None]
    if not all(isinstance(part, dict) for part in parts):
        raise Refused("invalid_request", "The claims parameter has another form.")


def _max_age(query: QueryDict) -> int | None:
    text = query.get("max_age", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused("invalid_request", "max_age is no number of seconds.")
    return int(text)
