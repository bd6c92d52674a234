"""What the tests need is looked for, and what cannot be had is said loudly; in CI it is a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import browser, node, run_tests


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The environments pytest would have been run with."""
    found: list[dict[str, str]] = []

    def run(command: list[str], *, env: dict[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
        found.append({**env, "arguments": " ".join(command[3:])})
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("scripts.run_tests.subprocess.run", run)
    monkeypatch.setattr(node, "what_is_missing", lambda: "")
    return found


def program(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)
    return path


def test_a_browser_that_is_named_is_used(
    runs: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "find", lambda: "/opt/chromium")
    assert run_tests.main(["-k", "name"]) == 0
    assert runs[0]["CHROMIUM"] == "/opt/chromium"
    assert runs[0]["arguments"] == "-n auto -k name"


def test_the_first_browser_that_starts_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "chromium", "echo get it from the store; exit 1")
    good = program(tmp_path / "google-chrome", "echo Google Chrome 140")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert browser.find() == str(good)


def test_a_named_browser_that_does_not_start_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nothing"))
    with pytest.raises(SystemExit, match="does not start"):
        browser.find()


def test_without_a_browser_the_rest_is_tested_and_what_is_left_out_is_said(
    runs: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(browser, "install", lambda: None)
    monkeypatch.setattr(run_tests, "IS_CI", False)
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert run_tests.main([]) == 0
    assert "CHROMIUM" not in runs[0]
    printed = capsys.readouterr().out
    assert printed.count("NOT EVERYTHING IS TESTED") == 2  # before, and after the many lines of the tests
    assert "tests/journeys" in printed


def test_in_ci_a_missing_browser_is_a_failure(runs: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(browser, "install", lambda: None)
    monkeypatch.setattr(run_tests, "IS_CI", True)
    assert run_tests.main([]) == 1
    assert not runs


def test_without_node_that_is_said_too(
    runs: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "find", lambda: "/opt/chromium")
    monkeypatch.setattr(node, "what_is_missing", lambda: "Node is not installed.")
    monkeypatch.setattr(run_tests, "IS_CI", False)
    assert run_tests.main([]) == 0
    assert "test_node_peer.py): Node is not installed." in capsys.readouterr().out
    monkeypatch.setattr(run_tests, "IS_CI", True)
    assert run_tests.main([]) == 1


@pytest.mark.parametrize(("says", "heard"), [("v18.20.4", "v18.20.4"), ("", "broken")])
def test_a_node_that_is_too_old_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, heard: str) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in node.what_is_missing()
    program(tmp_path / "node", f"echo {says}")
    program(tmp_path / "npm", "exit 1")
    assert heard in node.what_is_missing()


def test_what_npm_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(node, "INSTALLED", tmp_path / "node-peer")
    program(tmp_path / "node", "echo v20.0.0")
    program(tmp_path / "npm", "echo no network >&2; exit 1")
    assert "no network" in node.what_is_missing()
    program(tmp_path / "npm", "exit 0")
    assert node.what_is_missing() == ""
    program(tmp_path / "npm", "exit 1")
    assert node.what_is_missing() == ""  # it is there already


def test_services_that_are_given_are_used(runs: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find", lambda: "/opt/chromium")
    monkeypatch.setenv("DATABASE_URL", "postgresql://portal@192.0.2.5/portal")
    monkeypatch.setenv("CACHE_URL", "redis://192.0.2.6/1")
    run_tests.main(["--services"])
    run_tests.main([])
    assert runs[0]["DATABASE_URL"] == "postgresql://portal@192.0.2.5/portal"
    assert runs[0]["CACHE_URL"] == "redis://192.0.2.6/1"
    assert "DATABASE_URL" not in runs[1]  # without --services it is SQLite, whatever the shell says
    assert "CACHE_URL" not in runs[1]


def test_what_make_runs_is_there() -> None:
    for name in ("run", "run_tests", "environment", "pins", "check_deploy"):
        assert subprocess.run([sys.executable, "-c", f"import scripts.{name}"], check=False).returncode == 0
