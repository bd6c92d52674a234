"""Which budgets one guess of a password is counted against (security 3, 4, 5, 7, 8).

A stranger's guesses count against the account as seen from their network, the account as a
whole, and the network. A browser the person has signed in with before has a budget of its own,
so that nobody's failures elsewhere lock the owner out. Neither do they in a new browser: a solved
captcha lets one try past the pauses of the account, not past that of the network.
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

# Guesses of codes: after a hundred wrong ones in a row there are no more, until a security device or an
# administrator says that it is the person (NIST SP 800-63B 3.2.2; security 56).
_FOR_GOOD: Final = timedelta(days=36_500)
IN_A_ROW: Final = Rule(free_attempts=100, first_pause=_FOR_GOOD, longest_pause=_FOR_GOOD, forgotten_after=_FOR_GOOD)


@dataclass(frozen=True)
class Attempt:
    """One guess at one account from one place, and the budgets it counts against."""

    account: str
    rules: Mapping[str, Rule]
    network_key: str
    not_waiting_for: frozenset[str] = frozenset()  # keys whose pauses are over for this one

    def reserve(self, *, now: datetime) -> None:
        """Count it as failed before it is looked at. Raises TooManyAttempts; call outside transactions."""
        limits.reserve(self.rules, now=now, not_waiting_for=self.not_waiting_for)

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


def sign_in_attempt(
    request: HttpRequest, user: User | None, identifier: str, *, is_past_captcha: bool = False
) -> Attempt:
    """The budgets of one try to sign in.

    A captcha lets it past what strangers can do to an account: the pauses of the account and of the place (security 5).
    A known browser has its own failures alone to wait for, and a network that guesses at everybody waits as well.
    """
    account, network = account_key(user, identifier), network_of(client_address(request))
    browser = known_browsers.browser_of(request, user)
    if browser:
        return Attempt(account, {f"browser:{browser}|{account}": PER_BROWSER}, "")
    network_key = f"network:{network}"
    rules = {f"place:{account}|{network}": PER_PLACE, f"account:{account}": PER_ACCOUNT, network_key: PER_NETWORK}
    return Attempt(account, rules, network_key, frozenset(rules) - {network_key} if is_past_captcha else frozenset())


def confirmation_attempt(request: HttpRequest, user: User) -> Attempt:
    """The budgets of one try of a signed-in person to prove who they are."""
    account, network = account_key(user, ""), network_of(client_address(request))
    browser = known_browsers.browser_of(request, user)
    here = {f"browser:{browser}|{account}": PER_BROWSER} if browser else {f"place:{account}|{network}": PER_PLACE}
    return Attempt(account, {**here, f"confirm:{account}": PER_PLACE}, "")


def factor_attempt(request: HttpRequest, user: User) -> Attempt:
    """The budgets of one guess of a code, whichever factor it is for: there is one for all (security 56)."""
    account = account_key(user, "")
    browser = known_browsers.browser_of(request, user)
    here = {f"factor:{browser}|{account}": PER_BROWSER} if browser else {f"factor:{account}": PER_PLACE}
    return Attempt(account, {**here, _in_a_row(account): IN_A_ROW}, "")


def unlock_factors(user: User) -> None:
    """Forget all wrong codes of a person."""
    account = account_key(user, "")
    limits.forgive([f"factor:{account}", _in_a_row(account)])


def has_no_guesses_left(user: User, *, now: datetime) -> bool:
    """Whether codes are closed for good, and only a security device or an administrator opens them again."""
    return limits.is_blocked(_in_a_row(account_key(user, "")), now=now)


def _in_a_row(account: str) -> str:
    return f"{limits.LASTING}factor:{account}"
