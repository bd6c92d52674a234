"""What oauthlib asks about applications, codes and tokens."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import set_token_value
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2.rfc6749 import errors

from consent import keys
from consent.applications.models import Application
from consent.applications.subjects import subject_of
from consent.openid import live
from consent.openid.claims import narrowed, told
from consent.openid.clients import is_authentic
from consent.openid.scopes import OPENID, SCOPES, Scopes
from consent.tokens.models import AccessToken, Grant, RefreshToken
from consent.tokens.services import end_family
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record

CODE_LIFE: Final = timedelta(seconds=60)


class _UsedMeanwhile(Exception):  # noqa: N818
    """Another request has used the code or the refresh token since it was read."""


class Validator(OAuth2Validator):
    """django-oauth-toolkit's, with its traps closed.

    A request's code or refresh token is read once and kept as `request.bound`; it passes on what it is bound to.
    """

    oidc_claim_scope = None  # type: ignore[assignment]  # ours are released by consent

    # Applications

    def _load_application(self, client_id: str | None, request: Any) -> Application | None:
        if request.client is not None and request.client.client_id == client_id:
            found: Application = request.client
            return found
        known: Application | None = live.application(client_id or "")
        request.client = known
        return known

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """By HTTP Basic or in the body. Raises TooManyAttempts."""
        return is_authentic(request, self._load_application)

    def authenticate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Without a secret: public applications only."""
        application = self._load_application(client_id, request)
        return application is not None and application.client_type == Application.CLIENT_PUBLIC

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """One of those registered, to the letter (security 76)."""
        return redirect_uri in request.client.redirect_uris.split()

    def validate_response_type(
        self, client_id: str, response_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Codes only (security 76)."""
        if response_type != "code":
            raise errors.UnsupportedResponseTypeError(request=request)
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """A code for tokens, and a refresh token for new ones."""
        return grant_type in ("authorization_code", "refresh_token")

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Scopes nobody knows, or the application may not ask for, are left out (OpenID Connect Core 1.0, 3.1.2.1)."""
        available = Scopes().get_available_scopes(application=client)
        scopes[:] = [scope for scope in SCOPES if scope in available and scope in scopes]
        return OPENID in scopes

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """Of everybody (security 76)."""
        return True

    def validate_silent_login(self, request: Any) -> bool:
        """The view answers `prompt=none`: it knows who is signed in."""
        return True

    validate_silent_authorization = validate_silent_login

    # Codes

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Keep the code's digest with all it is bound to. The view has put that on the request."""
        Grant.objects.create(
            application=request.client,
            user=request.user,
            code=live.digest(code["code"]),
            expires=timezone.now() + CODE_LIFE,
            redirect_uri=request.redirect_uri,
            scope=" ".join(request.scopes),
            code_challenge=request.code_challenge,
            code_challenge_method=request.code_challenge_method,
            nonce=request.nonce or "",
            token_family=uuid.uuid4(),
            **request.binding,
        )

    def get_authorization_code_scopes(self, client_id: str, code: str, redirect_uri: str, request: Any) -> list[str]:
        """oauthlib asks this first of all, before it knows whose request it is."""
        request.bound = live.grant(code, now=timezone.now())
        return request.bound.scope.split() if request.bound else []

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether the code is this application's, unused, and still good. One that was used ends what it gave."""
        grant = request.bound
        if grant is None or grant.application_id != client.pk:
            return False
        if grant.used_at is not None:
            self._replayed(request)
            return False
        if grant.expires <= timezone.now() or not grant.is_live:
            return False
        request.user, request.scopes = grant.user, grant.scope.split()
        return True

    def get_code_challenge(self, code: str, request: Any) -> str:
        return str(request.bound.code_challenge)

    def get_code_challenge_method(self, code: str, request: Any) -> str:
        return "S256"

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """The one the code was asked for with."""
        if request.bound.redirect_uri != redirect_uri:
            raise errors.InvalidGrantError(request=request)
        return True

    def get_authorization_code_nonce(self, client_id: str, code: str, redirect_uri: str, request: Any) -> str | None:
        return request.bound.nonce or None

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """It was used up when the tokens were saved, in one transaction with them."""

    # Refresh tokens

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether it is this application's, unused, and still good. One that was used ends its family (security 78)."""
        now = timezone.now()
        request.bound = token = live.refresh_token(refresh_token, client, now=now)
        if token is None:
            return False
        if token.revoked is not None:
            self._replayed(request)
            return False
        if token.ends_at <= now or not token.is_live:
            return False
        request.user = token.user
        return True

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> str:
        return str(request.bound.scope)

    # Tokens

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """Use up the code or the refresh token and keep what it gives. Of many at once exactly one comes through."""
        try:
            with transaction.atomic():
                self._exchange(token, request, now=timezone.now())
        except _UsedMeanwhile:
            self._replayed(request)
            raise errors.InvalidGrantError(request=request) from None

    def _exchange(self, token: dict[str, Any], request: Any, *, now: datetime) -> None:
        bound = request.bound
        if isinstance(bound, Grant):
            was_unused = Grant.objects.filter(pk=bound.pk, used_at=None).update(used_at=now)
            ends_at = now + timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
        else:
            was_unused = RefreshToken.objects.filter(pk=bound.pk, revoked=None).update(revoked=now)
            ends_at = bound.ends_at
        if not was_unused:
            raise _UsedMeanwhile
        passed_on = {
            "user": request.user,
            "application": request.client,
            "token_family": bound.token_family,
            "login_session_id": bound.login_session_id,
            "is_offline": bound.is_offline,
            "authentication": {**bound.authentication, "sub": self._subject(request)},
        }
        is_narrower = set(request.scopes) < set(bound.scope.split())
        access_token = AccessToken(
            **passed_on,
            release=narrowed(bound.release, request.scopes) if is_narrower else bound.release,
            scope=token["scope"],
            expires=now + timedelta(seconds=token["expires_in"]),
        )
        set_token_value(access_token, token["access_token"])
        access_token.save(force_insert=True)
        if not bound.is_offline and request.client.client_type == Application.CLIENT_PUBLIC:
            del token["refresh_token"]  # nothing would prove whose it is, and the session is there to ask
            return
        refresh_token = RefreshToken(**passed_on, release=bound.release, scope=bound.scope, ends_at=ends_at)
        set_token_value(refresh_token, token["refresh_token"])
        refresh_token.save(force_insert=True)

    def _replayed(self, request: Any) -> None:
        """End all that came of the code, where something is left of it, and write that down (security 77, 78)."""
        bound, now = request.bound, timezone.now()
        family = {"token_family": bound.token_family}
        is_left = (
            RefreshToken.objects.filter(**family, revoked=None).exists()
            or AccessToken.objects.filter(**family).exists()
        )
        if not is_left:
            return
        origin = Origin(ip=request.headers["REMOTE_ADDR"], user_agent=request.headers.get("HTTP_USER_AGENT", ""))
        with transaction.atomic():
            end_family(bound.token_family, now=now)
            data = {"application": bound.application.name}
            record(EventKind.TOKEN_REPLAYED, user=bound.user, origin=origin, now=now, data=data)

    def revoke_token(self, token: str, token_type_hint: str | None, request: Any, *args: Any, **kwargs: Any) -> None:
        """End all that came of the same code as this token, if it is the application's own (RFC 7009)."""
        own = {"token_checksum": live.digest(token), "application": request.client}
        for kind in (AccessToken, RefreshToken):
            family = kind._default_manager.filter(**own).values_list("token_family", flat=True).first()
            if family is not None:
                end_family(family, now=timezone.now())

    # What is told

    def validate_bearer_token(self, token: str | None, scopes: Collection[str], request: Any) -> bool:
        """Whether an access token is good now and allows these scopes."""
        found = live.access_token(token, now=timezone.now()) if token else None
        if found is None or not {*scopes} <= {*found.scope.split()}:
            return False
        request.access_token, request.user, request.client = found, found.user, found.application
        request.scopes = found.scope.split()
        return True

    validate_jwt_bearer_token = validate_bearer_token  # an ID token opens nothing

    def finalize_id_token(
        self, id_token: dict[str, Any], token: dict[str, Any], token_handler: Any, request: Any
    ) -> str:
        """Complete and sign it. It is verified by its signature, so none is kept."""
        bound, issued_at = request.bound, id_token["iat"]
        known = bound.authentication
        proof = {name: known[name] for name in ("auth_time", "acr", "amr") if name in known}
        session = {"sid": str(bound.login_session_id)} if bound.login_session_id else {}
        payload = {
            **told(request.user, request.client.pk, bound.release["id_token"], now=timezone.now()),
            **id_token,
            **proof,
            **session,
            "iss": oauth2_settings.OIDC_ISS_ENDPOINT,
            "sub": self._subject(request),
            "exp": issued_at + oauth2_settings.ID_TOKEN_EXPIRE_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        return keys.sign(json.dumps(payload).encode(), type="JWT")

    @staticmethod
    def _subject(request: Any) -> str:
        known = request.bound.authentication.get("sub")
        if known is None:
            known = request.bound.authentication["sub"] = subject_of(request.user, request.client)
        return str(known)
