"""Finds Node for the relying party of the tests that is written for it, and installs what that needs, once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "tests" / "peers" / "node"
INSTALLED: Final = ROOT / "var" / "node-peer"
_INSTALL_WITHIN: Final = 420  # seconds: a new machine with a slow network
_OLDEST: Final = 20  # the version of Node that has what the library needs


def what_is_missing() -> str:
    """Why the peer cannot run here, as a sentence; empty when it can."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return "Node and npm are not installed (apt-get install nodejs npm)."
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if not version.startswith("v") or int(version[1:].split(".")[0]) < _OLDEST:
        return f"Node {_OLDEST} or later is needed, and this is {version or 'broken'}."
    return _install()


def _install() -> str:
    """Install what the lock file names, unless that was done before. Several test workers may want it at once."""
    mark = INSTALLED / hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()
    if not mark.exists():
        own = INSTALLED.with_name(f"{INSTALLED.name}-{os.getpid()}")
        shutil.rmtree(own, ignore_errors=True)
        shutil.copytree(SOURCE, own, ignore=shutil.ignore_patterns("node_modules"))
        command = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"]
        try:
            result = subprocess.run(
                command, cwd=own, capture_output=True, text=True, check=False, timeout=_INSTALL_WITHIN
            )
        except subprocess.TimeoutExpired:
            return "npm took too long: is there a network?"
        if result.returncode:
            shutil.rmtree(own, ignore_errors=True)
            return f"npm could not install it: {result.stderr.strip()[-500:]}"
        (own / mark.name).touch()
        shutil.rmtree(INSTALLED, ignore_errors=True)
        try:
            own.rename(INSTALLED)
        except OSError:  # another worker was quicker
            shutil.rmtree(own, ignore_errors=True)
    return ""
