"""Settings of production: everything comes from the environment, and nothing has a secret default."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from myaccount.settings.base import *  # noqa: F403
from myaccount.settings.base import openid_provider
from myaccount.settings.environment import (
    cache,
    database,
    earlier_keys,
    email,
    env,
    key_file,
    origin,
    refuse,
    required,
)

DEBUG = False
DEVELOPMENT = False
PUBLIC_URL = origin(
    "PUBLIC_URL",
    required("PUBLIC_URL", "give the address people open, like https://account.example.org."),
    allow_http=False,
)
SECRET_KEY = required("SECRET_KEY", "make one with `openssl rand -base64 48` and keep it secret.")
if len(SECRET_KEY) < 50:
    refuse("SECRET_KEY", "is too short: make one with `openssl rand -base64 48`.")
SECRET_KEY_FALLBACKS = earlier_keys()
OAUTH2_PROVIDER = openid_provider(PUBLIC_URL, key_file("OIDC_KEY_FILE"), ["https"])
PRIVATE_ADDRESSES_ALLOWED = env.bool("PRIVATE_ADDRESSES_ALLOWED", default=False)
ALLOWED_HOSTS = [urlsplit(PUBLIC_URL).hostname or "", *env.list("INTERNAL_HOSTS", default=[])]

DATABASES = {"default": database(None)}
CACHES = {"default": cache()}
vars().update(email(""))
OUTBOX_KEEPS_BODIES = False

SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "myaccount.web.static_storage.PortalStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = int(timedelta(days=1).total_seconds())
