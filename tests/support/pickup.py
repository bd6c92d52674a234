"""The example application, registered with the portal and running on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import make_server

from django.conf import settings

from examples.pickup.__main__ import QuietHandler, Server
from examples.pickup.app import Pickup
from tests.consent.support import make_application
from tests.support.servers import free_port

SECRET = "the-secret-of-the-example-" + "s" * 30
CLAIMS = {"email": True, "given_name": True, "country": False}


def provider_at(portal: str) -> dict[str, Any]:
    """The provider's settings when the portal is at this address: for `settings.OAUTH2_PROVIDER`."""
    provider: dict[str, Any] = {**settings.OAUTH2_PROVIDER, "OIDC_ISS_ENDPOINT": portal}
    return {**provider, "OIDC_USERINFO_ENDPOINT": f"{portal}/oauth2/userinfo/"}


@contextmanager
def running_pickup(portal: str, *, claims: Mapping[str, bool] | None = None, **fields: Any) -> Iterator[Pickup]:
    """The example for the portal at this address, while the block runs. `claims`: mandatory or not."""
    port = free_port()
    address = f"http://localhost:{port}"
    registered = {
        "client_id": "pickup",
        "client_secret": SECRET,
        "redirect_uris": f"{address}/callback",
        "post_logout_redirect_uris": f"{address}/",
        "backchannel_logout_uri": f"{address}/backchannel-logout",
    }
    make_application("Pickup", claims=CLAIMS if claims is None else claims, **{**registered, **fields})
    example = Pickup(portal=portal, client_id="pickup", client_secret=SECRET, address=address)
    server = make_server("127.0.0.1", port, example, server_class=Server, handler_class=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield example
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
