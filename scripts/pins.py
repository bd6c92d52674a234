"""Compiles requirements/*.txt from pyproject.toml, with uv in a virtual environment that is thrown away."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
]
FILES = {"production": [], "development": ["--group", "dev"]}


def main(more: list[str]) -> None:
    """Write both files. `more` goes to uv, such as `--upgrade` or `--upgrade-package django`."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-qq", "uv"], check=True)
        for name, group in FILES.items():
            target = f"requirements/{name}.txt"
            command = [f"{folder}/bin/uv", "pip", "compile", "pyproject.toml", *group, *OPTIONS, *more]
            subprocess.run([*command, "-o", target], cwd=ROOT, env=_environment(), check=True)
            print(f"wrote {target}")


def _environment() -> dict[str, str]:
    """Ours, without a virtual environment that uv could take for its own."""
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}


if __name__ == "__main__":
    main(sys.argv[1:])
