"""The attributes every portal has, with their words. The rest of what is known of them is in the registry's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Words:
    """Label and help text of a built-in attribute, translated with the portal."""

    label: str | Promise
    help_text: str | Promise = ""


# Kept by other means than the person's own form, whatever the registry says: how one signs in, groups, the picture.
KEPT_ELSEWHERE: Final = ("username", "role", "picture")

WORDS: Final = {
    "username": Words(_("Username")),
    "given_name": Words(_("First Name"), _("Your first name.")),
    "family_name": Words(_("Last Name"), _("Your last name.")),
    "organization": Words(_("Organization"), _("The organization you work in.")),
    "country": Words(_("Country"), _("The country you live or work in.")),
    "email": Words(_("Email"), _("Your email address. It is also used to tell you about your account.")),
    "telephone": Words(_("Telephone"), _("Your local or organization contact number.")),
    "mobile": Words(_("Mobile"), _("Your mobile number, with the country code, like +44 7400 123456.")),
    "im": Words(_("IM"), _("Your instant messaging number or name.")),
    "url": Words(_("URL"), _("Your website, or your organization's.")),
    "department": Words(_("Department"), _("The department you work in within your organization.")),
    "role": Words(_("Role"), _("The role you have been assigned to.")),
    "birthdate": Words(_("Date of birth")),
    "address": Words(_("Address"), _("As it should stand on a letter.")),
    "locale": Words(_("Language"), _("The language of this portal and of our messages.")),
    "zoneinfo": Words(_("Time zone"), _("Times are shown in it.")),
    "picture": Words(_("Picture")),
}
