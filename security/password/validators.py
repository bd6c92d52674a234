"""Why a new password is refused, one reason at a time (NIST SP 800-63B 3.1.1.2; security 32, 33).

No rules of composition and no expiry: length, and nothing others would guess.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from myaccount.users.models import User
from myaccount.users.names import canonical_key
from myaccount.web.selectors import portal_settings

MIN_LENGTH: Final = 15  # characters, while the password is the only factor
MAX_LENGTH: Final = 1000
_LEFT_OVER: Final = 8  # characters a password must have beside words others know
_MIN_DIFFERENT: Final = 5
_NOT_LETTERS = re.compile(r"[\W\d_]+")


class LengthValidator:
    """Long enough to stand alone, short enough to hash."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) < MIN_LENGTH:
            text = ngettext(
                "It is too short: use at least %(count)s character.",
                "It is too short: use at least %(count)s characters.",
                MIN_LENGTH,
            )
            raise ValidationError(text % {"count": MIN_LENGTH}, code="too_short")
        if len(password) > MAX_LENGTH:
            raise ValidationError(_("It is too long: use at most %(count)s characters.") % {"count": MAX_LENGTH})

    def get_help_text(self) -> str:
        return _("At least %(count)s characters. A few words in a row are easy to remember.") % {"count": MIN_LENGTH}


class CommonValidator(CommonPasswordValidator):
    """Not a password many people use, nor one of those repeated, nor a few characters over and over."""

    def validate(self, password: str, user: User | None = None) -> None:
        folded = canonical_key(password)
        if len(set(folded)) < _MIN_DIFFERENT:
            raise ValidationError(_("It repeats the same few characters."), code="repetitive")
        if folded in self.passwords or _repeated_unit(folded) in self.passwords:
            raise ValidationError(_("It is one of the passwords many people use."), code="common")

    def get_help_text(self) -> str:
        return _("Not one many people use.")


def _repeated_unit(text: str) -> str:
    """The shortest text that, repeated, gives this one; itself when there is none."""
    position = (text + text).find(text, 1)
    return text[:position]


class WordsValidator:
    """Not made of words that anybody would try: the person's own names, and the portal's."""

    def validate(self, password: str, user: User | None = None) -> None:
        folded = canonical_key(password)
        if user is not None and self._is_made_of(folded, _personal_words(user)):
            raise ValidationError(_("It is too similar to your name, username or e-mail address."), code="similar")
        if self._is_made_of(folded, _context_words()):
            raise ValidationError(_("It is too similar to the name of this site."), code="context")

    def get_help_text(self) -> str:
        return _("Not made of your own names or the name of this site.")

    @staticmethod
    def _is_made_of(folded: str, words: set[str]) -> bool:
        rest = folded
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, "")
        return rest != folded and len(_NOT_LETTERS.sub("", rest)) < _LEFT_OVER


def _words_of(*texts: str) -> set[str]:
    parts = {part for text in texts for part in _NOT_LETTERS.split(canonical_key(text))}
    return {part for part in parts if len(part) >= 3}


def _personal_words(user: User) -> set[str]:
    return _words_of(user.username, user.email, user.display_name)


def _context_words() -> set[str]:
    return _words_of(portal_settings().product_name, urlsplit(settings.PUBLIC_URL).hostname or "", "password")


class BreachedPasswordValidator:
    """Not in the organisation's file of passwords seen in leaks, when there is one.

    BREACHED_PASSWORDS_FILE names a text file of upper-case SHA-1 hashes, one a line, sorted,
    each perhaps followed by a colon and a count (the form in which such lists are published).
    It is searched by halving, so its size does not matter.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        path = settings.BREACHED_PASSWORDS_FILE
        if path and is_listed(Path(path), password):
            raise ValidationError(_("It was seen in a leak of passwords, so others will try it."), code="breached")

    def get_help_text(self) -> str:
        return _("Not one that was seen in a leak.")


def is_listed(file: Path, password: str) -> bool:
    """Whether the sorted file of SHA-1 hashes has this password's."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, file.stat().st_size
        while low < high:
            middle = (low + high) // 2
            lines.seek(middle)
            if middle:
                lines.readline()
            found = lines.readline()[: len(wanted)].upper()
            if found == wanted:
                return True
            if found and found < wanted:
                low = middle + 1
            else:
                high = middle
    return False
