"""Applications on loopback, of several tempers, that are told about ended sessions."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from consent.applications.models import Application, ApplicationAccess
from consent.logout.models import LogoutDelivery
from sessions_app.models import LoginSession


@dataclass
class Listener:
    """What an application got: the logout tokens, and the paths they came to."""

    status: int = 200
    location: str = ""
    body: bytes = b""
    delay: float = 0
    scheme: str = "http"
    port: int = 0
    tokens: list[str] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/backchannel?from=portal"


@contextmanager
def application_server(temper: Listener | None = None, *, context: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """An application's server while the block runs; with a certificate when there is a context."""
    listener = temper or Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            listener.requests.append((self.path, dict(self.headers)))
            listener.tokens += parse_qs(body).get("logout_token", [])
            time.sleep(listener.delay)
            with suppress(OSError):
                self.send_response(listener.status)
                if listener.location:
                    self.send_header("Location", listener.location)
                self.end_headers()
                self.wfile.write(listener.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if context:
        listener.scheme = "https"
        server.socket = context.wrap_socket(server.socket, server_side=True)
    listener.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def odd_server(answer: bytes, *, every: float = 0) -> Iterator[str]:
    """Takes connections and answers with these bytes, one every so many seconds, and nothing after. Its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        kept = []
        while not over.is_set():
            with suppress(OSError):
                connection, _ = listening.accept()
                kept.append(connection)
                threading.Thread(target=speak, args=(connection,), daemon=True).start()
        for connection in kept:
            connection.close()

    def speak(connection: socket.socket) -> None:
        with suppress(OSError):
            for byte in answer:
                connection.sendall(bytes([byte]))
                if every and over.wait(every):
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{listening.getsockname()[1]}/backchannel"
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)  # wakes the thread up; one that slept on would take the next test's calls
        thread.join(5)
        listening.close()


def certificate(folder: Path, *, name: str) -> Path:
    """A self-signed certificate for a host, with its key, in one file."""
    key = generate_private_key(SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file


def used(application: Application, login_session: LoginSession) -> ApplicationAccess:
    """The application was used in the session."""
    at = login_session.started_at
    return ApplicationAccess.objects.create(
        application=application, login_session=login_session, first_at=at, last_at=at
    )


def delivery_of(application: Application) -> LogoutDelivery:
    """The one delivery to an application."""
    return LogoutDelivery.objects.get(application=application)


PRIVATE = tuple(map(ipaddress.ip_address, (
    "127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::",
    "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "224.0.0.1", "ff02::1",
)))  # fmt: skip
