"""Catalogues hold every text, and a translation that would break a page is found before it is compiled."""

from __future__ import annotations

import gettext
import os
import shutil
from pathlib import Path

import polib
import pytest
from django.core.management import CommandError, call_command

from myaccount.web.translation import catalogues

GERMAN_PLURALS = "nplurals=2; plural=(n != 1);"


def catalogue(*entries: polib.POEntry, plurals: str = GERMAN_PLURALS) -> polib.POFile:
    result = polib.POFile()
    result.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": plurals}
    result.extend(entries)
    return result


def entry(msgid: str, msgstr: str = "", **more: object) -> polib.POEntry:
    return polib.POEntry(msgid=msgid, msgstr=msgstr, **more)


def problems_of(translated: polib.POEntry, plurals: str = GERMAN_PLURALS) -> list[str]:
    source = catalogue(entry(translated.msgid, msgid_plural=translated.msgid_plural))
    return catalogues.problems("de", catalogue(translated, plurals=plurals), source)


def test_a_whole_translation_has_no_problems() -> None:
    assert problems_of(entry("Sign out", "Abmelden")) == []
    assert problems_of(entry("Set on %(date)s by <b>{name}</b>", "<b>{name}</b>: gesetzt am %(date)s")) == []


@pytest.mark.parametrize(
    ("translated", "problem"),
    [
        (entry("Sign out"), "not translated"),
        (entry("Sign out", "Abmelden", flags=["fuzzy"]), "unsure (fuzzy)"),
        (entry("Set on %(date)s", "Gesetzt am %(datum)s"), "other placeholders"),
        (entry("Set on %(date)s", "Gesetzt"), "other placeholders"),
        (entry("{n} to go", "noch {n} von {n}"), "other placeholders"),
        (entry("As <b>alice</b>", "Als <i>alice</i>"), "other placeholders"),
        (entry("Hello\n", "Hallo"), "other line breaks"),
    ],
)
def test_what_would_break_a_page_is_named(translated: polib.POEntry, problem: str) -> None:
    (line,) = problems_of(translated)
    assert line.startswith("de: ")
    assert problem in line
    assert repr(translated.msgid) in line


def test_plural_forms_may_leave_the_number_out_but_none_may_be_missing() -> None:
    def plural(*forms: str) -> polib.POEntry:
        return entry("One session", msgid_plural="%(count)s sessions", msgstr_plural=dict(enumerate(forms)))

    assert problems_of(plural("Eine Sitzung", "%(count)s Sitzungen")) == []
    assert "other placeholders" in problems_of(plural("Eine Sitzung", "%(anzahl)s Sitzungen"))[0]
    assert "not translated" in problems_of(plural("Eine Sitzung", ""))[0]
    polish = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);"
    assert "needs 3 plural forms" in problems_of(plural("Eine Sitzung", "%(count)s Sitzungen"), polish)[0]


def test_a_text_that_a_catalogue_lacks_is_named() -> None:
    source = catalogue(entry("Sign in"), entry("Sign out"))
    assert catalogues.problems("de", catalogue(entry("Sign in", "Anmelden")), source) == ["de: missing 'Sign out'"]


def test_the_source_language_is_not_translated_into_itself() -> None:
    source = catalogue(entry("Sign in", "Log in"))
    assert catalogues.problems("en", source, source) == ["en: the source language needs no translation of 'Sign in'"]


def test_a_catalogue_is_compiled_without_gettext(tmp_path: Path) -> None:
    target = tmp_path / "de" / "LC_MESSAGES" / "django.mo"
    catalogues.save_compiled(catalogue(entry("Sign out", "Abmelden")), target)
    with target.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Sign out") == "Abmelden"


def test_without_gettext_collecting_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandError, match="apt-get install gettext"):
        call_command("translate", check=True)


def test_the_committed_catalogues_hold_every_text_and_nothing_else() -> None:
    if not shutil.which("xgettext") and os.environ.get("CI", "").lower() not in ("1", "true"):
        pytest.skip("GNU gettext is not installed, so texts cannot be collected")
    collected = catalogues.collect(catalogues.languages())
    assert catalogues.outdated(collected) == [], "run `make translate`"
    source = collected[catalogues.SOURCE_LANGUAGE]
    assert len(source) > 300
    for language, found in collected.items():
        assert catalogues.problems(language, found, source) == []
