"""No template has words outside gettext, whatever state of a page they would show in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Lexer, Token, TokenType

from tests.translation.reading import texts_of

TEMPLATES = Path(settings.BASE_DIR) / "templates"

# The gallery is a tool of developers, in English only.
EXEMPT = ("gallery.html", "components/gallery/")

# Names and addresses that are the same in every language; variables stand as 0.
ALLOWED = re.compile(r"\b(?:[a-z]+-demo-passphrase|Gravatar|alice|0/myaccount/)(?!\w)")

FILES = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*")
    if path.is_file() and not path.relative_to(TEMPLATES).as_posix().startswith(EXEMPT)
)


def without_template_code(source: str) -> str:
    """What a template prints by itself: no tags, variables or comments, and no translated blocks."""
    parts, depth = [], 0
    for token in Lexer(source).tokenize():
        depth += _block_change(token, depth)
        if token.token_type == TokenType.TEXT and not depth:
            parts.append(token.contents)
        elif token.token_type == TokenType.VAR:
            parts.append("0")  # something stands here, and it is not words
    return "".join(parts)


def _block_change(token: Token, depth: int) -> int:
    if token.token_type != TokenType.BLOCK:
        return 0
    name, *arguments = token.contents.split()
    if name in ("blocktranslate", "comment") or (name == "block" and arguments == ["body_class"]):
        return 1
    return -1 if depth and name in ("endblocktranslate", "endcomment", "endblock") else 0


def words_of(name: str, source: str) -> list[str]:
    printed = without_template_code(source)
    texts = [text for text, _ in texts_of(printed).found] if name.endswith(".html") else printed.splitlines()
    return [text for text in texts if re.search(r"[^\W\d_]", ALLOWED.sub("", text))]


@pytest.mark.parametrize("name", FILES)
def test_a_template_has_no_words_outside_gettext(name: str) -> None:
    assert words_of(name, (TEMPLATES / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello</p>",
        '<a href="/" aria-label="Home">{% icon "home" %}</a>',
        '<input placeholder="Your name {{ name }}">',
        '{% blocktranslate %}Hello{% endblocktranslate %}, {{ name }}. <b title="Help">?</b>',
    ],
)
def test_words_outside_gettext_are_found(source: str) -> None:
    assert words_of("page.html", source)
