"""A load generator small enough to leave the machine to the server: raw sockets, HTTP/1.1, kept alive."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

TIMEOUT: Final = 30  # seconds


@dataclass(frozen=True)
class Reply:
    """What came back; `headers` has lower-case names, and of repeated ones all in `all_headers`."""

    status: int
    body: bytes
    seconds: float
    wire_bytes: int
    all_headers: list[tuple[str, str]]

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.all_headers)


class Connection:
    """One kept-alive connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, request: bytes) -> Reply:
        """Send one request and read its whole reply. Connects anew when the server has closed."""
        begun = time.perf_counter()
        try:
            head, body = self._exchange(request)
        except ConnectionError:
            self.close()
            head, body = self._exchange(request)
        seconds = time.perf_counter() - begun
        lines = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        return Reply(int(lines[0].split()[1]), body, seconds, len(head) + 4 + len(body), headers)

    def _exchange(self, request: bytes) -> tuple[bytes, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._read()
        head, _, body = received.partition(b"\r\n\r\n")
        length = _content_length(head)
        while len(body) < length:
            body += self._read()
        return head, body

    def _read(self) -> bytes:
        assert self._socket is not None
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        return chunk

    def close(self) -> None:
        """Give the connection up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def encode(method: str, path: str, *, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a request."""
    body = urlencode(form).encode() if form is not None else b""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Run:
    """What a stretch of load gave."""

    seconds: float
    times: list[float]  # seconds, ascending
    statuses: set[int]

    @property
    def rate(self) -> float:
        """Replies a second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds that this share of the replies took at most."""
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))]


def drive(port: int, next_request: Callable[[], bytes], *, seconds: float, connections: int) -> Run:
    """Send requests one after the other on several connections at once for some seconds."""
    begun = time.perf_counter()
    end = begun + seconds

    def work() -> list[Reply]:
        connection, replies = Connection(port), []
        while time.perf_counter() < end:
            replies.append(connection.send(next_request()))
        connection.close()
        return replies

    with ThreadPoolExecutor(connections) as pool:
        workers = [pool.submit(work) for _ in range(connections)]
        replies = [reply for worker in workers for reply in worker.result()]
    return Run(
        seconds=time.perf_counter() - begun,
        times=sorted(reply.seconds for reply in replies),
        statuses={reply.status for reply in replies},
    )
