"""Which budgets one guess of a password is counted against (security 3, 4, 5, 7, 8).

A stranger's guesses count against the account as seen from their network, the account as a
whole, and the network. A browser the person has signed in with before has a budget of its own,
so that nobody's failures elsewhere lock the owner out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from myaccount.limits import services as limits
from myaccount.limits.services import Rule
from myaccount.users.models import User
from myaccount.users.names import canonical_key
from myaccount.web.requests import client_address
from security import known_browsers

PER_PLACE: Final = Rule(free_attempts=5, first_pause=timedelta(minutes=1))
PER_BROWSER: Final = Rule(free_attempts=10, first_pause=timedelta(minutes=1))
PER_ACCOUNT: Final = Rule(free_attempts=30, first_pause=timedelta(minutes=1))
PER_NETWORK: Final = Rule(
    free_attempts=60, first_pause=timedelta(minutes=1), longest_pause=timedelta(minutes=15),
    forgotten_after=timedelta(hours=1),
)  # fmt: skip


@dataclass(frozen=True)
class Attempt:
    """One guess at one account from one place, and the budgets it counts against."""

    account: str
    rules: Mapping[str, Rule]
    network_key: str

    def reserve(self, *, now: datetime) -> None:
        """Count it as failed before it is looked at. Raises TooManyAttempts; call outside transactions."""
        limits.reserve(self.rules, now=now)

    def succeeded(self) -> None:
        """The right person came: their budgets are whole again, the network's loses this one only."""
        limits.forgive(key for key in self.rules if key != self.network_key)
        if self.network_key in self.rules:
            limits.give_back(self.network_key)


def account_key(user: User | None, identifier: str) -> str:
    """One key for an account however it was spelled; for names nobody has, a key that does not tell the name."""
    if user is not None:
        return str(user.uuid)
    return "nobody-" + salted_hmac("attempts", canonical_key(identifier), algorithm="sha256").hexdigest()[:32]


def network_of(address: str) -> str:
    """The address, or for IPv6 its /64: one household has that many addresses."""
    ip = ipaddress.ip_address(address)
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))


def sign_in_attempt(request: HttpRequest, user: User | None, identifier: str) -> Attempt:
    """The budgets of one try to sign in."""
    account, network = account_key(user, identifier), network_of(client_address(request))
    browser = known_browsers.browser_of(request, user)
    if browser:
        return Attempt(account, {f"browser:{browser}|{account}": PER_BROWSER}, "")
    network_key = f"network:{network}"
    rules = {f"place:{account}|{network}": PER_PLACE, f"account:{account}": PER_ACCOUNT, network_key: PER_NETWORK}
    return Attempt(account, rules, network_key)


def confirmation_attempt(request: HttpRequest, user: User) -> Attempt:
    """The budgets of one try of a signed-in person to prove who they are."""
    account, network = account_key(user, ""), network_of(client_address(request))
    browser = known_browsers.browser_of(request, user)
    here = {f"browser:{browser}|{account}": PER_BROWSER} if browser else {f"place:{account}|{network}": PER_PLACE}
    return Attempt(account, {**here, f"confirm:{account}": PER_PLACE}, "")
