"""Reads ID tokens of ours that come back as hints: by whichever key signed them, also after they have expired."""

from __future__ import annotations

import json
from dataclasses import dataclass

from joserfc.errors import JoseError
from oauth2_provider.settings import oauth2_settings

from consent import keys


@dataclass(frozen=True)
class Hint:
    """Whom an ID token was about, which application got it, and in which sign-in session."""

    subject: str
    client_id: str
    session_uuid: str  # empty where the token was not bound to one


def hinted(token: str) -> Hint | None:
    """What an ID token of ours says; None for anything else, whoever signed it."""
    try:
        header, payload = keys.verify(token, keys.public_key_set())
        claims = json.loads(payload)
        if header.get("typ") != "JWT" or claims["iss"] != oauth2_settings.OIDC_ISS_ENDPOINT:
            return None
        return Hint(str(claims["sub"]), str(claims["aud"]), str(claims.get("sid", "")))
    except (JoseError, ValueError, KeyError, TypeError):
        return None
