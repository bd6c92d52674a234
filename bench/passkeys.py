"""Passkeys: what asking for one, signing in with one and registering one cost, beside a view that only checks one.

Every answer is a real one, made before the measurement by a device in software; no two requests share a challenge.
"""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from bench.comparing import Comparison, Cost, UnexpectedAnswer, cost, cost_of_each
from bench.load import Connection, Reply
from bench.servers import Server
from bench.sites import HASHING, HOST, PORTAL
from tests.support.authenticators import Authenticator, synced_passkey

SIGN_IN: Final = "/myaccount/sign-in/"
ASK: Final = "/myaccount/sign-in/passkey/options/"
USE: Final = "/myaccount/sign-in/passkey/"
PREPARE: Final = "/myaccount/security/factors/devices/options/"
REGISTER: Final = "/myaccount/security/factors/devices/register/"


def _addresses() -> Iterator[str]:
    """Client addresses nobody has used yet: 11.0.0.1, 11.0.0.2, …"""
    for number in itertools.count(1):
        yield f"11.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


_ADDRESSES = _addresses()


@dataclass
class Browser:
    """Somebody at a browser of their own, with the passkeys of that computer."""

    username: str
    connection: Connection
    device: Authenticator | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = field(default_factory=lambda: next(_ADDRESSES))

    def request(self, path: str, form: dict[str, str]) -> bytes:
        return PORTAL.post(path, form, cookies=self.cookies, address=self.address)

    def post(self, path: str, form: dict[str, str], *, status: int) -> Reply:
        reply = self.connection.send(self.request(path, form))
        if reply.status != status:
            raise UnexpectedAnswer(f"{path} answered {reply.status} where {status} was expected")
        for name, value in reply.all_headers:
            if name == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return reply

    def start_anew(self) -> None:
        """Another computer to which the passkey came along: nothing is known of it."""
        self.cookies, self.address = {}, next(_ADDRESSES)


@dataclass
class Measured:
    """One act over several rounds, with its rate in requests a second."""

    beside_bare: Comparison = field(default_factory=Comparison)
    rates: list[float] = field(default_factory=list)

    def add(self, found: Cost, bare: Cost) -> None:
        self.beside_bare.add(found, bare)
        self.rates.append(found.rate)

    @property
    def rate(self) -> float:
        return median(self.rates)


@dataclass
class Passkeys:
    """What one run found."""

    bare_rates: list[float] = field(default_factory=list)
    asking: Measured = field(default_factory=Measured)
    signing_in: Measured = field(default_factory=Measured)
    registering: Measured = field(default_factory=Measured)

    @property
    def bare_rate(self) -> float:
        return median(self.bare_rates)


def measure(portal: Server, bare: Server, people: list[str], *, password: str, rounds: int, seconds: float) -> Passkeys:
    """Everybody signs in with the password and registers a passkey; from then on they sign in with it."""
    found, connection = Passkeys(), Connection(PORTAL.port)
    browsers = [Browser(username, connection) for username in people]
    for browser in browsers:
        browser.post(SIGN_IN, {"identifier": browser.username, "password": password}, status=302)
    only_check = HASHING.get("/passkey/", signed_in=False)
    for _ in range(rounds):
        beside = cost(bare, lambda: only_check, seconds=seconds)
        found.bare_rates.append(beside.rate)
        registering = [_new_passkey(browser) for browser in browsers]
        found.registering.add(cost_of_each(portal, registering), beside)
        asking = [PORTAL.post(ASK, {}, cookies={}, address=next(_ADDRESSES)) for _ in browsers]
        found.asking.add(cost_of_each(portal, asking, status=200), beside)
        signing_in = [_passkey_sign_in(browser) for browser in browsers]
        found.signing_in.add(cost_of_each(portal, signing_in), beside)
        for browser in browsers:  # once more and not measured, for a session to register the next one in
            _send_passkey(browser)
    connection.close()
    return found


def _options(browser: Browser, path: str, form: dict[str, str]) -> dict[str, Any]:
    reply = browser.post(path, form, status=200)
    is_compressed = reply.headers.get("content-encoding") == "gzip"
    options: dict[str, Any] = json.loads(gzip.decompress(reply.body) if is_compressed else reply.body)
    return options


def _answer(options: dict[str, Any], credential: dict[str, Any], **more: str) -> dict[str, str]:
    return {"challenge": options["id"], "credential": json.dumps(credential), **more}


def _new_passkey(browser: Browser) -> bytes:
    """The request that registers one more passkey. The browser keeps the newest."""
    options = _options(browser, PREPARE, {"kind": "built-in"})
    browser.device = synced_passkey(origin=f"https://{HOST}")
    return browser.request(REGISTER, _answer(options, browser.device.create(options), kind="built-in", name="Laptop"))


def _passkey_sign_in(browser: Browser) -> bytes:
    """The request that signs in from a computer nobody knows."""
    browser.start_anew()
    options = _options(browser, ASK, {})
    assert browser.device is not None
    return browser.request(USE, _answer(options, browser.device.get(options)))


def _send_passkey(browser: Browser) -> None:
    browser.start_anew()
    options = _options(browser, ASK, {})
    assert browser.device is not None
    browser.post(USE, _answer(options, browser.device.get(options)), status=302)
