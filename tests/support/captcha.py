"""Solving captchas as browsers do."""

from __future__ import annotations

import base64
import json
from typing import Any

import altcha
from django.test import Client

CHALLENGE = "/myaccount/captcha/"


def solve(challenge: dict[str, Any]) -> str:
    """What a browser hands in for a challenge: its value for the field `captcha`."""
    found = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(found)
    assert solution is not None
    return pack({"challenge": challenge, "solution": solution.to_dict()})


def solved(client: Client, action: str) -> str:
    """The same, for a challenge asked for in this browser."""
    response = client.post(CHALLENGE, {"action": action})
    assert response.status_code == 200, response.content.decode()[:2000]
    return solve(response.json())


def pack(answer: Any) -> str:
    """JSON in base64, as it is sent."""
    return base64.b64encode(json.dumps(answer).encode()).decode()


def unpack(payload: str) -> Any:
    """The answer inside, to be tampered with."""
    return json.loads(base64.b64decode(payload))
