"""Two languages made by rule, in which a text that nobody can translate shows at once.

`en-xa` is accented English, a third longer, in ⟦brackets⟧: what stands outside brackets has not
gone through gettext, and what is cut off will be cut off in German. `ar-xb` is English between
right-to-left marks on a page that runs from right to left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Final

import django
import polib
from django.conf import settings

from myaccount.web.translation import catalogues

LANGUAGES: Final = ("en-xa", "ar-xb")  # development and tests have them, production has not
LONGER_BY: Final = 0.3
OPENING, CLOSING = "⟦", "⟧"
RIGHT_TO_LEFT_MARK: Final = "\u200f"

_ACCENTED: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áƀçđéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇĐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ",
)
_FILLING: Final = "one two three four five six seven eight nine ten".translate(_ACCENTED).split()

# The rule of Arabic, so that all six forms are exercised. Form 1 is the singular.
_ARABIC_PLURALS: Final = (
    "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5;"
)
_ENGLISH_PLURALS: Final = "nplurals=2; plural=(n != 1);"


def folder() -> Path:
    """Where the pseudo-languages' catalogues are made; never committed."""
    return Path(settings.BASE_DIR) / "var" / "pseudo-locale"


def accented(text: str) -> str:
    """The text as `en-xa` has it. Placeholders, tags and the white space around stay."""
    if not _has_words(text):
        return text
    changed = _changed(text.strip(), lambda part: part.translate(_ACCENTED))
    return _within_spaces(text, f"{OPENING}{changed}{_filling(len(text.strip()))}{CLOSING}")


def right_to_left(text: str) -> str:
    """The text as `ar-xb` has it."""
    if not _has_words(text):
        return text
    return _within_spaces(text, f"{RIGHT_TO_LEFT_MARK}{text.strip()}{RIGHT_TO_LEFT_MARK}")


def ensure() -> bool:
    """Make both catalogues, unless they are made of the very same texts already. True when something was made."""
    stamp = folder() / "made-of"
    current = _digest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == current:
        return False
    source = _all_texts()
    _make("en_XA", source, accented, _ENGLISH_PLURALS, singular=0)
    _make("ar_XB", source, right_to_left, _ARABIC_PLURALS, singular=1)
    stamp.write_text(current, encoding="ascii")
    return True


def _has_words(text: str) -> bool:
    return any(character.isalpha() for character in catalogues.FIXED_PARTS.sub("", text))


def _changed(text: str, change: Callable[[str], str]) -> str:
    """The text with everything changed but its fixed parts."""
    result, position = [], 0
    for part in catalogues.FIXED_PARTS.finditer(text):
        result += [change(text[position : part.start()]), part.group()]
        position = part.end()
    return "".join([*result, change(text[position:])])


def _filling(length: int) -> str:
    """Whole words, so that lines break as they would."""
    words, wanted = "", length * LONGER_BY
    for word in cycle(_FILLING):
        words += f" {word}"
        if len(words) >= wanted:
            return words
    return words


def _within_spaces(text: str, changed: str) -> str:
    before = text[: len(text) - len(text.lstrip())]
    after = text[len(text.rstrip()) :]
    return f"{before}{changed}{after}"


def _all_texts() -> list[polib.POEntry]:
    """Our texts and those of the packages that show on our pages; each once, with its plural where it has one."""
    own = catalogues.catalogue_file(catalogues.SOURCE_LANGUAGE)
    found: dict[tuple[str | None, str], polib.POEntry] = {}
    for catalogue in [*([catalogues.read(own)] if own.exists() else []), *catalogues.installed_english()]:
        for entry in catalogue:
            known = found.get((entry.msgctxt, entry.msgid))
            if not entry.obsolete and (known is None or (entry.msgid_plural and not known.msgid_plural)):
                found[entry.msgctxt, entry.msgid] = entry
    return list(found.values())


def _make(name: str, source: list[polib.POEntry], change: Callable[[str], str], plurals: str, *, singular: int) -> None:
    catalogue = polib.POFile()
    catalogue.metadata = {
        "Language": name,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": plurals,
    }
    forms = int(plurals.partition("nplurals=")[2].partition(";")[0])
    for entry in source:
        copy = polib.POEntry(msgctxt=entry.msgctxt, msgid=entry.msgid, msgid_plural=entry.msgid_plural)
        if entry.msgid_plural:
            copy.msgstr_plural = {
                form: change(entry.msgid if form == singular else entry.msgid_plural) for form in range(forms)
            }
        else:
            copy.msgstr = change(entry.msgid)
        catalogue.append(copy)
    catalogues.save_compiled(catalogue, folder() / name / "LC_MESSAGES" / "django.mo")


def _digest() -> str:
    """Of all that the catalogues depend on."""
    own = catalogues.catalogue_file(catalogues.SOURCE_LANGUAGE)
    files = [own, Path(__file__), Path(catalogues.__file__)]
    digest = hashlib.sha256(f"{django.__version__} {settings.INSTALLED_APPS}".encode())
    for file in files:
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()
