"""Fixtures of all tests: no network, people, browsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from pytest_socket import enable_socket, socket_allow_hosts

from myaccount.users.models import User
from tests.support.browsing import new_browser, sign_in
from tests.support.people import make_person


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Tests talk to this machine and to nothing else."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(autouse=True)
def clean_slate() -> Iterator[None]:
    """No language or cache entry of one test reaches another."""
    yield
    translation.deactivate()
    cache.clear()


@pytest.fixture
def alice(db: None) -> User:
    return make_person("alice", values={"given_name": "Alice", "family_name": "Liddell"}, display_name="Alice Liddell")


@pytest.fixture
def bob(db: None) -> User:
    return make_person("bob")


@pytest.fixture
def browser() -> Client:
    """A browser nobody is signed in with."""
    return new_browser()


@pytest.fixture
def alices(alice: User, browser: Client) -> Client:
    """A browser in which alice has just signed in."""
    return sign_in(browser)
