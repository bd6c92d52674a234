"""The only place that knows the `user-agents` library."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _
from user_agents import parse

from sessions_app.models import USER_AGENT_MAX_LENGTH

_UNKNOWN = "Other"


@dataclass(frozen=True)
class Device:
    """What a User-Agent header tells; a part it does not tell is empty."""

    browser: str
    operating_system: str
    model: str
    is_handheld: bool


@lru_cache(maxsize=1024)
def describe(user_agent: str) -> Device:
    """Read a User-Agent header, of which at most 512 characters are looked at (security 26)."""
    parsed = parse(user_agent[:USER_AGENT_MAX_LENGTH])
    return Device(
        browser=_known(parsed.browser.family),
        operating_system=" ".join(p for p in (_known(parsed.os.family), parsed.os.version_string) if p)[:100],
        model=" ".join(p for p in (parsed.device.brand, parsed.device.model) if p and p != _UNKNOWN)[:100],
        is_handheld=parsed.is_mobile or parsed.is_tablet,
    )


def _known(family: str) -> str:
    return "" if family == _UNKNOWN else family[:100]


def browser_on_system(browser: str, operating_system: str) -> str:
    """“Firefox on Windows”, in the person's language."""
    family = operating_system.rstrip("0123456789. ") or operating_system
    if browser and family:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": family}
    return browser or family or _("Unknown browser")
