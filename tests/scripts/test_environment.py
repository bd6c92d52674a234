"""The virtual environment is made with a Python that is new enough, and only then."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import environment


@pytest.fixture
def installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been run, with pins and an environment of the test's own."""
    commands: list[list[str]] = []
    (tmp_path / "pins.txt").write_text("django==5.2")
    monkeypatch.setattr(environment, "PINS", tmp_path / "pins.txt")
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(environment, "VENV_PYTHON", Path(sys.executable))
    monkeypatch.setattr(environment, "_run", lambda command, remedy: commands.append(command))
    return commands


def test_pins_are_installed_with_their_hashes_and_again_only_when_they_change(
    installs: list[list[str]], tmp_path: Path
) -> None:
    environment.main()
    environment.main()
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    (tmp_path / "pins.txt").write_text("django==5.3")
    environment.main()
    assert len(installs) == 2


def test_an_environment_whose_python_is_gone_is_made_anew(
    installs: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "VENV", tmp_path / "venv")
    monkeypatch.setattr(environment, "VENV_PYTHON", tmp_path / "venv" / "bin" / "python")
    (tmp_path / "venv").mkdir()
    environment.main()
    assert installs[0][1:] == ["-m", "venv", str(tmp_path / "venv")]


def test_an_old_python_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed, and \S+ is 3\.9\."):
        environment.main()
