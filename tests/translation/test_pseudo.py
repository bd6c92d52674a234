"""The pseudo-languages change what is text, and nothing else."""

from __future__ import annotations

import re

import pytest
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext
from hypothesis import given
from hypothesis import strategies as st

from myaccount.web.translation import catalogues, pseudo


def test_accented_text_is_readable_longer_and_in_brackets() -> None:
    assert pseudo.accented("Sign out") == "⟦Šîĝñ öûţ öñé⟧"
    text = "What your organisation knows about you, and what you can change yourself."
    assert len(pseudo.accented(text)) >= len(text) * 1.3


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Set on %(date)s", ["%(date)s"]),
        ("%(count)d of %(total)05.2f", ["%(count)d", "%(total)05.2f"]),
        ("%s and %d: 100%%", ["%s", "%d", "%%"]),
        ("Characters still to go: {n}", ["{n}"]),
        ('Sign in as <b>alice</b> or <a href="/help">ask</a>', ["<b>", "</b>", '<a href="/help">', "</a>"]),
        ("Fish &amp; chips&#8230;", ["&amp;", "&#8230;"]),
        ("See https://example.org/help for more", ["https://example.org/help"]),
    ],
)
def test_placeholders_and_tags_stay_as_they_are(text: str, kept: list[str]) -> None:
    for changed in (pseudo.accented(text), pseudo.right_to_left(text)):
        assert catalogues.FIXED_PARTS.findall(changed) == kept


@given(st.text(alphabet=st.characters(exclude_characters="⟦⟧", codec="utf-8")))
def test_white_space_around_a_text_stays(text: str) -> None:
    for changed in (pseudo.accented(text), pseudo.right_to_left(text)):
        assert re.match(r"\s*", changed).group() == re.match(r"\s*", text).group()  # type: ignore[union-attr]
        assert len(changed) - len(changed.rstrip()) == len(text) - len(text.rstrip())


@pytest.mark.parametrize("text", ["", " ", ", ", "%(done)s/%(total)s", "<b>%s</b>", "{n} · 5"])
def test_what_has_no_words_stays_as_it_is(text: str) -> None:
    assert pseudo.accented(text) == pseudo.right_to_left(text) == text


def test_our_texts_and_djangos_are_accented() -> None:
    with translation.override("en-xa"):
        assert gettext("Sign out") == "⟦Šîĝñ öûţ öñé⟧"
        assert gettext("This field is required.").startswith("⟦Ţĥîš ƒîéļđ")  # Django's own
        assert pgettext("heading", "Sign in").startswith("⟦Šîĝñ îñ")


@pytest.mark.parametrize("number", [0, 1, 2, 3, 11, 100])
def test_every_plural_form_of_both_languages_is_there(number: int) -> None:
    expected = "%(count)s session" if number == 1 else "%(count)s sessions"
    with translation.override("en-xa"):
        assert ngettext("%(count)s session", "%(count)s sessions", number) == pseudo.accented(expected)
    with translation.override("ar-xb"):
        assert ngettext("%(count)s session", "%(count)s sessions", number) == f"\u200f{expected}\u200f"


def test_the_languages_are_made_anew_only_when_their_texts_change(
    settings: object, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudo, "folder", lambda: tmp_path)
    assert pseudo.ensure()
    assert not pseudo.ensure()
    monkeypatch.setattr(pseudo, "_digest", lambda: "other texts")
    assert pseudo.ensure()
