"""Accounts on their way out, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.test import Client
from django.utils import timezone

from myaccount.activity.services import SYSTEM
from myaccount.deletion import services
from myaccount.deletion.models import AccountDeletion
from myaccount.users.models import User
from tests.support.browsing import SIGN_IN
from tests.support.people import PASSPHRASE

DELETE: Final = "/myaccount/personal-info/delete-account/"
AGREED: Final = {"has_read": "on"}
TO_BE_DELETED: Final = "/myaccount/account-to-be-deleted/"
KEEP_OR_LEAVE: Final = "/myaccount/sign-in/deletion/"
KEEP: Final = "/myaccount/sign-in/deletion/keep/"
LEAVE: Final = "/myaccount/sign-in/deletion/leave/"
A_DAY: Final = timedelta(days=1)
COOLING_OFF: Final = timedelta(days=14)


def ask_for_deletion(user: User, *, now: datetime | None = None) -> AccountDeletion:
    """What the page does, without the page."""
    return services.start(user=user, origin=SYSTEM, now=now or timezone.now())


def give_password(client: Client, username: str = "alice", *, next_path: str = "") -> str:
    """The right password on the sign-in page. Returns where it leads."""
    response = client.post(SIGN_IN, {"identifier": username, "password": PASSPHRASE, "next": next_path})
    assert response.status_code == 302, response.content.decode()[:2000]
    return str(response["Location"])
