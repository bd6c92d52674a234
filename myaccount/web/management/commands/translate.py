"""`manage.py translate`: collects the texts, checks the catalogues and compiles them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from myaccount.web.translation import catalogues, pseudo


class Command(BaseCommand):
    help = (
        "Collects all texts into locale/, checks that every translation is complete and compiles them. "
        "Collecting needs GNU gettext; compiling does not."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--check", action="store_true", help="write nothing; fail when something is out of date")
        only.add_argument("--compile", action="store_true", help="only compile what is there")
        only.add_argument("--add", metavar="LANGUAGE", help="begin a new translation, such as de or pt_BR")

    def handle(
        self,
        *args: Any,
        check: bool = False,
        add: str | None = None,
        **options: Any,
    ) -> None:
        if not options.get("compile"):
            self._collect(check=check, add=add)
        if not check:
            done = catalogues.compile_all()
            if set(pseudo.LANGUAGES) <= set(dict(settings.LANGUAGES)) and pseudo.ensure():
                done += pseudo.LANGUAGES
            if done:
                self.stdout.write(f"compiled: {', '.join(done)}")

    def _collect(self, *, check: bool, add: str | None) -> None:
        try:
            collected = catalogues.collect([*catalogues.languages(), *([add] if add else [])])
        except catalogues.GettextMissing:
            raise CommandError(
                "Collecting texts needs GNU gettext: install it (apt-get install gettext, brew install gettext)."
            ) from None
        if check:
            self._fail_on(catalogues.outdated(collected), "The catalogues are out of date: run `make translate`.")
        else:
            for language, catalogue in collected.items():
                file = catalogues.write(language, catalogue)
                self.stdout.write(f"{file.relative_to(catalogues.root())}: {len(catalogue)} texts")
        source = collected[catalogues.SOURCE_LANGUAGE]
        found = [
            line
            for language, catalogue in collected.items()
            if language != add
            for line in catalogues.problems(language, catalogue, source)
        ]
        self._fail_on(found, "The catalogues above need a translator.")

    def _fail_on(self, lines: list[str], conclusion: str) -> None:
        for line in lines:
            self.stderr.write(line)
        if lines:
            raise CommandError(conclusion)
