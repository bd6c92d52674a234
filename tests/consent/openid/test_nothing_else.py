"""Of the library's own pages none is there: nobody registers an application, sees a secret, or lists tokens."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.support.addresses import addresses
from tests.support.relying_party import RelyingParty


def test_no_view_of_the_library_is_mounted() -> None:
    """Security 85."""
    for address in addresses():
        assert not address.view.__module__.startswith("oauth2_provider"), address


@pytest.mark.parametrize(
    "path",
    [
        "/oauth2/applications/", "/oauth2/applications/register/", "/oauth2/applications/1/",
        "/oauth2/authorized_tokens/", "/oauth2/register/", "/oauth2/device-authorization/", "/oauth2/device/",
        "/o/applications/", "/o/authorize/", "/.well-known/oauth-authorization-server",
    ],
)  # fmt: skip
def test_their_usual_addresses_lead_nowhere(alices: Client, pickup: RelyingParty, path: str) -> None:
    """Security 85."""
    assert alices.get(path).status_code == 404
    assert alices.post(path).status_code == 404


def test_the_library_has_no_names_of_its_own() -> None:
    """Security 85."""
    for name in ("register", "list", "authorize", "authorized-token-list"):
        with pytest.raises(NoReverseMatch):
            reverse(f"oauth2_provider:{name}")


def test_what_people_are_shown_holds_no_secret(alices: Client, pickup: RelyingParty) -> None:
    """Security 85, 88."""
    for path in (pickup.request(), "/myaccount/security/", "/.well-known/openid-configuration"):
        page = alices.get(path).content.decode()
        assert pickup.secret not in page
        assert pickup.application.client_secret not in page
