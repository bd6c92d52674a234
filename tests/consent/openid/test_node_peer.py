"""A whole sign-in by another's hand, over HTTP: openid-client, the library most of Node's relying parties use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from myaccount.settings.base import openid_provider
from scripts.node import what_is_missing
from tests.peers.node_peer import NodePeer, node_peer
from tests.support.browsing_over_http import Visitor
from tests.support.people import make_person
from tests.support.relying_party import SECRET, relying_party

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK, BYE = "http://localhost:1/callback", "http://localhost:1/bye"


@pytest.fixture(scope="session", autouse=True)
def node() -> None:
    """In CI it has to be there; elsewhere `make test` says that it is left out."""
    missing = what_is_missing()
    if missing and os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


@pytest.fixture
def portal(live_server: Any) -> Iterator[str]:
    """The address of a portal that says that it is there."""
    own_keys = [settings.OAUTH2_PROVIDER["OIDC_RSA_PRIVATE_KEY"]]
    with override_settings(OAUTH2_PROVIDER=openid_provider(live_server.url, own_keys, ["https", "http"])):
        make_person("alice", values={"given_name": "Alice"})
        yield live_server.url


@pytest.fixture
def peer(portal: str) -> Iterator[NodePeer]:
    party = relying_party(redirect_uris=CALLBACK, post_logout_redirect_uris=BYE)
    with node_peer(portal, party.application.client_id, SECRET, CALLBACK) as running:
        yield running


def test_openid_client_signs_somebody_in_and_out(portal: str, peer: NodePeer) -> None:
    person = Visitor(portal)
    person.open(peer("begin", scope="openid profile email", extra={"max_age": "3600"})["url"])
    person.sign_in()
    callback = person.submit(decision="allow", claim_given_name="on", claim_email="on")
    finished = peer("finish", url=callback)
    assert finished.get("scope") == "openid profile email", finished
    told = peer("userinfo")
    assert told == {
        "sub": finished["claims"]["sub"], "given_name": "Alice", "email": "alice@example.org", "email_verified": True
    }  # fmt: skip
    assert peer("refresh") == {"same": True}
    assert peer("introspect")["active"] is True
    assert peer("userinfo") == told
    assert person.open(peer("logout", back=BYE)["url"]) == f"{BYE}?state=bye"
    assert peer("userinfo")["status"] == 401
    assert peer("refresh")["failed"] == "invalid_grant"


def test_openid_client_believes_our_refusals(portal: str, peer: NodePeer) -> None:
    """They carry `iss` and `state`, without which it takes no answer at all."""
    person = Visitor(portal)
    silent = person.open(peer("begin", scope="openid", extra={"prompt": "none"})["url"])
    assert peer("finish", url=silent)["failed"] == "login_required"
    person.open(peer("begin", scope="openid email", extra={})["url"])
    person.sign_in()
    assert peer("finish", url=person.submit(decision="deny"))["failed"] == "access_denied"


def test_openid_client_gives_tokens_back(portal: str, peer: NodePeer) -> None:
    person = Visitor(portal)
    person.open(peer("begin", scope="openid profile", extra={})["url"])
    person.sign_in()
    peer("finish", url=person.submit(decision="allow", claim_given_name="on"))
    assert peer("revoke") == {}
    assert peer("userinfo")["status"] == 401
