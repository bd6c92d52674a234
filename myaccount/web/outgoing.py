"""Connects to servers that others name: in bounded time, to an address that was looked at, following nothing.

Knows no database: it is called in threads.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Thread, Timer
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.encoding import iri_to_uri

_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind a NAT64 gateway

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Found = tuple[Any, ...]  # what getaddrinfo gives


class NotSent(Exception):  # noqa: N818
    """It leads nowhere it may lead, or its certificate does not do. The text says why, for administrators."""


class NoAnswer(NotSent):
    """It could not be reached, or did not answer in time."""


class TooLong(NotSent):
    """The answer is longer than any that makes sense."""


@dataclass(frozen=True)
class Limits:
    """How long to wait, in seconds, and how much of the answer to read, in bytes: 0 for nothing but its status."""

    connect: float
    read: float
    altogether: float  # from looking up the name to the last byte
    answer_bytes: int = 0


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def send(
    method: str, uri: str, *, headers: Mapping[str, str], body: bytes = b"", limits: Limits, allows_private: bool
) -> Answer:
    """One request. Raises NotSent, NoAnswer or TooLong.

    The name is resolved once, and what it resolves to is what is connected to, so that it cannot lead elsewhere
    in between; a certificate is checked for the name all the same. Redirects are not followed.
    """
    try:
        return _send(method, uri, headers, body, limits, allows_private=allows_private)
    except ssl.SSLCertVerificationError as error:
        raise NotSent(f"certificate: {error.verify_message}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(_why(error)) from error


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:150]


def _send(
    method: str, uri: str, headers: Mapping[str, str], body: bytes, limits: Limits, *, allows_private: bool
) -> Answer:
    until = time.monotonic() + limits.altogether
    parts = urlsplit(uri)
    is_https = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if is_https else 80)
    connection = HTTPConnection(host, port)
    found = _resolved(host, port, limits, allows_private=allows_private)
    with _connected(found, limits) as plain:
        if is_https:
            context = ssl.create_default_context()
            connected: socket.socket = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        else:
            connected = plain
        with connected, _ends_in_time(connected, until):
            if isinstance(connected, ssl.SSLSocket):
                connected.do_handshake()
            connection.sock = connected
            target = iri_to_uri(parts._replace(scheme="", netloc="", fragment="").geturl()) or "/"
            own = {"Host": parts.netloc.rpartition("@")[2], "Connection": "close"}
            connection.request(method, target, body=body or None, headers={**headers, **own})
            return _answer(connection, limits, until)


def _answer(connection: HTTPConnection, limits: Limits, until: float) -> Answer:
    response = connection.getresponse()
    if not limits.answer_bytes:
        return Answer(response.status)
    body = response.read(limits.answer_bytes + 1)
    if len(body) > limits.answer_bytes:
        raise TooLong("a very long answer")
    if time.monotonic() >= until:  # it was hung up on, which reads like the end of an answer
        raise TimeoutError
    return Answer(response.status, dict(response.getheaders()), body)


def _resolved(host: str, port: int, limits: Limits, *, allows_private: bool) -> list[Found]:
    found = _looked_up(host, port, within=limits.connect)
    if not allows_private and not all(is_public(ipaddress.ip_address(entry[4][0])) for entry in found):
        raise NotSent("leads to a private address")
    return found


def _looked_up(host: str, port: int, *, within: float) -> list[Found]:
    """What a name leads to. The system's own patience with name servers is longer than ours."""
    found: list[list[Found]] = []
    failures: list[Exception] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            failures.append(error)

    thread = Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(within)
    if failures:
        raise failures[0]
    if not found:
        raise TimeoutError
    return found[0]


@contextmanager
def _connected(found: list[Found], limits: Limits) -> Iterator[socket.socket]:
    """A connection to the first address that takes one."""
    until = time.monotonic() + limits.connect
    failure: OSError = TimeoutError()
    for family, kind, protocol, _, address in found:
        left = until - time.monotonic()
        if left <= 0:
            break
        plain = socket.socket(family, kind, protocol)
        try:
            plain.settimeout(left)
            plain.connect(address)
        except OSError as error:
            plain.close()
            failure = error
            continue
        with plain:
            plain.settimeout(limits.read)
            yield plain
        return
    raise failure


@contextmanager
def _ends_in_time(connected: socket.socket, until: float) -> Iterator[None]:
    """Hang up on who answers a byte at a time: the time limit of a socket begins anew with each."""
    timer = Timer(max(until - time.monotonic(), 0), _hang_up, [connected])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:  # it is over already
        return
