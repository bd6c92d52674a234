"""`make run`: brings the demo up to date, then runs portal, worker and the example application until stopped."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_WITHIN = 60.0  # seconds
STOP_WITHIN = 10.0  # seconds

READY = """
  My Account runs at  {address}/myaccount/

  Pickup, an application that people sign in to with it, runs at  {pickup}/

  Sign in as alice, bob, carol or admin; each one's password is <name>-demo-passphrase.
  Mail and text messages are shown at {address}/outbox/.
  Settings are at {address}/admin/, for admin, who adds a second factor there first.
  Press Ctrl-C to stop.
"""


class Stopped(Exception):  # noqa: N818
    """Somebody pressed Ctrl-C or sent SIGTERM."""


def main() -> int:
    """Run until stopped. The exit code is 0 then, and 1 when a process ended by itself."""
    port = _port()
    pickup_port = _free_port_after(port)
    address, pickup = f"http://localhost:{port}", f"http://localhost:{pickup_port}"
    os.environ["PICKUP_ADDRESS"] = pickup
    os.environ["PICKUP_SECRET"] = _pickup_secret()
    os.environ["DJANGO_SETTINGS_MODULE"] = "myaccount.settings.dev"
    os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        _prepare()
        processes["portal"] = _start("manage.py", "runserver", f"{HOST}:{port}")
        processes["worker"] = _start("manage.py", "worker")
        os.environ.update(PORTAL=os.environ.get("PUBLIC_URL") or address, PICKUP_PORT=str(pickup_port))
        processes["example"] = _start("-m", "examples.pickup")
        _wait_until_ready(port, processes)
        print(READY.format(address=address, pickup=pickup), flush=True)
        while True:
            _fail_if_ended(processes)
            time.sleep(0.3)
    except Stopped:
        print("\nStopping.", flush=True)
        return 0
    finally:
        _end(list(processes.values()))


def _stop(signal_number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (Python's signature)
    """Say so once; what comes after must not interrupt the tidying up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise Stopped


def _port() -> int:
    """PORT, if it is one and free."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"PORT is {text!r}, which is no port: give a number, like PORT=8001.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            sys.exit(f"Port {text} cannot be used ({error.strerror}). Choose another: PORT={int(text) + 1} make run")
    return int(text)


def _free_port_after(port: int) -> int:
    """The next port nobody uses: the portal's own plus one, as a rule."""
    for candidate in range(port + 1, port + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, candidate))
            except (OSError, OverflowError):
                continue
            return candidate
    sys.exit(f"None of the hundred ports after {port} can be used, and the example application needs one.")


def _pickup_secret() -> str:
    """The example's client secret, made at the first run and kept for the next ones."""
    file = ROOT / "var" / "pickup-secret"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def _prepare() -> None:
    """Catalogues, database and demo people, in one process of Django's."""
    import django  # (the settings must be named first)
    from django.core.management import call_command

    import myaccount  # noqa: F401  (makes the profile package importable)

    django.setup()
    call_command("translate", compile=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo")


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    """A program of Python's, in our own process group, so that Ctrl-C and debuggers work in it."""
    return subprocess.Popen([sys.executable, *arguments], cwd=ROOT)


def _wait_until_ready(port: int, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        _fail_if_ended(processes)
        try:
            with urlopen(f"http://{HOST}:{port}/ready", timeout=5):
                return
        except HTTPError as error:
            sys.exit(f"The portal answers {error.code}: {error.read().decode(errors='replace').strip()}")
        except (URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"The portal did not answer within {START_WITHIN:.0f} seconds.")


def _fail_if_ended(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in processes.items():
        code = process.poll()
        if code is not None:
            # Ctrl-C reaches them as well, perhaps a moment before us.
            time.sleep(0.5)
            sys.exit(f"The {name} ended by itself (exit code {code}); the lines above say why.")


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """End what still runs, gently first. After Ctrl-C they are already at it."""
    deadline = time.monotonic() + STOP_WITHIN
    for process in processes:
        if not _ends_within(process, 1):
            process.terminate()
    for process in processes:
        if not _ends_within(process, max(0.1, deadline - time.monotonic())):
            process.kill()


def _ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
