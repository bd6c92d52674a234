"""Reads environment variables; what is missing or wrong stops the start with one clear line."""

from __future__ import annotations

import ipaddress
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def refuse(name: str, remedy: str) -> NoReturn:
    """End the process with one line that names the variable and the remedy."""
    raise SystemExit(f"{name} {remedy}")


def required(name: str, remedy: str) -> str:
    """The variable's text, or a refusal to start. `NAME_FILE` may name a file that holds it."""
    file_name = env.str(f"{name}_FILE", default="")
    if file_name:
        try:
            with open(file_name, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as error:
            refuse(f"{name}_FILE", f"names a file that cannot be read: {error.strerror}.")
    value: str = env.str(name, default="")
    return value or refuse(name, f"is not set: {remedy}")


def origin(name: str, value: str, *, allow_http: bool) -> str:
    """An origin without path, such as `https://account.example.org`."""
    parts = urlsplit(value)
    schemes = {"https", "http"} if allow_http else {"https"}
    if parts.scheme not in schemes or not parts.hostname or parts.path not in ("", "/"):
        refuse(name, "is not an origin: give a scheme and a host only, like https://account.example.org.")
    return f"{parts.scheme}://{parts.netloc}"


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """A comma-separated list of addresses or networks; empty when not set."""
    values: list[str] = env.list(name, default=[])
    try:
        return [ipaddress.ip_network(value.strip(), strict=False) for value in values]
    except ValueError:
        refuse(name, "has an entry that is no network: give addresses or networks, like 10.0.0.0/8,192.0.2.7.")


def database(default: str | None) -> dict[str, Any]:
    """Django's database settings from DATABASE_URL (sqlite: or postgresql:)."""
    url = env.str("DATABASE_URL", default=default or "") or refuse(
        "DATABASE_URL", "is not set: give postgresql://user:password@host/name or sqlite:///path."
    )
    try:
        config: dict[str, Any] = env.db_url_config(url)
    except (ImproperlyConfigured, ValueError, KeyError):
        refuse("DATABASE_URL", "cannot be read: give postgresql://user:password@host/name or sqlite:///path.")
    engine = config["ENGINE"]
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
            "options": "-c statement_timeout=5000 -c lock_timeout=4000",  # milliseconds
        }
    else:
        refuse("DATABASE_URL", "names a database that is not supported: use postgresql or sqlite.")
    return config


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
    url: str = env.str("EMAIL_URL", default=default)
    try:
        config: dict[str, Any] = env.email_url_config(url)
    except (ImproperlyConfigured, KeyError, ValueError):
        refuse("EMAIL_URL", "cannot be read: give smtp+tls://user:password@host:587.")
    return config


def sms(name: str = "SMS_URL") -> str:
    """The SMS gateway's address, with `{to}` where the number goes; empty when there is none."""
    url: str = env.str(name, default="")
    if url and "{to}" not in url:
        refuse(name, "does not say where the number goes: put {to} in it, like twilio://SID:TOKEN@FROM/{to}.")
    return url
