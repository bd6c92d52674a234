"""PostgreSQL and Redis for the tests: given, started from local programs for the time of a run, or already running."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import TypedDict

START_WITHIN = 30.0  # seconds
STOP_WITHIN = 20.0  # seconds

# Nothing of a test run has to survive a power cut.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class Identity(TypedDict, total=False):
    """Who runs a server, where it may not be root."""

    user: int
    group: int
    extra_groups: list[int]


@contextlib.contextmanager
def postgresql() -> Iterator[str | None]:
    """A DATABASE_URL: the one given, of a server started here, of the one running on this machine, or none."""
    given = os.environ.get("DATABASE_URL", "")
    programs = _postgresql_programs()
    if given.startswith(("postgres://", "postgresql://")):
        yield given
    elif programs:
        with _started_postgresql(programs) as url:
            yield url
    elif _answers(5432):
        yield "postgresql://postgres@127.0.0.1:5432/postgres"
    else:
        yield None


@contextlib.contextmanager
def redis() -> Iterator[str | None]:
    """A CACHE_URL, in the same order."""
    given = os.environ.get("CACHE_URL", "")
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if given:
        yield given
    elif program:
        with _started_redis(program) as url:
            yield url
    elif _answers(6379):
        yield "redis://127.0.0.1:6379/15"
    else:
        yield None


def _postgresql_programs() -> Path | None:
    """The folder of the newest initdb and postgres. Debian keeps them out of the way."""
    folders = [Path(path) for path in glob("/usr/lib/postgresql/*/bin")]  # noqa: PTH207 (an absolute pattern)
    folders.sort(key=lambda folder: int(folder.parent.name) if folder.parent.name.isdecimal() else 0, reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextlib.contextmanager
def _started_postgresql(programs: Path) -> Iterator[str]:
    with _folder() as (folder, identity):
        data, port = folder / "data", _free_port()
        subprocess.run(
            [str(programs / "initdb"), f"--pgdata={data}", "--username=postgres", "--auth=trust", "--encoding=UTF8",
             "--locale=C", "--no-sync"],
            cwd=folder, stdout=subprocess.DEVNULL, check=True, **identity,
        )  # fmt: skip
        options = [part for setting in QUICK for part in ("-c", setting)]
        command = [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, *options]
        with _running("PostgreSQL", [str(part) for part in command], folder, port, identity):
            _wait_until_ready(programs, port)
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


def _wait_until_ready(programs: Path, port: int) -> None:
    """The port opens before the server takes connections."""
    command = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
    deadline = time.monotonic() + START_WITHIN
    while subprocess.run(command, check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL was not ready within {START_WITHIN:.0f} seconds")
        time.sleep(0.1)


@contextlib.contextmanager
def _started_redis(program: str) -> Iterator[str]:
    with _folder() as (folder, identity):
        port = _free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with _running("Redis", [*command, "--dir", str(folder)], folder, port, identity):
            yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def _folder() -> Iterator[tuple[Path, Identity]]:
    """A temporary folder and who owns it: PostgreSQL refuses to run as root, so then somebody else does."""
    with tempfile.TemporaryDirectory(prefix="myaccount-services-", ignore_cleanup_errors=True) as name:
        folder, identity = Path(name), Identity()
        if os.geteuid() == 0:
            user = _unprivileged_user()
            os.chown(folder, user.pw_uid, user.pw_gid)
            identity = Identity(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        yield folder, identity


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL cannot run as root, and there is no other user (postgres, nobody) to run it as")


@contextlib.contextmanager
def _running(name: str, command: list[str], folder: Path, port: int, identity: Identity) -> Iterator[None]:
    """The server, from when its port answers until the block ends."""
    log = folder / "server.log"
    with log.open("wb") as output:
        # A session of its own: Ctrl-C must end the tests before their database.
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **identity
        )
    try:
        deadline = time.monotonic() + START_WITHIN
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        print(f"{name} was started for this run on port {port}.", flush=True)
        yield
    finally:
        process.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown, which does not wait for its clients
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
