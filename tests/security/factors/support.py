"""Apps, codes and numbers of people in tests."""

from __future__ import annotations

import time
from html import unescape
from typing import cast

from django.http import HttpResponse
from django.test import Client
from django_otp.oath import hotp

from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web import encryption
from security.factors.models import BackupCodes, TotpDevice

FACTORS = "/myaccount/security/factors/"
ADD_APP = f"{FACTORS}authenticator-app/add/"
SMS = f"{FACTORS}sms/"
CODES = f"{FACTORS}backup-codes/"
NUMBER = "+447400123456"


def app_code(seed: bytes, *, steps: int = 0) -> str:
    """What an app with this seed shows now, or so many steps later."""
    return f"{hotp(seed, int(time.time()) // 30 + steps):06}"


def seed_of(device: TotpDevice) -> bytes:
    """The seed as it is stored."""
    return encryption.decrypt(TotpDevice.objects.get(pk=device.pk).seed)


def open_page(client: Client, path: str) -> str:
    """A page as text, and it must be there."""
    response = client.get(path)
    assert response.status_code == 200, (response.status_code, response.headers)
    return unescape(response.content.decode())


def post(client: Client, path: str, **fields: object) -> HttpResponse:
    """Send a form."""
    return cast("HttpResponse", client.post(path, fields))


def text_of(response: HttpResponse) -> str:
    """What a page says."""
    return unescape(response.content.decode())


def topics(user: User) -> list[str]:
    """The kinds of mails a person got, in order."""
    return list(
        Message.objects.filter(user=user, channel="email").order_by("created_at").values_list("topic", flat=True)
    )


def codes_of(user: User) -> BackupCodes:
    """The person's set of backup codes."""
    found: BackupCodes = BackupCodes.objects.get(user=user)
    return found
