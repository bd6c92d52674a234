"""The purposes every portal begins with, with their words. An administrator's own words go before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Words:
    """Name and description, translated with the portal. `stored` is the description in the database as it began."""

    name: str | Promise
    description: str | Promise
    stored: str


# By the stored name.
WORDS: Final = {
    "Signing you in": Words(_("Signing you in"), _("To know whose account this is."), "To know whose account this is."),
    "Providing the service": Words(
        _("Providing the service"),
        _("To do what you use the application for."),
        "To do what you use the application for.",
    ),
    "Contacting you": Words(
        _("Contacting you"),
        _("To write to you or call you about what you use."),
        "To write to you or call you about what you use.",
    ),
    "Making it yours": Words(
        _("Making it yours"),
        _("To show you what concerns you, in your language and time zone."),
        "To show you what concerns you, in your language and time zone.",
    ),
    "Keeping your account": Words(
        _("Keeping your account"),
        _("To run your account with the organisation."),
        "To run your account with the organisation.",
    ),
}
