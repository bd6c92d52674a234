"""Applications and what comes with them in Django admin."""

from __future__ import annotations

from django.contrib import admin

from consent import application_admin, session_admin
from consent.consents import admin as consents_admin
from consent.purposes import admin as purposes_admin
from consent.receipts import admin as receipts_admin
from consent.tokens.models import AccessToken, Grant, IDToken, RefreshToken

# django-oauth-toolkit registers these by itself; nobody needs to look at codes and tokens (security 88).
for model in (AccessToken, Grant, IDToken, RefreshToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

__all__ = ["application_admin", "consents_admin", "purposes_admin", "receipts_admin", "session_admin"]
