"""The sites that are measured, and how a browser speaks to each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench import databases
from bench.load import encode
from bench.seed import FIREFOX
from bench.servers import ROOT, Server
from tests.support.keys import key_file

FIRST_PORT: Final = int(os.environ.get("BENCH_PORT", "8150"))
HOST: Final = "account.example.test"
_BROWSER: Final = {
    "User-Agent": FIREFOX,
    "Accept": "text/html",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate, br",
}
# The portal runs as in production, behind a proxy on this machine that ends TLS.
_PROXY: Final = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.10"}


@dataclass
class Site:
    """A site with a database of its own."""

    name: str
    wsgi: str
    port: int
    database: str
    environment: dict[str, str]
    headers: dict[str, str]
    ready_path: str
    cookies: dict[str, str] = field(default_factory=dict)

    def start(self, logs: Path) -> Server:
        """Start the server; `wait` until it answers."""
        log = logs / f"{self.name.replace(' ', '-')}.log"
        return Server(self.name, wsgi=self.wsgi, port=self.port, environment=self.variables, log=log)

    @property
    def variables(self) -> dict[str, str]:
        """What its processes find in their environment."""
        return {**self.environment, "DATABASE_URL": databases.url(self.database)}

    def run(self, *arguments: str) -> Any:
        """Run a Python module or script with the site's settings. Returns what its last line says in JSON, if any."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        lines = done.stdout.splitlines()
        return json.loads(lines[-1]) if lines else None

    def get(self, path: str, *, signed_in: bool = True) -> bytes:
        """The request of a page."""
        cookies = {"Cookie": _cookie_header(self.cookies)} if signed_in else {}
        return encode("GET", path, headers={**self.headers, **cookies})

    def post(self, path: str, form: Mapping[str, str], *, cookies: Mapping[str, str], address: str) -> bytes:
        """The request of a form, sent from an address of the browser's own."""
        secret = "b" * 32
        headers = {
            **self.headers,
            "Origin": f"https://{HOST}",
            "X-Forwarded-For": address,
            "Cookie": _cookie_header({**cookies, "__Host-csrf": secret}),
        }
        return encode("POST", path, headers=headers, form={**form, "csrfmiddlewaretoken": secret})


def _cookie_header(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _portal(name: str, number: int, database: str) -> Site:
    environment = {
        "DJANGO_SETTINGS_MODULE": "myaccount.settings.prod",
        "PUBLIC_URL": f"https://{HOST}",
        "SECRET_KEY": "only-for-the-bench-" + "x" * 50,
        "EMAIL_URL": "dummymail://",
        "CACHE_URL": "",
        "TRUSTED_PROXIES": "127.0.0.1",
        "OIDC_KEY_FILE": key_file(),
    }
    return Site(
        name=name,
        wsgi="myaccount.wsgi:application",
        port=FIRST_PORT + number,
        database=database,
        environment=environment,
        headers={"Host": HOST, **_BROWSER, **_PROXY},
        ready_path="/health",
    )


def _limit_c(name: str, number: int, settings: str, ready_path: str) -> Site:
    return Site(
        name=name,
        wsgi="bench.limit_c.wsgi:application",
        port=FIRST_PORT + number,
        database="limit_c",
        environment={"DJANGO_SETTINGS_MODULE": f"bench.limit_c.{settings}"},
        headers={"Host": "localhost", **_BROWSER},
        ready_path=ready_path,
    )


LIMIT_C: Final = _limit_c("limit c", 0, "settings", "/page/")
PORTAL: Final = _portal("portal", 1, "portal")
CROWDED: Final = _portal("crowded portal", 2, "crowded")
HASHING: Final = _limit_c("hashing", 3, "hashing", "/hash/?password=x")
STOCK: Final = Site(
    name="stock provider",
    wsgi="bench.stock_provider.wsgi:application",
    port=FIRST_PORT + 4,
    database="stock",
    environment={"DJANGO_SETTINGS_MODULE": "bench.stock_provider.settings", "OIDC_KEY_FILE": key_file()},
    headers={"Host": "localhost", **_BROWSER},
    ready_path="/o/.well-known/openid-configuration",
)
