"""A provider that runs, and how an administrator has set it up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linked_accounts.federated.models import IdentityProvider
from tests.support.identity_provider import RunningProvider, identity_provider, set_up


@pytest.fixture
def university() -> Iterator[RunningProvider]:
    """An identity provider on loopback."""
    with identity_provider() as running:
        yield running


@pytest.fixture
def provider(db: None, university: RunningProvider) -> IdentityProvider:
    """The provider as it is set up here: for signing in, without accounts for unknown people."""
    return set_up(university)
