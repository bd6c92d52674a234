"""Registering and using devices in tests, and what a device or browser could lie about."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
from django.utils import timezone

from myaccount.activity.services import Origin
from myaccount.users.models import User
from security.factors.devices import services
from security.factors.devices.adapters import MAX_ANSWER_LENGTH
from security.factors.devices.services import WORDS, DeviceProblem, DeviceRefused
from security.factors.models import DeviceKind, Purpose, SecurityDevice
from tests.support.authenticators import Authenticator, b64

BINDING: Final = "the binding of a browser session"

Json = dict[str, Any]

LIES: Final[dict[str, Json]] = {
    "another origin": {"origin": "https://localhost.evil.example"},
    "another port": {"origin": "http://localhost:8001"},
    "another scheme": {"origin": "https://localhost:8000"},
    "another relying party": {"rp_id": "evil.example"},
    "a subdomain": {"rp_id": "www.localhost"},
    "in a frame": {"cross_origin": True},
    "in a frame, oddly said": {"cross_origin": 1},
    "in a frame, said as text": {"cross_origin": "true"},
    "in a frame of another site": {"top_origin": "https://evil.example"},
    "in a frame of our own": {"top_origin": "http://localhost:8000"},
    "another challenge": {"challenge": b64(b"x" * 32)},
    "no challenge": {"challenge": ""},
    "nobody present": {"present": False},
    "backed up but not eligible": {"backed_up": True},
}


GARBAGE: Final[dict[str, str]] = {
    "nothing": "",
    "no JSON": "{",
    "a text": '"credential"',
    "a list": "[]",
    "a number": "1",
    "nothing at all": "null",
    "empty": "{}",
    "deep": "[" * 15_000,
    "no response": '{"id": "eA", "rawId": "eA", "type": "public-key"}',
    "odd response": '{"id": "eA", "rawId": "eA", "type": "public-key", "response": []}',
    "odd parts": '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": 1}}',
    "odd id": '{"id": ["eA"], "rawId": ["eA"], "type": "public-key", "response": {}}',
    "two ids": '{"id": "eA", "rawId": "eQ", "type": "public-key", "response": {}}',
    "padded id": '{"id": "eA==", "rawId": "eA==", "type": "public-key", "response": {}}',
    "not base64": '{"id": "ä", "rawId": "ä", "type": "public-key", "response": {}}',
    "a NUL": '{"id": "\\u0000", "rawId": "\\u0000", "type": "public-key", "response": {}}',
    "odd client data": '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "eyI"}}',
    "huge": " " * (MAX_ANSWER_LENGTH + 1),
    "a lone surrogate": '{"id": "\\ud800", "rawId": "\\ud800", "type": "public-key", "response": {}}',
}


def options_to_register(user: User, *, older: bool = False, binding: str = BINDING) -> Json:
    return services.options_to_register(
        user=user, kind=DeviceKind.USB, is_older_device=older, binding=binding, now=timezone.now()
    )


def register(
    user: User, options: Json, answer: Any, *, binding: str = BINDING, name: str = "Blue key"
) -> SecurityDevice:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return services.register(
        user=user, challenge_id=options["id"], binding=binding, credential_json=text, name=name, origin=Origin(),
        now=timezone.now(),
    )  # fmt: skip


def registered(user: User, device: Authenticator | None = None, *, older: bool = False) -> SecurityDevice:
    options = options_to_register(user, older=older)
    return register(user, options, (device or Authenticator()).create(options))


def options_for_second(user: User, *, purpose: Purpose = Purpose.SIGN_IN, binding: str = BINDING) -> Json:
    return services.options_for_second(user=user, purpose=purpose, binding=binding, now=timezone.now())


def verify_second(
    user: User, options: Json, answer: Any, *, purpose: Purpose = Purpose.SIGN_IN, binding: str = BINDING
) -> SecurityDevice:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return services.verify_second(
        user=user, challenge_id=options["id"], purpose=purpose, binding=binding, credential_json=text, origin=Origin(),
        now=timezone.now(),
    )  # fmt: skip


def refused(reason: DeviceProblem) -> Any:
    return pytest.raises(DeviceRefused, match=re.escape(str(WORDS[reason])))
