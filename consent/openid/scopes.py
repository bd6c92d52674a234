"""The scopes applications may ask for, and which attributes each stands for (OpenID Connect Core 1.0, 5.4)."""

from __future__ import annotations

from typing import Any, Final

from oauth2_provider.scopes import BaseScopes

OPENID: Final = "openid"
OFFLINE_ACCESS: Final = "offline_access"
PROFILE: Final = "profile"
SCOPES: Final = (OPENID, PROFILE, "email", "phone", "address", OFFLINE_ACCESS)
_OF_CLAIM: Final = {"email": "email", "phone_number": "phone", "address": "address"}


def scope_of(openid_name: str) -> str:
    """The scope that asks for a claim. What the standard does not name, custom attributes among it, is `profile`."""
    return _OF_CLAIM.get(openid_name, PROFILE)


class Scopes(BaseScopes):
    """The same for every application; which attributes it gets is decided by what is listed for it."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope: scope for scope in SCOPES}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        without = () if application is None or application.may_work_offline else (OFFLINE_ACCESS,)
        return [scope for scope in SCOPES if scope not in without]

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return [OPENID]
