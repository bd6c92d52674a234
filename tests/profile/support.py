"""Codes and links as they arrive."""

from __future__ import annotations

import re
from typing import cast

from django.http import HttpResponse
from django.test import Client

from myaccount.outbox.models import Message

PAGE = "/myaccount/personal-info/"
MOBILE = "+447400123456"


def newest(topic: str) -> Message:
    """The last message of a kind."""
    return Message.objects.filter(topic=topic).latest("created_at")


def recipients(topic: str) -> list[str]:
    """Who was sent messages of a kind."""
    return list(Message.objects.filter(topic=topic).order_by("created_at").values_list("recipient", flat=True))


def sent_code(kind: str = "email") -> str:
    """The code of the last message with one."""
    found = re.search(r"\b\d{6}\b", newest(f"prove_{kind}").text)
    assert found
    return found.group()


def sent_link() -> str:
    """The path of the link in the last message with one."""
    found = re.search(r"http://localhost:8000(/\S+)", newest("prove_email").text)
    assert found
    return found.group(1)


def wrong(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 10**6:06}"


def ask(client: Client, kind: str = "email", value: str = "new@example.org") -> HttpResponse:
    """Ask for a new address or number."""
    return cast("HttpResponse", client.post(f"{PAGE}contact/{kind}/", {"value": value, "opened_with": ""}))


def prove(client: Client, code: str, kind: str = "email") -> HttpResponse:
    """Enter a code."""
    return cast("HttpResponse", client.post(f"{PAGE}contact/{kind}/prove/", {"code": code}))


def resend(client: Client, kind: str = "email") -> HttpResponse:
    """Ask for another code."""
    return cast("HttpResponse", client.post(f"{PAGE}contact/{kind}/resend/"))


def cancel(client: Client, kind: str = "email") -> HttpResponse:
    """Give the change up."""
    return cast("HttpResponse", client.post(f"{PAGE}contact/{kind}/cancel/"))
