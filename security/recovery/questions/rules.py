"""What an answer may be, and how two are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from myaccount.users.models import User
from myaccount.users.names import canonical_key
from security.recovery.models import Question

MIN_LENGTH: Final = 3
MAX_LENGTH: Final = 200

# Telephones put typographic marks where keyboards have plain ones.
_ALIKE: Final = str.maketrans(
    dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'") | dict.fromkeys("\u2010\u2011\u2013\u2014", "-")
)
_VARIATION_SELECTORS: Final = range(0xFE00, 0xFE10)


def fold(answer: str) -> str:
    """The form in which answers are hashed and compared (security 50).

    Case, kinds of space and of quotation mark, width and way of composing do not matter, nor does what cannot be
    seen, such as the joiners some keyboards for Sinhala type and others leave out, nor punctuation at the end.
    """
    visible = (character for character in answer.translate(_ALIKE) if not _is_invisible(character))
    key = canonical_key("".join(visible))
    while key and (key[-1] == " " or unicodedata.category(key[-1])[0] == "P"):
        key = key[:-1]
    return key


def check(folded: str, *, user: User, question: Question) -> None:
    """Refuse answers that are too short or too long, or that anybody could read off the account (security 50).

    Raises ValidationError.
    """
    if _length(folded) < MIN_LENGTH:
        raise ValidationError(_("Use at least %(count)s characters.") % {"count": MIN_LENGTH})
    if len(folded) > MAX_LENGTH:
        raise ValidationError(_("Use at most %(count)s characters.") % {"count": MAX_LENGTH})
    if folded in _folded([user.username, user.email, user.display_name]):
        raise ValidationError(_("This is your username, e-mail address or name. Give another answer."))
    if folded in _folded(question.texts.values()):
        raise ValidationError(_("This is the question. Give an answer only you know."))


def _length(text: str) -> int:
    """Characters, of which those that stand for a syllable or a word count twice: 東京 is an answer."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _folded(texts: Collection[str]) -> set[str]:
    return {fold(text) for text in texts if isinstance(text, str)}


def _is_invisible(character: str) -> bool:
    if ord(character) in _VARIATION_SELECTORS:
        return True
    return unicodedata.category(character) in ("Cc", "Cf") and not character.isspace()
