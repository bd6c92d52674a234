"""Reads environment variables; what is missing or wrong stops the start with one clear line."""

from __future__ import annotations

import ipaddress
import os
import re
from email.utils import parseaddr
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
_END_OF_KEY = "-----END PRIVATE KEY-----"


def refuse(name: str, remedy: str) -> NoReturn:
    """End the process with one line that names the variable and the remedy."""
    raise SystemExit(f"{name} {remedy}")


def required(name: str, remedy: str) -> str:
    """The variable's text, or a refusal to start. `NAME_FILE` may name a file that holds it."""
    file_name = os.environ.get(f"{name}_FILE", "")
    if file_name:
        try:
            with open(file_name, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as error:
            refuse(f"{name}_FILE", f"names a file that cannot be read: {error.strerror}.")
    return os.environ.get(name, "") or refuse(name, f"is not set: {remedy}")


def earlier_keys(name: str = "SECRET_KEY_FALLBACKS") -> list[str]:
    """Secret keys of before, with commas between them, which still open what they closed."""
    text = required(name, "") if os.environ.get(name) or os.environ.get(f"{name}_FILE") else ""
    return [key.strip() for key in text.split(",") if key.strip()]


def signing_keys(text: str, *, name: str) -> list[str]:
    """The RSA private keys in a PEM text, in order: the first signs, the others verify what they signed before."""
    keys = [f"{part}{_END_OF_KEY}\n" for part in text.split(_END_OF_KEY)[:-1]]
    remedy = "make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`."
    for key in keys:
        try:
            private_key = load_pem_private_key(key.strip().encode(), password=None)
        except (ValueError, TypeError):
            refuse(name, f"holds a key that cannot be read: {remedy}")
        if not isinstance(private_key, RSAPrivateKey) or private_key.key_size < 2048:
            refuse(name, f"holds a key that is not RSA with at least 2048 bits: {remedy}")
    return [key.strip() for key in keys] or refuse(name, f"holds no private key: {remedy}")


def key_file(name: str) -> list[str]:
    """The signing keys in the file a variable names."""
    path = os.environ.get(name, "")
    if not path:
        refuse(name, "is not set: name a file with the private key that signs ID tokens, logout tokens and receipts.")
    try:
        with open(path, encoding="ascii") as file:
            return signing_keys(file.read(), name=name)
    except (OSError, UnicodeDecodeError) as error:
        refuse(name, f"names a file that cannot be read: {error}.")


def new_signing_key() -> str:
    """A signing key for development and tests, as PEM."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def origin(name: str, value: str, *, allow_http: bool) -> str:
    """An origin without path, such as `https://account.example.org`."""
    remedy = "is not an origin: give a scheme and a host only, like https://account.example.org."
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        refuse(name, remedy)
    schemes = {"https", "http"} if allow_http else {"https"}
    has_more = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in schemes or not parts.hostname or has_more:
        refuse(name, remedy)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """A comma-separated list of addresses or networks; empty when not set."""
    values: list[str] = env.list(name, default=[])
    try:
        return [ipaddress.ip_network(value.strip(), strict=False) for value in values]
    except ValueError:
        refuse(name, "has an entry that is no network: give addresses or networks, like 10.0.0.0/8,192.0.2.7.")


def database(default: str | None) -> dict[str, Any]:
    """Django's database settings from DATABASE_URL (sqlite: or postgresql:)."""
    remedy = "give postgresql://user:password@host/name or sqlite:///path."
    url = default if default and "DATABASE_URL" not in os.environ else required("DATABASE_URL", remedy)
    try:
        if not urlsplit(url).scheme or not _says_which_database(url):
            raise ValueError
        config: dict[str, Any] = env.db_url_config(url)
        engine = config["ENGINE"]
    except (ImproperlyConfigured, ValueError, KeyError):
        refuse("DATABASE_URL", f"cannot be read: {remedy}")
    if engine.endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,  # seconds
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    elif engine.endswith("postgresql"):
        config["CONN_MAX_AGE"] = None
        config["CONN_HEALTH_CHECKS"] = True
        config["OPTIONS"] = {
            **config.get("OPTIONS", {}),
            "connect_timeout": 3,  # seconds
            "options": f"-c statement_timeout={_statement_timeout()} -c lock_timeout=4000",  # milliseconds
        }
    else:
        refuse("DATABASE_URL", "names a database that is not supported: use postgresql or sqlite.")
    return config


def _says_which_database(url: str) -> bool:
    return url.startswith("sqlite:") or len(urlsplit(url).path) > 1


def _statement_timeout() -> int:
    """How long a statement may take, in milliseconds; a migration of a large table may need more, 0 for no limit."""
    text = os.environ.get("DATABASE_STATEMENT_TIMEOUT", "5000")
    if not text.isdecimal():
        refuse("DATABASE_STATEMENT_TIMEOUT", "is no number of milliseconds: give 5000, or 0 for no limit.")
    return int(text)


def cache() -> dict[str, Any]:
    """Django's cache settings from CACHE_URL; memory of the process when not set."""
    url: str = env.str("CACHE_URL", default="")
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if not url.startswith(("redis://", "rediss://", "unix://")):
        refuse("CACHE_URL", "is not a Redis address: give redis://host:6379/0, or leave it out.")
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},  # seconds
    }


def email(default: str) -> dict[str, Any]:
    """The names and values of Django's e-mail settings from EMAIL_URL."""
    url = default or required("EMAIL_URL", "give smtp+tls://user:password@host:587.")
    if default and "EMAIL_URL" in os.environ:
        url = os.environ["EMAIL_URL"]
    try:
        config: dict[str, Any] = env.email_url_config(url)
        if config["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and not config["EMAIL_HOST"]:
            raise ValueError
    except (ImproperlyConfigured, KeyError, ValueError):
        refuse("EMAIL_URL", "cannot be read: give smtp+tls://user:password@host:587.")
    return config


def sms(name: str = "SMS_URL") -> str:
    """The SMS gateway's address, with `{to}` where the number goes; empty when there is none."""
    url = required(name, "") if os.environ.get(name) or os.environ.get(f"{name}_FILE") else ""
    if url and not re.match(r"[a-z0-9]+://\S+$", url):
        refuse(name, "is not the address of a gateway: give one Apprise knows, like twilio://SID:TOKEN@FROM/{to}.")
    if url and "{to}" not in url:
        refuse(name, "does not say where the number goes: put {to} in it, like twilio://SID:TOKEN@FROM/{to}.")
    return url


def sender(name: str, default: str) -> str:
    """Who our mails are from: an address, perhaps with a name before it."""
    value = os.environ.get(name) or default
    if "@" not in parseaddr(value)[1]:
        refuse(name, "is no e-mail address: give one, like My Account <no-reply@example.org>.")
    return value


def region(name: str) -> str:
    """The country whose telephone numbers need no country code, by its two letters; empty for none."""
    value = os.environ.get(name, "")
    if value and not re.fullmatch(r"[A-Z]{2}", value):
        refuse(name, "is no country: give its two letters, like GB, or leave it out.")
    return value


def readable_file(name: str) -> str:
    """The path of a file that can be read; empty when not set."""
    value = os.environ.get(name, "")
    if value and not os.access(value, os.R_OK):
        refuse(name, "names a file that cannot be read: give another path, or leave it out.")
    return value
