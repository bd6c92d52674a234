"""Settings of the test suite: like development, without debugging, and with a quick password hash."""

from __future__ import annotations

import os

from myaccount.settings.base import *  # noqa: F403
from myaccount.settings.base import BASE_DIR, LANGUAGES, TEMPLATES, openid_provider
from myaccount.settings.environment import cache, database, email, env, new_signing_key

DEBUG = False
DEVELOPMENT = True
PUBLIC_URL = "http://localhost:8000"
SECRET_KEY = "only-for-tests-" + "x" * 50
OAUTH2_PROVIDER = openid_provider(PUBLIC_URL, [new_signing_key()], ["https", "http"])
PRIVATE_ADDRESSES_ALLOWED = True
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

(BASE_DIR / "var").mkdir(exist_ok=True)
DATABASES = {"default": database(f"sqlite:///{BASE_DIR / 'var' / 'test.sqlite3'}")}
DATABASES["default"].setdefault("TEST", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file rather than memory: browser journeys and race tests use several connections.
    DATABASES["default"]["TEST"]["NAME"] = env.str(
        "MYACCOUNT_TEST_DB", default=str(BASE_DIR / "var" / "test-run.sqlite3")
    )
# The workers of the suite share one Redis, and each empties what is its own.
CACHES = {"default": {**cache(), "KEY_PREFIX": f"tests-{os.getpid()}"}}

SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"
PASSWORD_HASHERS = ["tests.support.hashers.FastPasswordHasher", "consent.openid.hashers.ClientSecretHasher"]

vars().update(email("memorymail://"))
OUTBOX_KEEPS_BODIES = True

WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

LANGUAGES = [*LANGUAGES, ("en-xa", "Pseudo"), ("ar-xb", "Pseudo RTL")]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "var" / "pseudo-locale"]

TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "UNKNOWN VARIABLE: %s"
