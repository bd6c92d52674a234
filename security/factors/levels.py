"""How good a proof of identity has to be for an account."""

from __future__ import annotations

from myaccount.users.models import User
from myaccount.web.step_up import ONE_FACTOR, TWO_FACTORS
from security.factors.selectors import has_factor


def required_level(user: User) -> int:
    """Two factors for everybody who has a second one, one for the rest (security 53, 61). One query."""
    return TWO_FACTORS if has_factor(user) else ONE_FACTOR
