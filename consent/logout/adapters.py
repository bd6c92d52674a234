"""The only place that connects to an application: one POST, in bounded time, to an address that was looked at.

Knows no database: it is called in threads.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from django.utils.encoding import iri_to_uri

CONNECT_WITHIN: Final = 2.0  # seconds
READ_WITHIN: Final = 5.0  # seconds
ALL_WITHIN: Final = CONNECT_WITHIN + READ_WITHIN  # seconds, from the first packet to the status line
_ACCEPTED: Final = (200, 204)
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind a NAT64 gateway

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Found = tuple[Any, ...]  # what getaddrinfo gives


class NotDelivered(Exception):  # noqa: N818
    """The application was not told. The text says why, for administrators."""


class NoAnswer(NotDelivered):
    """It could not be reached, or did not answer in time: trying again at once is in vain."""


def tell(uri: str, logout_token: str, *, allows_private: bool) -> None:
    """Post a logout token. Raises NotDelivered.

    The name is resolved once, and what it resolves to is what is connected to, so that it cannot lead elsewhere
    in between; a certificate is checked for the name all the same. Redirects are not followed, and of the answer
    nothing but its status is read.
    """
    try:
        status = _post(urlsplit(uri), urlencode({"logout_token": logout_token}), allows_private=allows_private)
    except ssl.SSLCertVerificationError as error:
        raise NotDelivered(f"certificate: {error.verify_message}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(_why(error)) from error
    if status not in _ACCEPTED:
        raise NotDelivered(f"answered {status}")


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:150]


def _post(parts: SplitResult, body: str, *, allows_private: bool) -> int:
    is_https = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if is_https else 80)
    connection = HTTPConnection(host, port)
    with _connected(_resolved(host, port, allows_private=allows_private)) as plain:
        if is_https:
            context = ssl.create_default_context()
            connected: socket.socket = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        else:
            connected = plain
        with connected, _ends_in_time(connected):
            if isinstance(connected, ssl.SSLSocket):
                connected.do_handshake()
            connection.sock = connected
            target = iri_to_uri(parts._replace(scheme="", netloc="", fragment="").geturl()) or "/"
            headers = {
                "Host": parts.netloc.rpartition("@")[2],
                "Content-Type": "application/x-www-form-urlencoded",
                "Connection": "close",
            }
            connection.request("POST", target, body=body, headers=headers)
            return connection.getresponse().status


def _resolved(host: str, port: int, *, allows_private: bool) -> list[Found]:
    found: list[Found] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not allows_private and not all(is_public(ipaddress.ip_address(entry[4][0])) for entry in found):
        raise NotDelivered("leads to a private address")
    return found


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


@contextmanager
def _connected(found: list[Found]) -> Iterator[socket.socket]:
    """A connection to the first address that takes one."""
    until = time.monotonic() + CONNECT_WITHIN
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
            plain.settimeout(READ_WITHIN)
            yield plain
        return
    raise failure


@contextmanager
def _ends_in_time(connected: socket.socket) -> Iterator[None]:
    """Hang up on who answers a byte at a time: the time limit of a socket begins anew with each."""
    timer = Timer(ALL_WITHIN, _hang_up, [connected])
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
