"""Settings that development, tests and production share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext

from myaccount.settings.environment import networks, readable_file, region, sender, sms

BASE_DIR = Path(__file__).resolve().parent.parent.parent

django_stubs_ext.monkeypatch()

INSTALLED_APPS = [
    "myaccount.web.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "csp",
    "django_countries",
    "django_tasks",
    "django_tasks_db",
    "oauth2_provider",
    # kernel
    "myaccount.users",
    "myaccount.claims",
    "myaccount.activity",
    "myaccount.limits",
    "myaccount.outbox",
    "myaccount.schedule",
    "myaccount.web",
    # areas
    "sessions_app",
    "profile",
    "security",
    "consent",
    "linked_accounts",
    "approvals",
    # on top
    "myaccount.registration",
    "myaccount.deletion",
    "myaccount.pages",
]

MIDDLEWARE = [
    "myaccount.web.middleware.TrustedProxyMiddleware",
    # First what every response wears, so that the refusals of those below wear it too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads at random, and the CSRF token is masked: no BREACH
    "myaccount.web.middleware.PrivatePagesMiddleware",
    "myaccount.web.middleware.RequestLimitsMiddleware",
    "myaccount.web.middleware.AttemptLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "sessions_app.middleware.LoginSessionMiddleware",
    "myaccount.web.middleware.PersonalLocaleMiddleware",
    "profile.middleware.gravatar_policy",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "myaccount.urls"
WSGI_APPLICATION = "myaccount.wsgi.application"
ASGI_APPLICATION = "myaccount.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["myaccount.web.template_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "myaccount.web.context_processors.portal",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "myaccount.web.templatetags.addresses",
                "myaccount.web.templatetags.components",
            ],
        },
    }
]
FORM_RENDERER = "myaccount.web.forms.PortalFormRenderer"

# People and their sessions
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "myaccount.users.backends.IdentifierBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "overview"
SILENCED_SYSTEM_CHECKS = ["axes.W002"]  # its middleware would answer a lock differently from a wrong password
SESSION_ENGINE = "sessions_app.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=24).total_seconds())
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "myaccount.web.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

PASSWORD_HASHERS = [
    "myaccount.users.hashers.PortalArgon2PasswordHasher",
    "consent.openid.hashers.ClientSecretHasher",  # secrets of applications, never passwords: not the first
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "security.password.validators.LengthValidator"},
    {"NAME": "security.password.validators.CommonValidator"},
    {"NAME": "security.password.validators.WordsValidator"},
    {"NAME": "security.password.validators.BreachedPasswordValidator"},
]
BREACHED_PASSWORDS_FILE = readable_file("BREACHED_PASSWORDS_FILE")

# Sign-in lockout: axes is the second guard and the record; the first is myaccount.limits.
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 20
AXES_COOLOFF_TIME = timedelta(hours=1)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "security.sign_in.adapters.axes_account_key"
AXES_CLIENT_IP_CALLABLE = "security.sign_in.adapters.axes_client_address"
AXES_WHITELIST_CALLABLE = "security.sign_in.adapters.axes_leaves_alone"
AXES_SENSITIVE_PARAMETERS = ["identifier", "username", "password", "next", "csrfmiddlewaretoken"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_ALLOWED_CORS_ORIGINS = ""

# OpenID provider: the issuer, the keys and the schemes of redirect URIs are filled in by each settings file.
OAUTH2_PROVIDER_APPLICATION_MODEL = "consent.Application"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "consent.AccessToken"  # noqa: S105
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "consent.RefreshToken"  # noqa: S105
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "consent.IDToken"  # noqa: S105
OAUTH2_PROVIDER_GRANT_MODEL = "consent.Grant"


def openid_provider(public_url: str, keys: list[str], schemes: list[str]) -> dict[str, Any]:
    """django-oauth-toolkit's settings. The first key signs; the others only verify what they signed before."""
    return {
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": public_url,
        "OIDC_USERINFO_ENDPOINT": f"{public_url}/oauth2/userinfo/",
        "OIDC_RSA_PRIVATE_KEY": keys[0],
        "OIDC_RSA_PRIVATE_KEYS_INACTIVE": keys[1:],
        "OAUTH2_VALIDATOR_CLASS": "consent.openid.validator.Validator",
        "CLIENT_SECRET_HASHER": "client_secret",
        "SCOPES_BACKEND_CLASS": "consent.openid.scopes.Scopes",
        "ALLOWED_REDIRECT_URI_SCHEMES": schemes,
        "ALLOWED_SCHEMES": schemes,
        "PKCE_REQUIRED": True,
        "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
        "ACCESS_TOKEN_EXPIRE_SECONDS": 900,
        "ID_TOKEN_EXPIRE_SECONDS": 900,
        "REFRESH_TOKEN_EXPIRE_SECONDS": int(timedelta(days=30).total_seconds()),
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
        "OIDC_RESPONSE_TYPES_SUPPORTED": ["code"],
        "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
        "OAUTH2_GRANT_TYPES_SUPPORTED": ["authorization_code", "refresh_token"],
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "OIDC_RP_INITIATED_LOGOUT_STRICT_REDIRECT_URIS": True,
        "OIDC_RP_INITIATED_LOGOUT_DELETE_TOKENS": False,  # ending the session does, for that session
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
        "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
        "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    }


# Background work
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# Languages: whole translations are listed here, each by its own name; dev and tests add pseudo-languages.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_PHONE_REGION = region("DEFAULT_PHONE_REGION")

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "myaccount.web.bundles.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]

# Requests
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
PICTURE_MAX_BYTES = 5_000_000
REQUEST_MAX_BYTES = 6_000_000
APPEND_SLASH = True
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Messages
SMS_URL = sms()
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = sender("EMAIL_FROM", "My Account <no-reply@localhost>")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "myaccount.web.logs.OneLineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "axes": {"level": "ERROR"},
        "django": {"level": "INFO"},  # without the handlers Django gives it: one event is one line
        "django_tasks_db": {"level": "WARNING"},  # it tells of every look at the queue
        "apprise": {"level": "CRITICAL"},  # what it logs names numbers; the outbox records the failure
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
