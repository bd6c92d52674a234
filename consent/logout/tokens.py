"""Logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.4)."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from consent import keys
from consent.applications.addresses import issuer
from consent.applications.models import Application

LIFE: Final = 120  # seconds
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


def logout_token(*, application: Application, login_session_uuid: UUID, subject: str, now: datetime) -> str:
    """Says to one application that one session of one person is over, signed. It has no nonce: so it is no ID token."""
    issued_at = int(now.timestamp())
    claims = {
        "iss": issuer(),
        "aud": application.client_id,
        "iat": issued_at,
        "exp": issued_at + LIFE,
        "jti": secrets.token_urlsafe(16),
        "sub": subject,
        "sid": str(login_session_uuid),
        "events": {EVENT: {}},
    }
    return keys.sign(json.dumps(claims).encode(), type="logout+jwt")
