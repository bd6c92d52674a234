"""What an administrator pastes into an application so that people can sign in to it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.applications.addresses import address_of, issuer
from consent.applications.models import Application


@dataclass(frozen=True)
class Line:
    """One setting: what it is called in most applications, and its value."""

    label: str | Promise
    values: tuple[str, ...]


def what_to_paste(application: Application, *, scopes: tuple[str, ...]) -> list[Line]:
    """In the order applications ask for it. The secret is not among them: nobody can read it again."""
    is_public = application.client_type == Application.CLIENT_PUBLIC
    return [
        Line(_("Issuer"), (issuer(),)),
        Line(_("Discovery document"), (f"{issuer()}/.well-known/openid-configuration",)),
        Line(_("Client ID"), (application.client_id,)),
        Line(_("Client authentication"), ("none",) if is_public else ("client_secret_basic", "client_secret_post")),
        Line(_("Scopes"), (" ".join(scopes),)),
        Line(_("Response type, PKCE method"), ("code, S256",)),
        Line(_("Authorization endpoint"), (address_of("authorize"),)),
        Line(_("Token endpoint"), (address_of("token"),)),
        Line(_("User info endpoint"), (address_of("userinfo"),)),
        Line(_("Keys (JWKS)"), (address_of("openid-keys"),)),
        Line(_("Sign-out endpoint"), (address_of("openid-logout"),)),
        Line(_("Redirect URIs"), tuple(application.redirect_uris.split())),
    ]
