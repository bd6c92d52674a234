"""People who ask and people who decide."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from myaccount.users.models import User
from tests.approvals import support
from tests.support.browsing import new_browser, sign_in
from tests.support.people import CHROME, make_person


@pytest.fixture(autouse=True)
def nothing_given_up() -> None:
    support.given_up.clear()


@pytest.fixture
def carol(db: None) -> User:
    return make_person("carol")


@pytest.fixture
def managers(bob: User, carol: User) -> Group:
    """A group of two."""
    group = Group.objects.create(name="Managers")
    group.user_set.add(bob, carol)
    return group


@pytest.fixture
def bobs(bob: User) -> Client:
    """A browser in which bob has just signed in."""
    return sign_in(new_browser(CHROME), "bob")
