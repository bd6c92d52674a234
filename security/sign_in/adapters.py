"""The only place that knows django-axes: what it counts by and whom it leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from axes.models import AccessAttempt
from django.http import HttpRequest

from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web.requests import client_address
from security import known_browsers
from security.attempts import account_key, network_of

_ATTRIBUTE = "sign_in_account_key"
_PAST_CAPTCHA = "is_past_captcha"


def remember_account_key(request: HttpRequest, key: str) -> None:
    """Tell axes which account a guess is for, so that every spelling of a name is one (security 4)."""
    setattr(request, _ATTRIBUTE, key)


def let_past(request: HttpRequest) -> None:
    """Tell axes that a captcha was solved for this guess (security 5); our own budgets still count it."""
    setattr(request, _PAST_CAPTCHA, True)


def axes_account_key(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """What axes stores as user name: the account's key, never what was typed."""
    known: str = getattr(request, _ATTRIBUTE, "")
    if known:
        return known
    identifier = str((credentials or {}).get("username") or "")
    return account_key(find_by_identifier(identifier), identifier)


def axes_client_address(request: HttpRequest) -> str:
    """The client's network, as our own limits see it."""
    return network_of(client_address(request)).split("/")[0]


def axes_leaves_alone(request: HttpRequest, credentials: Mapping[str, Any] | None) -> bool:
    """Axes locks neither a browser its owner has used before nor a guess with a captcha (security 5).

    The browser has a budget of its own, and so has the network.
    """
    if getattr(request, _PAST_CAPTCHA, False):
        return True
    return known_browsers.is_known_for(request, axes_account_key(request, credentials))


def forget_guesses(user: User) -> None:
    """Delete what axes keeps of failed sign-ins to an account: addresses and browsers."""
    AccessAttempt.objects.filter(username=account_key(user, "")).delete()
