"""`python -m examples.pickup`: serves Pickup on this machine, until stopped."""

from __future__ import annotations

import os
import sys
from socketserver import ThreadingMixIn
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from examples.pickup.app import Pickup


class Server(ThreadingMixIn, WSGIServer):
    """The portal asks while a browser waits, so one thread would not do."""

    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    """Addresses of requests hold codes: they are not printed."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def main() -> None:
    """Serve what the environment says: PORTAL, PICKUP_PORT, PICKUP_CLIENT_ID, PICKUP_SECRET."""
    portal, port = os.environ["PORTAL"], int(os.environ["PICKUP_PORT"])
    if urlsplit(portal).scheme == "http":
        if urlsplit(portal).hostname not in ("localhost", "127.0.0.1"):
            sys.exit("PORTAL has to be https, or this machine.")
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"
    pickup = Pickup(
        portal=portal,
        client_id=os.environ.get("PICKUP_CLIENT_ID", "pickup"),
        client_secret=os.environ["PICKUP_SECRET"],
        address=f"http://localhost:{port}",
    )
    with make_server("127.0.0.1", port, pickup, server_class=Server, handler_class=QuietHandler) as server:
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
