"""How a value of each kind is asked for, checked, stored and shown."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django_countries import countries

from myaccount.claims.models import Claim, ClaimType
from myaccount.web import formats
from myaccount.web.forms import validate_visible
from profile.phones import normalize, readable

MAX_LENGTH: Final = {
    ClaimType.TEXT: 150,
    ClaimType.LONG_TEXT: 1000,
    ClaimType.URL: 500,
    ClaimType.EMAIL: 254,
}
_AUTOCOMPLETE: Final = {
    "given_name": "given-name",
    "family_name": "family-name",
    "organization": "organization",
    "country": "country",
    "email": "email",
    "telephone": "tel",
    "mobile": "tel",
    "im": "impp",
    "url": "url",
    "birthdate": "bday",
    "address": "street-address",
    "locale": "language",
}


def form_field(claim: Claim) -> forms.Field:
    """The form field that asks for an attribute. What it returns still goes through `stored_value`."""
    kind = ClaimType(claim.type)
    attrs: dict[str, Any] = {"autocomplete": _AUTOCOMPLETE.get(claim.name, "off")}
    common: dict[str, Any] = {
        "label": claim.shown_label,
        "help_text": claim.shown_help_text,
        "required": claim.is_required and kind != ClaimType.BOOLEAN,
    }
    if claim.is_required:
        common["error_messages"] = {"required": _("%(label)s is required.") % {"label": claim.shown_label}}
    choices = _choices(claim)
    if choices is not None:
        return forms.ChoiceField(choices=[("", _("Not given")), *choices], widget=forms.Select(attrs=attrs), **common)
    if kind == ClaimType.BOOLEAN:
        return forms.BooleanField(**{**common, "required": False})
    if kind == ClaimType.LONG_TEXT:
        return forms.CharField(widget=forms.Textarea(attrs={**attrs, "rows": 4}), **common)
    if kind == ClaimType.DATE:
        return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={**attrs, "type": "date"}), **common)
    input_type = {ClaimType.EMAIL: "email", ClaimType.PHONE: "tel", ClaimType.MOBILE: "tel", ClaimType.URL: "url"}
    widget = forms.TextInput(attrs=attrs)
    widget.input_type = input_type.get(kind, "text")
    return forms.CharField(widget=widget, **common)


def stored_value(claim: Claim, value: object, *, region: str = "") -> str:
    """The value in the form it is stored in; empty for "not given". `region` helps to read telephone numbers.

    Raises ValidationError with a sentence for the person.
    """
    kind = ClaimType(claim.type)
    if value in (None, ""):
        return ""
    if kind == ClaimType.BOOLEAN:
        return "true" if value else "false"
    if isinstance(value, date):
        return _checked_date(claim, value)
    text = str(value).replace("\r\n", "\n")  # as browsers send lines
    validate_visible(text, multiline=kind == ClaimType.LONG_TEXT)
    limit = MAX_LENGTH.get(kind)
    if limit and len(text) > limit:
        raise ValidationError(
            _("This is too long: %(length)s characters, where %(limit)s are allowed.")
            % {"length": len(text), "limit": limit},
            code="too_long",
        )
    text = _checked_text(kind, text, region)
    if claim.pattern and not re.fullmatch(claim.pattern, text):
        raise ValidationError(claim.pattern_hint or _("This does not have the expected form."), code="pattern")
    return text


def why_refused(claim: Claim, value: str) -> str:
    """Why a stored value is none by the rules the attribute has now, which may be others since; empty if it is one."""
    if not value:
        return ""
    field = form_field(claim)
    try:
        stored_value(claim, field.clean(value))
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def shown_value(claim: Claim, value: str) -> str:  # noqa: PLR0911 (one a kind)
    """The value as a person reads it, in their language."""
    if not value:
        return ""
    kind = ClaimType(claim.type)
    if kind in (ClaimType.PHONE, ClaimType.MOBILE):
        return readable(value)
    if kind == ClaimType.DATE:
        return _shown_date(value)
    if kind == ClaimType.BOOLEAN:
        return _("Yes") if value == "true" else _("No")
    if kind == ClaimType.COUNTRY:
        return str(countries.name(value)) or value
    if kind == ClaimType.LANGUAGE:
        return str(dict(settings.LANGUAGES).get(value, value))
    return value.replace("_", " ") if kind == ClaimType.TIME_ZONE else value


def _shown_date(value: str) -> str:
    """A date in words; as it is stored if an administrator has made a date of what was a text before."""
    try:
        return formats.day(date.fromisoformat(value))
    except ValueError:
        return value


def _checked_text(kind: ClaimType, text: str, region: str) -> str:
    if kind == ClaimType.EMAIL:
        EmailValidator(_("This is not an e-mail address: it needs an @ sign and a domain."))(text)
    elif kind in (ClaimType.PHONE, ClaimType.MOBILE):
        return normalize(text, region=region or settings.DEFAULT_PHONE_REGION, must_be_mobile=kind == ClaimType.MOBILE)
    elif kind == ClaimType.URL:
        _check_url(text)
    return text


def _check_url(text: str) -> None:
    """Only http and https, however they are spelled (security 24)."""
    error = _("Enter a web address that begins with https:// or http://.")
    try:
        parts = urlsplit(text)
    except ValueError as problem:
        raise ValidationError(error, code="url") from problem
    if parts.scheme.lower() not in ("http", "https") or parts.username or parts.password:
        raise ValidationError(error, code="url")
    URLValidator(["http", "https"], message=error)(text)


def _checked_date(claim: Claim, value: date) -> str:
    if claim.name == "birthdate" and not date(1880, 1, 1) <= value <= timezone.localdate():
        raise ValidationError(_("This day is not possible: it must be in the past."), code="date")
    return value.isoformat()


def _choices(claim: Claim) -> list[tuple[str, str]] | None:
    """What can be chosen for an attribute, in the person's language; None where one types."""
    kind = ClaimType(claim.type)
    if kind == ClaimType.COUNTRY:
        return [(country.code, country.name) for country in countries]
    if kind == ClaimType.LANGUAGE:
        return [(code, str(name)) for code, name in settings.LANGUAGES]
    if kind == ClaimType.TIME_ZONE:
        return list(_time_zones())
    if kind == ClaimType.CHOICE:
        return [(choice, choice) for choice in claim.choices]
    return None


@lru_cache(maxsize=1)
def _time_zones() -> tuple[tuple[str, str], ...]:
    """The zones of places, without the ones that only repeat another's name."""
    places = (
        name
        for name in zoneinfo.available_timezones()
        if name == "UTC" or (name.split("/")[0] in _CONTINENTS and name.count("/"))
    )
    return tuple((name, name.replace("_", " ")) for name in sorted(places))


_CONTINENTS: Final = {
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
}  # fmt: skip


def who_in_short(values: Mapping[str, str]) -> str:
    """Somebody who has no account yet, by what is said of them: Dora Explorer · dora@example.org."""
    name = " ".join(filter(None, (values.get("given_name"), values.get("family_name"))))
    return " · ".join(filter(None, (name, values.get("email"))))
