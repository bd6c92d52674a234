"""Writes the file piece by piece, so that a long history is never in memory as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from myaccount.export.contents import PARTS, Asked
from myaccount.export.telling import Value
from myaccount.web.formats import iso

FORMAT_VERSION: Final = 1
BLOCK: Final = 64 * 1024  # bytes handed to the server at once


def user_info(asked: Asked) -> Iterator[str]:
    """`userInfo.json` in pieces: readable, each member of a list on lines of its own.

    The last piece closes the document. Where something fails on the way it is missing, and no reader takes the
    file for a whole one.
    """
    head = {
        "$schema": settings.PUBLIC_URL + reverse("export-schema"),
        "format_version": FORMAT_VERSION,
        "exported_at": iso(asked.now),
        "exported_from": settings.PUBLIC_URL,
        "language": translation.get_language(),
    }
    yield "{\n" + ",\n".join(f"  {_text(name)}: {_text(value)}" for name, value in head.items())
    for part in PARTS:
        yield f",\n  {_text(part.name)}: "
        content = part.read(asked)
        if isinstance(content, Mapping):
            yield _indented(content, by=2)
        else:
            yield from _list(content)
    yield "\n}\n"


def _list(content: Iterator[Value]) -> Iterator[str]:
    first = next(content, None)
    if first is None:
        yield "[]"
        return
    yield "[\n    " + _indented(first, by=4)
    for each in content:
        yield ",\n    " + _indented(each, by=4)
    yield "\n  ]"


def document(value: Any) -> str:
    """A whole document that is small, written the same way."""
    return _indented(value, by=0) + "\n"


def _indented(value: Any, *, by: int) -> str:
    """Line breaks inside texts are escaped in JSON, so those there are stand between its parts."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    return text.replace("\n", "\n" + " " * by)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def encoded(pieces: Iterator[str]) -> Iterator[bytes]:
    """The same as bytes: the beginning at once, then in blocks.

    Half a surrogate pair, which UTF-8 cannot say, is written the way JSON escapes it.
    """
    waiting, size = [], 0
    is_begun = False
    for piece in pieces:
        waiting.append(piece.encode(errors="backslashreplace"))
        size += len(waiting[-1])
        if size >= BLOCK or not is_begun:
            yield b"".join(waiting)
            waiting, size, is_begun = [], 0, True
    yield b"".join(waiting)


def as_read_by_person(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Makes each piece in the language and time zone in use now.

    A server asks for the pieces after the middleware that chose them has gone, and may do something else between.
    """
    language, zone = translation.get_language() or settings.LANGUAGE_CODE, timezone.get_current_timezone()

    def spoken() -> Iterator[bytes]:
        while True:
            with translation.override(language), timezone.override(zone):
                piece = next(pieces, None)
            if piece is None:
                return
            if piece:  # an empty one would end the response
                yield piece

    return spoken()
