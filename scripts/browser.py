"""Finds a Chromium for the journeys, and installs one where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The first is Chromium without windows: the same pages in half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
INSTALL_WITHIN = 900  # seconds


def find() -> str | None:
    """The path of a Chromium that starts: the one CHROMIUM names, the system's, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if not found or not _starts(found):
            sys.exit(f"CHROMIUM is {named!r}, which does not start. Give the path of a Chromium, or leave it out.")
        return found
    installed = [*(shutil.which(name) for name in NAMES), MAC]
    return next((path for path in installed if path and _starts(path)), None) or _playwrights_own()


def install() -> str | None:
    """Get a Chromium: from the system's packages when we may, else Playwright's. None when neither works."""
    for commands in _ways_to_install():
        print("No Chromium was found for the browser journeys. Installing one:", " && ".join(map(" ".join, commands)))
        sys.stdout.flush()
        if all(_succeeds(command) for command in commands):
            found = find()
            if found:
                return found
    return None


def _ways_to_install() -> list[list[list[str]]]:
    ways = []
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        for package in NAMES[:2]:  # older systems have no package of the first name
            get = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
            ways.append([["apt-get", "update", "-qq"], get])
    ways.append([[sys.executable, "-m", "playwright", "install", "chromium"]])
    return ways


def _succeeds(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, env=environment, timeout=INSTALL_WITHIN, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _starts(path: str) -> bool:
    """Whether it really is a browser: some systems have a command of that name which only advertises a package."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"Chrom" in answer.stdout


def _playwrights_own() -> str | None:
    """Where Playwright keeps the browser it installed itself, if it did. Asking starts a process of Playwright's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() and _starts(str(path)) else None
