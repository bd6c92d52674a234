"""What oauthlib asks about applications, codes and tokens."""

from __future__ import annotations

from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    """django-oauth-toolkit's, with its traps closed."""
