"""What the README promises a newcomer is there: its commands, in full, and the people it names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from myaccount.pages.management.commands.demo import PEOPLE

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:\w*)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
COMMANDS = sorted({line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines() if "make" in line})


def test_the_readme_names_the_two_commands_a_newcomer_needs() -> None:
    assert {"make run", "make test"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_make_knows_a_command_of_the_readme(command: str) -> None:
    """`make -n` prints what it would do, and fails on a target that does not exist."""
    dry = re.sub(r"\bmake\b", "make --dry-run", command)
    ended = subprocess.run(dry, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_make_alone_explains_every_target_that_is_for_people() -> None:
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert phony
    explained = set(re.findall(r"^  make (\S+) +\S", printed, flags=re.MULTILINE))
    assert explained == set(phony.group(1).split()) - {"environment"}


def test_the_people_of_the_demonstration_are_those_the_readme_names() -> None:
    assert set(re.findall(r"`(\w+)-demo-passphrase`", README)) == {person.username for person in PEOPLE}
