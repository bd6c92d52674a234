"""Real servers on loopback: a mail server of several tempers, and an SMS gateway."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


@dataclass
class MailServer:
    """Answers the end of a message with `reply`, after `delay` seconds; or hangs up instead."""

    reply: str = "250 OK"
    delay: float = 0
    hangs_up: bool = False
    port: int = 0
    received: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.delay)
        assert isinstance(envelope.content, bytes)
        if self.reply.startswith("250"):
            self.received.append(message_from_bytes(envelope.content, policy=policy.default))
            self.senders.append(str(envelope.mail_from))
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self.reply


@contextmanager
def mail_server(**temper: Any) -> Iterator[MailServer]:
    """A mail server on loopback while the block runs."""
    handler = MailServer(**temper, port=free_port())
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, ready_timeout=10)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


@dataclass
class Gateway:
    """What an SMS gateway was asked to send: the path and the body of each request."""

    status: int = 200
    port: int = 0
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def sms_gateway(*, status: int = 200) -> Iterator[Gateway]:
    """An HTTP server on loopback that takes JSON, as Apprise's `json://` sends it."""
    gateway = Gateway(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gateway.received.append((self.path, json.loads(body)))
            self.send_response(gateway.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
