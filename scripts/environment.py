"""Makes the virtual environment and installs the pinned packages, unless nothing has changed since.

Runs on the machine's own Python, which may be too old for the rest of the project: that is the
first thing to say, so nothing newer than Python 3.7 may stand here.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
PINS = ROOT / "requirements" / "development.txt"
STAMP = VENV / "installed-pins"
OLDEST_PYTHON = (3, 11)


def main() -> None:
    """Leave a virtual environment behind that has exactly the pinned versions of all packages."""
    if sys.version_info < OLDEST_PYTHON:
        found = "{}.{}".format(*sys.version_info[:2])
        sys.exit(f"Python 3.11 or newer is needed, and {sys.executable} is {found}. Try: make run PYTHON=python3.13")
    pins = hashlib.sha256(PINS.read_bytes()).hexdigest()
    if _works() and STAMP.exists() and STAMP.read_text() == pins:
        return
    if not _works():
        _make()
    print("Installing the pinned packages into .venv: this takes a minute, once.", flush=True)
    _run(
        [*f"{VENV_PYTHON} -m pip install -qq --disable-pip-version-check --require-hashes -r".split(), str(PINS)],
        "The packages could not be installed; the lines above say why.",
    )
    STAMP.write_text(pins)


def _works() -> bool:
    """Whether there is an environment whose Python still runs and is not older than it may be."""
    if not VENV_PYTHON.exists():
        return False
    test = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([str(VENV_PYTHON), "-c", test], stderr=subprocess.DEVNULL, check=False).returncode == 0


def _make() -> None:
    print("Making the virtual environment in .venv.", flush=True)
    if VENV.exists():
        shutil.rmtree(VENV)
    _run(
        [sys.executable, "-m", "venv", str(VENV)],
        "Python's venv module does not work here. On Debian and Ubuntu: apt-get install python3-venv",
    )


def _run(command: list[str], remedy: str) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(remedy)


if __name__ == "__main__":
    main()
