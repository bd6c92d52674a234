"""What the sign-in page offers to people who cannot sign in."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from security.recovery.selectors import recovery_settings
from security.recovery.steps import offered_ways
from security.sign_in.views import Link


def links(next_path: str) -> list[Link]:  # noqa: ARG001 (a recovery ends at the sign-in page)
    """“Forgot password?” and “Forgot username?”, as far as administrators have turned them on. One query."""
    settings, offered = recovery_settings(), []
    if offered_ways(settings):
        offered.append(Link(_("Forgot password?"), reverse("forgot-password")))
    if settings.username_recovery:
        offered.append(Link(_("Forgot username?"), reverse("forgot-username")))
    return offered
