"""Administrators, and browsers they are signed in with."""

from __future__ import annotations

import pytest
from django.test import Client

from myaccount.users.models import User
from tests.support.browsing import new_browser, sign_in
from tests.support.people import CHROME, make_person


@pytest.fixture
def ada(db: None) -> User:
    """An administrator with all rights."""
    return make_person("ada", is_staff=True, is_superuser=True)


@pytest.fixture
def adas(ada: User) -> Client:
    """A browser in which ada has just signed in."""
    return sign_in(new_browser(CHROME, address="192.0.2.99"), "ada")
