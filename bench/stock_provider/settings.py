"""Limit c with the library's provider added, and nothing of it changed but what OpenID needs to work."""

from __future__ import annotations

import os
from pathlib import Path

from bench.limit_c.settings import *  # noqa: F403
from bench.limit_c.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "oauth2_provider"]
ROOT_URLCONF = "bench.stock_provider.urls"
WSGI_APPLICATION = "bench.stock_provider.wsgi.application"
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_RSA_PRIVATE_KEY": Path(os.environ["OIDC_KEY_FILE"]).read_text(encoding="ascii"),
    "SCOPES": {"openid": "", "profile": "", "email": ""},
}
