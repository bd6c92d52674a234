"""Providers while the cache is lost, or hangs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from django.core.cache.backends.redis import RedisCache

from linked_accounts.federated import memory
from linked_accounts.federated.models import IdentityProvider
from myaccount.users.models import User
from tests.support.browsing import new_browser
from tests.support.identity_provider import Mutant, RunningProvider, begin, connected


@pytest.fixture(params=["lost", "hung"])
def no_cache(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Redis, where nobody listens, or where nobody answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if request.param == "hung":
            listening.listen()
        server = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
        options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
        monkeypatch.setattr(memory, "cache", RedisCache(server, {"OPTIONS": options}))
        yield


@pytest.mark.usefixtures("no_cache")
def test_people_sign_in_without_a_cache(alice: User, provider: IdentityProvider, university: RunningProvider) -> None:
    """Security 75: within the time a page has, and asking the provider no more than once for each thing."""
    connected(alice, provider)
    nobody = new_browser()
    began = time.monotonic()
    back = university.show(begin(nobody))
    assert university.asked == ["/.well-known/openid-configuration"]
    assert nobody.get(back)["Location"] == "/myaccount/"
    assert sorted(university.asked[1:]) == ["/.well-known/openid-configuration", "/keys", "/token", "/userinfo"]
    assert time.monotonic() - began < 3


@pytest.mark.usefixtures("no_cache")
def test_a_provider_that_is_down_gets_its_page(provider: IdentityProvider, university: RunningProvider) -> None:
    university.mutant = Mutant(at="/", status=500)
    assert new_browser().post("/myaccount/sign-in/with/university/").status_code == 503
