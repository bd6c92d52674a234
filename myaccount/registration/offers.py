"""What the sign-in page offers to people who have no account."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from myaccount.registration.selectors import registration_settings
from security.sign_in.views import Link


def links(next_path: str) -> list[Link]:
    """“Create an account”, where administrators allow it, keeping where the person wants to go. One query."""
    if not registration_settings().is_allowed:
        return []
    query = f"?{urlencode({'next': next_path})}" if next_path else ""
    return [Link(_("Create an account"), reverse("register") + query)]
