"""The provider's own addresses, as applications know them."""

from __future__ import annotations

from django.urls import reverse
from oauth2_provider.settings import oauth2_settings


def issuer() -> str:
    """Who signs: fixed by the settings, whatever a request says (security 83)."""
    return str(oauth2_settings.OIDC_ISS_ENDPOINT)


def address_of(url_name: str) -> str:
    """One of the provider's addresses in full."""
    return f"{issuer()}{reverse(url_name)}"
