"""Other ways to prove who one is than a password: areas that lie above offer theirs on the pages of signing in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from myaccount.users.models import User


@dataclass(frozen=True)
class OtherWay:
    """A button that begins one: whose it is, where it is sent to, and its logo or else an initial."""

    name: str
    url: str
    logo_url: str = ""
    initial: str = ""


_to_sign_in: list[Callable[[], list[OtherWay]]] = []
_to_confirm: list[Callable[[User], list[OtherWay]]] = []


def register_ways_to_sign_in(ways: Callable[[], list[OtherWay]]) -> None:
    """Offer them to everybody on the sign-in page."""
    if ways not in _to_sign_in:
        _to_sign_in.append(ways)


def register_ways_to_confirm(ways: Callable[[User], list[OtherWay]]) -> None:
    """Offer them to people without a second factor on the page that asks again who it is."""
    if ways not in _to_confirm:
        _to_confirm.append(ways)


def ways_to_sign_in() -> list[OtherWay]:
    """All that are offered to sign in."""
    return [way for ways in _to_sign_in for way in ways()]


def ways_to_confirm(user: User) -> list[OtherWay]:
    """All that this person can confirm access with."""
    return [way for ways in _to_confirm for way in ways(user)]
