"""The only place that knows the `phonenumbers` library."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_MAX_LENGTH = 40  # as typed, with spaces and dots
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_EXPENSIVE = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}


def normalize(text: str, *, region: str = "", must_be_mobile: bool = False) -> str:
    """The number in E.164, such as +447400123456. `region` is the country of numbers without a country code.

    Raises ValidationError. A mobile number must be of a type that can receive messages, which
    `is_valid_number` alone does not tell (security 27).
    """
    if len(text) > _MAX_LENGTH:
        raise ValidationError(_("This is too long for a telephone number."), code="too_long")
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not text.startswith("+"):
            raise ValidationError(
                _("Begin with a plus sign and the country code, like +44."), code="no_country"
            ) from error
        raise ValidationError(_("This is not a telephone number."), code="not_a_number") from error
    if number.extension:
        raise ValidationError(_("Give the number without an extension."), code="extension")
    kind = phonenumbers.number_type(number)
    if not phonenumbers.is_valid_number(number) or kind in _EXPENSIVE:
        raise ValidationError(_("This number does not exist. Check the country code and the digits."), code="invalid")
    if must_be_mobile and kind not in _MOBILE:
        raise ValidationError(_("This is not a mobile number."), code="not_mobile")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


@lru_cache(maxsize=2048)  # people open their own page again and again
def readable(e164: str) -> str:
    """The number as people write it: +44 7400 123456."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return str(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL))
