"""Security devices Chromium plays itself, through its developer protocol: real ceremonies without a hand to touch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from playwright.sync_api import CDPSession

from tests.journeys.visitor import Visitor

Options = Mapping[str, object]

_PRESENT: Final[Options] = {"automaticPresenceSimulation": True}
USB_KEY: Final[Options] = {
    **_PRESENT, "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "usb",
    "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
}  # fmt: skip
BUILT_IN_SENSOR: Final[Options] = {**USB_KEY, "transport": "internal"}
U2F_KEY: Final[Options] = {**_PRESENT, "protocol": "u2f", "transport": "usb"}


class VirtualAuthenticator:
    """One device at the page a visitor has open. `behaviour` changes what it can do."""

    def __init__(self, devices: VirtualAuthenticators, options: Options) -> None:
        self._session = devices.session
        self.id: str = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": dict(options)})[
            "authenticatorId"
        ]

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """What the device holds."""
        found = self._send("WebAuthn.getCredentials")["credentials"]
        return [dict(credential) for credential in found]

    def verify_person(self, *, is_them: bool) -> None:
        """From now on the fingerprint is right, or it is not."""
        self._send("WebAuthn.setUserVerified", isUserVerified=is_them)

    def be_touched(self, *, at_once: bool) -> None:
        """Whether somebody touches it as soon as it is asked for, or nobody ever does."""
        self._send("WebAuthn.setAutomaticPresenceSimulation", enabled=at_once)

    def unplug(self) -> None:
        """Take it away, with what it holds."""
        self._send("WebAuthn.removeVirtualAuthenticator")

    def _send(self, method: str, **parameters: object) -> Any:
        return self._session.send(method, {"authenticatorId": self.id, **parameters})


class VirtualAuthenticators:
    """The devices at a visitor's page. Chromium forgets them with the page."""

    def __init__(self, visitor: Visitor) -> None:
        self.session: CDPSession = visitor.context.new_cdp_session(visitor.page)
        self.session.send("WebAuthn.enable", {"enableUI": False})

    def plug_in(self, options: Options = USB_KEY, **behaviour: object) -> VirtualAuthenticator:
        """Have a device at hand."""
        return VirtualAuthenticator(self, {**options, **behaviour})
