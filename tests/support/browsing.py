"""Signing test clients in, the way people do."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

from security.factors.models import TotpDevice
from tests.support.factors import code_of
from tests.support.people import FIREFOX, PASSPHRASE

SIGN_IN = "/myaccount/sign-in/"
SECOND_STEP = "/myaccount/sign-in/second-step/"


def new_browser(user_agent: str = FIREFOX, *, address: str = "192.0.2.10", **options: Any) -> Client:
    """A browser nobody has used before."""
    return Client(headers={"user-agent": user_agent}, REMOTE_ADDR=address, **options)


def sign_in(client: Client, username: str = "alice", password: str = PASSPHRASE) -> Client:
    """Sign in through the pages, the second step too, and fail loudly if that does not work."""
    response = client.post(SIGN_IN, {"identifier": username, "password": password})
    assert response.status_code == 302, response.content.decode()[:2000]
    if response["Location"] == SECOND_STEP:
        TotpDevice.objects.update(last_step=-1)  # people wait for the next code; tests do not
        response = client.post(f"{SECOND_STEP}totp/", {"code": code_of()})
        assert response.status_code == 302, response.content.decode()[:2000]
    return client


def make_stale(client: Client) -> None:
    """Let the last proof of identity be older than step-up accepts."""
    session = client.session
    session["step_up_confirmed_at"] = timezone.now().timestamp() - 301
    session.save()
