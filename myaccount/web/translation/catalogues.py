"""Collects texts from the code with GNU gettext, checks catalogues, and compiles them without it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import django
import polib
from django.apps import apps
from django.conf import settings

SOURCE_LANGUAGE: Final = "en"

# Where texts are. Tests, documents and tools speak English only.
SOURCES: Final = (
    "myaccount", "profile", "security", "sessions_app", "consent", "linked_accounts", "approvals", "templates",
)  # fmt: skip

# What has to stand in a translation just as it stands in the text: %(name)s, {name}, %s, <b> and &nbsp;.
FIXED_PARTS: Final = re.compile(
    r"%\(\w+\)[-#0+]*\d*(?:\.\d+)?[a-zA-Z]|%[-#0+]*\d*(?:\.\d+)?[a-zA-Z%]|\{[^{}]*\}|<[^<>]+>|&#?\w+;|https?://\S+"
)

Key = tuple[str | None, str, str]


class GettextMissing(Exception):  # noqa: N818
    """GNU gettext is not installed, and collecting texts needs it."""


def root() -> Path:
    """The project's folder."""
    return Path(settings.BASE_DIR)


def folder() -> Path:
    """Where the catalogues are kept."""
    return root() / "locale"


def catalogue_file(language: str, *, base: Path | None = None) -> Path:
    """The catalogue of a language, given as in `locale/`: de, pt_BR."""
    return (base or folder()) / language / "LC_MESSAGES" / "django.po"


def languages() -> list[str]:
    """The languages that have a catalogue, the source first."""
    found = sorted(file.parent.parent.name for file in folder().glob("*/LC_MESSAGES/django.po"))
    return [SOURCE_LANGUAGE, *(language for language in found if language != SOURCE_LANGUAGE)]


def key_of(entry: polib.POEntry) -> Key:
    """What makes a text the same text: context, singular and plural."""
    return (entry.msgctxt, entry.msgid, entry.msgid_plural or "")


def read(file: Path) -> polib.POFile:
    """A catalogue from its file."""
    return polib.pofile(str(file), encoding="utf-8")


def collect(wanted: list[str]) -> dict[str, polib.POFile]:
    """The catalogues of the languages with every text that is in the code now. Nothing is written.

    Works on a copy, since makemessages writes beside the files it reads. Raises GettextMissing.
    """
    if not shutil.which("xgettext") or not shutil.which("msgmerge"):
        raise GettextMissing
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for source in SOURCES:
            shutil.copytree(root() / source, copy / source, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        shutil.copytree(folder(), copy / "locale", ignore=shutil.ignore_patterns("*.mo"))
        command = [sys.executable, str(root() / "manage.py"), "makemessages", "--no-obsolete", "--add-location=file"]
        command += ["--extension=html,txt,py", *(f"--locale={language}" for language in wanted)]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "myaccount.settings.dev"}
        subprocess.run(command, cwd=copy, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        collected = {language: read(catalogue_file(language, base=copy / "locale")) for language in wanted}
    return {language: _tidied(catalogue, language) for language, catalogue in collected.items()}


def _tidied(catalogue: polib.POFile, language: str) -> polib.POFile:
    """Without what changes from day to day and from machine to machine, so that differences mean something."""
    for name in ("POT-Creation-Date", "PO-Revision-Date", "Report-Msgid-Bugs-To"):
        catalogue.metadata.pop(name, None)
    placeholders = {"Last-Translator": "FULL NAME <EMAIL@ADDRESS>", "Language-Team": "LANGUAGE <LL@li.org>"}
    for name, unset in placeholders.items():
        if catalogue.metadata.get(name) == unset:
            del catalogue.metadata[name]
    catalogue.metadata |= {"Project-Id-Version": "My Account", "Language": language}
    catalogue.header = ""
    catalogue.metadata_is_fuzzy = False
    return catalogue


def write(language: str, catalogue: polib.POFile) -> Path:
    """Keep a catalogue in `locale/`."""
    file = catalogue_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(file))
    return file


def outdated(collected: dict[str, polib.POFile]) -> list[str]:
    """One line for each text that the stored catalogues lack, or have but the code does not."""
    lines = []
    for language, catalogue in collected.items():
        file = catalogue_file(language)
        stored = {key_of(entry) for entry in read(file)} if file.exists() else set()
        current = {key_of(entry) for entry in catalogue}
        lines += [f"{language}: new text {key[1]!r}" for key in sorted(current - stored, key=str)]
        lines += [f"{language}: no longer used {key[1]!r}" for key in sorted(stored - current, key=str)]
    return lines


def problems(language: str, catalogue: polib.POFile, source: polib.POFile) -> list[str]:
    """One line for each thing that is wrong with a catalogue: texts missing, unsure, or with other placeholders."""
    entries = {key_of(entry): entry for entry in catalogue if not entry.obsolete}
    lines = [f"{language}: missing {entry.msgid!r}" for entry in source if key_of(entry) not in entries]
    for entry in entries.values():
        what = _problem(entry, is_source=language == SOURCE_LANGUAGE, plurals=_plurals(catalogue))
        if what:
            lines.append(f"{language}: {what} {entry.msgid!r}")
    return lines


def _problem(entry: polib.POEntry, *, is_source: bool, plurals: int) -> str:
    """The first thing that is wrong with one text; empty when all is well."""
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if is_source:
        return "the source language needs no translation of" if any(texts) else ""
    faults = {
        "unsure (fuzzy)": entry.fuzzy,
        "not translated": not all(texts),
        f"needs {plurals} plural forms": entry.msgid_plural and len(texts) != plurals,
        "other placeholders or tags than": not all(_has_same_parts(text, entry) for text in texts),
        "other line breaks around than": any(_line_ends(text) != _line_ends(entry.msgid) for text in texts),
    }
    return next((fault for fault, is_so in faults.items() if is_so), "")


def _plurals(catalogue: polib.POFile) -> int:
    found = re.match(r"\s*nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    return int(found.group(1)) if found else 2


def _has_same_parts(text: str, entry: polib.POEntry) -> bool:
    """A plural form may have the parts of either form: some languages leave the number out where it is one."""
    parts = Counter(FIXED_PARTS.findall(text))
    return any(parts == Counter(FIXED_PARTS.findall(form)) for form in (entry.msgid, entry.msgid_plural) if form)


def _line_ends(text: str) -> tuple[bool, bool]:
    return text.startswith("\n"), text.endswith("\n")


def compile_all() -> list[str]:
    """Write the compiled file of each translated language, unless it is newer. Returns the languages written."""
    written = []
    for language in languages():
        file = catalogue_file(language)
        target = file.with_suffix(".mo")
        if language == SOURCE_LANGUAGE or not file.exists():
            continue
        if not target.exists() or target.stat().st_mtime_ns <= file.stat().st_mtime_ns:
            save_compiled(read(file), target)
            written.append(language)
    return written


def save_compiled(catalogue: polib.POFile, target: Path) -> None:
    """Write a compiled catalogue. Renamed into place, since several processes may do it at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    os.close(handle)
    catalogue.save_as_mofile(name)
    Path(name).chmod(0o644)
    Path(name).replace(target)


def installed_english() -> Iterator[polib.POFile]:
    """The English catalogues of Django and of the other installed packages, whose texts are on our pages too."""
    places = [Path(django.__file__).parent / "conf", *(Path(config.path) for config in apps.get_app_configs())]
    for place in places:
        file = catalogue_file(SOURCE_LANGUAGE, base=place / "locale")
        if file.exists():
            yield read(file)
