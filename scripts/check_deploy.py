"""Checks production's settings as `manage.py check --deploy` does, and that no migration is missing."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from myaccount.settings.environment import new_signing_key

ROOT = Path(__file__).resolve().parent.parent

# What production must be told; nothing here is contacted.
EXAMPLE = {
    "DJANGO_SETTINGS_MODULE": "myaccount.settings.prod",
    "PUBLIC_URL": "https://account.example.org",
    "DATABASE_URL": "postgresql://portal@127.0.0.1/portal",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.example.org:587",
}


def main() -> int:
    """The exit code: 0 when both checks pass. Warnings count as errors."""
    development = {**os.environ, "DJANGO_SETTINGS_MODULE": "myaccount.settings.dev"}
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as key_file:
        key_file.write(new_signing_key())
        key_file.flush()
        secret = {"SECRET_KEY": secrets.token_urlsafe(60), "OIDC_KEY_FILE": key_file.name}
        production = {**os.environ, **EXAMPLE, **secret}
        return _manage(production, "check", "--deploy", "--fail-level", "WARNING") or _manage(
            development, "makemigrations", "--check", "--dry-run"
        )


def _manage(environment: dict[str, str], *command: str) -> int:
    return subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
