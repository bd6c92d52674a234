"""What applications find out by themselves: addresses, what works here, and the keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET
from oauth2_provider.settings import oauth2_settings

from consent import keys
from consent.openid.authentication import CONTEXTS
from consent.openid.claims import openid_name
from consent.openid.requests import PROMPTS
from consent.openid.scopes import SCOPES
from myaccount.claims.models import Claim

_KEPT: Final = timedelta(hours=1)
_ABOUT_THE_SIGN_IN: Final = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")
_DERIVED: Final = ("name", "email_verified", "phone_number_verified")


@require_GET
def discovery(request: HttpRequest) -> HttpResponse:
    """OpenID Connect Discovery 1.0: no more than works. The Host header has no say in it (security 83). One query."""
    attributes = sorted({openid_name(claim) for claim in Claim.objects.all()})
    return _kept(
        {
            "issuer": oauth2_settings.OIDC_ISS_ENDPOINT,
            "authorization_endpoint": address_of("authorize"),
            "token_endpoint": address_of("token"),
            "userinfo_endpoint": address_of("userinfo"),
            "introspection_endpoint": address_of("introspect"),
            "revocation_endpoint": address_of("revoke-token"),
            "end_session_endpoint": address_of("openid-logout"),
            "jwks_uri": address_of("openid-keys"),
            "scopes_supported": list(SCOPES),
            "claims_supported": [*_ABOUT_THE_SIGN_IN, *_DERIVED, *attributes],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["pairwise", "public"],
            "id_token_signing_alg_values_supported": [keys.ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": [prompt for prompt in PROMPTS if prompt != "select_account"],
            "acr_values_supported": list(CONTEXTS),
            "claim_types_supported": ["normal"],
            "ui_locales_supported": [code for code, _name in settings.LANGUAGES],
            "claims_parameter_supported": True,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
        }
    )


@require_GET
def key_set(request: HttpRequest) -> HttpResponse:
    """The public keys: that in use first, then those of before, which still verify."""
    return _kept(keys.public_key_set())


def address_of(url_name: str) -> str:
    """An endpoint's address, from the settings alone."""
    return f"{oauth2_settings.OIDC_ISS_ENDPOINT}{reverse(url_name)}"


def _kept(document: dict[str, Any]) -> HttpResponse:
    response = JsonResponse(document)
    response["Cache-Control"] = f"public, max-age={int(_KEPT.total_seconds())}"
    return response
