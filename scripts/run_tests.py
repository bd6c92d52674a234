"""`make test` and `make test-services`: finds what the tests need, runs them, and says loudly what was left out."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from scripts import browser, node, services

ROOT = Path(__file__).resolve().parent.parent
IS_CI = os.environ.get("CI", "").lower() in ("1", "true")


def main(arguments: list[str]) -> int:
    """Run pytest with `arguments`; `--services` first runs them on PostgreSQL and Redis. Returns the exit code."""
    on_services = arguments[:1] == ["--services"]
    left_out: list[str] = []
    environment = dict(os.environ)
    with contextlib.ExitStack() as stack:
        if on_services:
            arguments = arguments[1:]
            left_out += _with_services(environment, stack)
        else:
            # `make test` is about SQLite, whatever the shell was prepared for.
            environment.pop("DATABASE_URL", None)
            environment.pop("CACHE_URL", None)
        left_out += _with_browser(environment)
        left_out += _with_node()
        _say(left_out)
        if left_out and IS_CI:
            return 1
        code = subprocess.run([sys.executable, "-m", "pytest", "-n", "auto", *arguments], cwd=ROOT, env=environment,
                              check=False).returncode  # fmt: skip
    _say(left_out)
    return code


def _with_services(environment: dict[str, str], stack: contextlib.ExitStack) -> list[str]:
    """Put the addresses of both services into the environment. Returns what is missing."""
    left_out = []
    database, cache = stack.enter_context(services.postgresql()), stack.enter_context(services.redis())
    if database:
        environment["DATABASE_URL"] = database
    else:
        left_out.append(
            "PostgreSQL: SQLite is used instead. Install it (apt-get install postgresql) or set DATABASE_URL."
        )
    if cache:
        environment["CACHE_URL"] = cache
    else:
        left_out.append("Redis: nothing is used instead. Install it (apt-get install redis-server) or set CACHE_URL.")
    return left_out


def _with_browser(environment: dict[str, str]) -> list[str]:
    """Put the path of a Chromium into the environment as CHROMIUM. Returns what is missing."""
    path = browser.find() or browser.install()
    if not path:
        return ["Browser journeys (tests/journeys): install Chromium or Google Chrome, or set CHROMIUM to its path."]
    environment["CHROMIUM"] = path
    return []


def _with_node() -> list[str]:
    """Install the relying party in Node. Returns what is missing."""
    missing = node.what_is_missing()
    return [f"The relying party in Node (tests/consent/openid/test_node_peer.py): {missing}"] if missing else []


def _say(left_out: list[str]) -> None:
    if left_out:
        lines = "\n".join(f"  * {line}" for line in left_out)
        print(f"\n{'!' * 78}\nNOT EVERYTHING IS TESTED:\n{lines}\n{'!' * 78}\n", flush=True)


if __name__ == "__main__":
    # SIGTERM ends it like Ctrl-C does: through the clean-up, which stops the services.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
