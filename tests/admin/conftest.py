"""Administrators, and browsers they are signed in with."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
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


@pytest.fixture
def helpdesk(db: None) -> User:
    """An administrator whose group may see and change people, and see everything else, but give no rights."""
    group = Group.objects.create(name="Helpdesk")
    wanted = ["view_user", "change_user", "add_user", "delete_user", "view_event", "view_message", "view_loginsession"]
    group.permissions.set(Permission.objects.filter(codename__in=wanted))
    user = make_person("helga", is_staff=True)
    user.groups.set([group])
    return user


@pytest.fixture
def helpdesks(helpdesk: User) -> Client:
    """A browser in which the helpdesk has just signed in."""
    return sign_in(new_browser(CHROME, address="192.0.2.98"), "helga")
