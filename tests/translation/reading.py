"""Reads pages, mails and text messages in the accented pseudo-language, and finds what nobody can translate."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, Final
from zoneinfo import available_timezones

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from myaccount.web.translation.pseudo import CLOSING, OPENING

# Attributes that are read out or shown.
TEXT_ATTRIBUTES: Final = frozenset(
    ("alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "label", "placeholder", "title")
)
# Scripts and styles are not shown; dates, what people typed and what says that it is not to be translated are data.
NOT_TEXT: Final = frozenset({"script", "style", "template", "time", "textarea"})
# What only marks a part of a sentence.
INLINE: Final = frozenset(("a", "abbr", "b", "bdi", "code", "em", "i", "kbd", "small", "span", "strong"))
WITHOUT_END: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)

# What is data or a name, and so the same in every language.
DATA: Final = (
    "My Account",  # the product's name, which an administrator sets
    *(str(name) for _, name in settings.LANGUAGES),
    *(name.replace("_", " ") for name in available_timezones()),
    "Gravatar",
    "Alice Liddell",
    "Alice",
    "Liddell",
    "alice",
    "AL",  # her initials
    "example.org",
    "Firefox",
    "Chrome",
    "Mobile Safari",
    "Apple iPhone",
    "Windows",
    "Linux",
    "iOS",
)
_DATE: Final = re.compile(r"\b[A-Z][a-z]{2} \d{1,2}, \d{4}\b|\b\d{1,2}:\d{2}\s[AP]M\b")
_UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_ADDRESS: Final = re.compile(rf"{re.escape(settings.PUBLIC_URL)}\S*")
_IN_BRACKETS: Final = re.compile(f"{OPENING}[^{OPENING}{CLOSING}]*{CLOSING}")
_TEXT_IN_DATA: Final = re.compile(r"^[A-Z]|[^\W\d_] ")


@dataclass
class Element:
    """One that is open while the page is read."""

    tag: str
    is_foreign: bool
    is_data: bool


@dataclass
class TextFinder(HTMLParser):
    """Collects every text a person can see or hear, with where it stands."""

    found: list[tuple[str, str]] = field(default_factory=list)
    language: str = ""
    direction: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language, self.direction = attributes.get("lang", ""), attributes.get("dir", "")
        around = self._open[-1] if self._open else Element("", is_foreign=False, is_data=False)
        # What says that it is in another language, such as that language's own name, is.
        is_foreign = around.is_foreign or attributes.get("lang", self.language) != self.language
        if tag not in INLINE:
            self._end_of_text()
        if not is_foreign:
            self._read_attributes(tag, attributes)
        if tag not in WITHOUT_END:
            is_data = around.is_data or tag in NOT_TEXT or attributes.get("translate") == "no"
            self._open.append(Element(tag, is_foreign, is_data))

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self._end_of_text()
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._open or not (self._open[-1].is_foreign or self._open[-1].is_data):
            self._text += data

    def close(self) -> None:
        """The end of the page ends the last text."""
        super().close()
        self._end_of_text()

    def _end_of_text(self) -> None:
        text, self._text = " ".join(self._text.split()), ""
        if text:
            self.found.append((text, f"<{self._open[-1].tag}>" if self._open else "text"))

    def _read_attributes(self, tag: str, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            is_button = name == "value" and attributes.get("type") in ("submit", "button", "reset")
            if name == "data-inline-formset":  # of Django admin: settings of its script, as JSON
                options = json.loads(value)["options"]
                self.found += [(options[key], f"{name} of <{tag}>") for key in ("addText", "deleteText")]
                continue
            is_words = name.startswith("data-") and bool(_TEXT_IN_DATA.search(value))
            is_description = name == "content" and attributes.get("name") == "description"
            if name in TEXT_ATTRIBUTES or is_button or is_words or is_description:
                self.found.append((value, f"{name} of <{tag}>"))


def texts_of(html: str) -> TextFinder:
    """The texts, the language and the direction of a page."""
    finder = TextFinder()
    finder.feed(html)
    finder.close()
    return finder


@lru_cache
def _any_of(data: tuple[str, ...]) -> re.Pattern[str]:
    """Finds each as a whole word, the longest first."""
    longest_first = sorted(data, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def untranslatable(text: str, *, data: Iterable[str] = DATA) -> str:
    """What of a text stands outside brackets and is not data; empty when all is well."""
    rest, before = text, ""
    while rest != before:
        rest, before = _IN_BRACKETS.sub("", rest), rest
    for pattern in (_ADDRESS, _UUID, _DATE):
        rest = pattern.sub("", rest)
    rest = _any_of(tuple(data)).sub("", rest)
    return rest.strip() if any(character.isalpha() for character in rest) else ""


def assert_translatable(html: str, *, where: str, data: Iterable[str] = ()) -> None:
    """Fail with the texts of a page that are the same in every language."""
    allowed = (*DATA, *data)
    bad = [f"{place}: {text!r}" for text, place in texts_of(html).found if untranslatable(text, data=allowed)]
    assert not bad, f"{where} has texts outside gettext, or the catalogue is old (run `make translate`): {bad}"


@dataclass
class Reader:
    """A browser in which every page that comes back is checked."""

    client: Client
    data: tuple[str, ...] = ()

    def get(self, path: str, expected: int | None = 200, **options: Any) -> HttpResponse:
        """Ask for a page. `expected` is its status, None when any will do."""
        return self._checked(f"GET {path}", self.client.get(path, **options), expected)

    def post(self, path: str, fields: dict[str, Any], expected: int | None = 422) -> HttpResponse:
        """Send a form; 422 is what a form with errors answers."""
        return self._checked(f"POST {path} {fields}", self.client.post(path, fields), expected)

    def post_and_read(self, path: str, fields: dict[str, Any]) -> HttpResponse:
        """Send a form that is accepted, and read the page after it with its message."""
        answer = self.post(path, fields, expected=302)
        return self.get(answer["Location"])

    def _checked(self, what: str, response: Any, expected: int | None) -> HttpResponse:
        body = response.content.decode() if not response.streaming else ""
        assert expected in (None, response.status_code), f"{what} answers {response.status_code}: {body[:1000]}"
        if response["Content-Type"].startswith("text/html") and body:
            assert_translatable(body, where=what, data=self.data)
        result: HttpResponse = response
        return result
