"""How names are compared: one canonical key for every spelling of a user name or e-mail address."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

USERNAME_MAX_LENGTH: Final = 150
USERNAME_KEY_MAX_LENGTH: Final = 3 * USERNAME_MAX_LENGTH
_SPACES = re.compile(r"\s+")
_FORBIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def canonical_key(name: str) -> str:
    """The form in which names are compared: NFKC, case folded, outer space dropped, inner space single.

    Done here and not in the database, whose own case folding differs between products
    (SQLite's knows ASCII only). Folding may undo normalisation, so NFKC is applied again.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", folded)).strip()


def has_forbidden_characters(text: str) -> bool:
    """Whether the text has control, formatting, unassigned or private-use characters.

    Right-to-left overrides and zero-width characters are among them: they make one text look like another.
    """
    return any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in text)


def validate_username(value: str) -> None:
    """Refuse user names that could be mistaken for another or that cannot be typed.

    Raises ValidationError.
    """
    if has_forbidden_characters(value) or "\n" in value:
        raise ValidationError(_("A username cannot have invisible characters."), code="invisible")
    key = canonical_key(value)
    if len(key) > USERNAME_KEY_MAX_LENGTH:  # some characters stand for a whole phrase
        raise ValidationError(_("This username is too long."), code="too_long")
    if not key:
        raise ValidationError(_("Enter a username."), code="blank")
