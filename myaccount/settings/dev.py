"""Settings of `make run`: everything on this machine, nothing to configure."""

from __future__ import annotations

import secrets

from myaccount.settings.base import *  # noqa: F403
from myaccount.settings.base import BASE_DIR, LANGUAGES, openid_provider
from myaccount.settings.environment import cache, database, email, env, new_signing_key, origin, signing_keys

VAR_DIR = BASE_DIR / "var"
VAR_DIR.mkdir(exist_ok=True)


def _own_secret_key() -> str:
    """The key made at the first run and kept for the next ones."""
    file = VAR_DIR / "secret-key"
    if not file.exists():
        file.write_text(secrets.token_urlsafe(50), encoding="ascii")
        file.chmod(0o600)
    return file.read_text(encoding="ascii").strip()


def _own_signing_keys() -> list[str]:
    """The key made at the first run and kept for the next ones."""
    file = VAR_DIR / "openid-key.pem"
    if not file.exists():
        file.write_text(new_signing_key(), encoding="ascii")
        file.chmod(0o600)
    return signing_keys(file.read_text(encoding="ascii"), name=str(file))


DEBUG = True
DEVELOPMENT = True
PORT = env.int("PORT", default=8000)
PUBLIC_URL = origin("PUBLIC_URL", env.str("PUBLIC_URL", default=f"http://localhost:{PORT}"), allow_http=True)
SECRET_KEY = env.str("SECRET_KEY", default="") or _own_secret_key()
OAUTH2_PROVIDER = openid_provider(PUBLIC_URL, _own_signing_keys(), ["https", "http"])
PRIVATE_ADDRESSES_ALLOWED = True  # applications on this machine may be told that a session has ended
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
INTERNAL_IPS = ["127.0.0.1"]

DATABASES = {"default": database(f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
CACHES = {"default": cache()}

SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"

# Messages are shown at /outbox/ unless a real way out is configured.
vars().update(email("dummymail://"))
OUTBOX_KEEPS_BODIES = True

WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

LANGUAGES = [*LANGUAGES, ("en-xa", "[Ƥşḗŭḓǿ]"), ("ar-xb", "Pseudo (right to left)")]
LOCALE_PATHS = [BASE_DIR / "locale", VAR_DIR / "pseudo-locale"]
