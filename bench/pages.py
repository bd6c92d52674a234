"""What each page may cost, as multiples of limit c's processor time (performance.md, "What to reach")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class MeasuredPage:
    """A page, and the multiple of limit c it may cost."""

    name: str
    path: str
    target: float
    signed_in: bool = True


PAGES: Final = (
    MeasuredPage("Sign-in page", "/myaccount/sign-in/", 2.0, signed_in=False),
    MeasuredPage("Overview", "/myaccount/", 2.5),
    MeasuredPage("Personal info", "/myaccount/personal-info/", 2.5),
    MeasuredPage("Personal info, a row open", "/myaccount/personal-info/?edit=given_name", 2.5),
    MeasuredPage("Profile picture", "/myaccount/personal-info/picture/", 2.0),
    MeasuredPage("Security", "/myaccount/security/", 4.0),
    MeasuredPage("Security, password form open", "/myaccount/security/?edit=password", 4.0),
    MeasuredPage("Security history", "/myaccount/security/history/", 3.0),
    MeasuredPage("Confirm access", "/myaccount/confirm/with/totp/", 2.0),
)
LISTS: Final = tuple(page for page in PAGES if page.name in ("Overview", "Security", "Security history"))
