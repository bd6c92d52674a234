"""Exports a short and a long history: when the first byte comes, how long it takes, what memory it wants.

`python -m bench.export [rounds]` measures just this, and prints its part of the results.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from bench import databases
from bench.comparing import UnexpectedAnswer
from bench.load import TIMEOUT
from bench.seed_export import HISTORIES
from bench.servers import Server
from bench.sites import PORTAL, Site

FORMS: Final = ("json", "zip")
ROUNDS: Final = 3  # people may export ten times in an hour
FIRST_BYTE: Final = 0.2  # seconds, at most
MORE_MEMORY: Final = 16 * 1024 * 1024  # bytes, at most, for a thousand times as many events


@dataclass
class Exported:
    """One form of one history, over several rounds."""

    first_byte: list[float] = field(default_factory=list)  # seconds
    seconds: list[float] = field(default_factory=list)
    size: int = 0  # bytes
    memory: int = 0  # bytes the worker grew by at its peak, at most


Exports = dict[str, dict[str, Exported]]


def measure(site: Site, server: Server, *, rounds: int = ROUNDS) -> Exports:
    """Both forms of both histories in turn, without compression on the way, so that the first byte is the file's."""
    found: Exports = {form: {name: Exported() for name in HISTORIES} for form in FORMS}
    cookies = site.run("-m", "bench.seed_export")
    for _ in server.pids[1:]:  # what a worker loads once is not what an export costs
        _export(Exported(), server, _request(site, FORMS[0], cookies["short"]))
    for _ in range(rounds):
        for form in FORMS:
            cookies = site.run("-m", "bench.seed_export")  # signed in anew: an export wants fresh proof
            for name in HISTORIES:
                _export(found[form][name], server, _request(site, form, cookies[name]))
    return found


def _request(site: Site, form: str, cookies: Mapping[str, str]) -> bytes:
    path = f"/myaccount/personal-info/export/{form}/"
    return site.post(path, {}, cookies=cookies, address="192.0.2.10").replace(b"gzip, deflate, br", b"identity")


def _export(into: Exported, server: Server, request: bytes) -> None:
    before = {pid: _memory(pid, "VmRSS") for pid in server.pids[1:]}
    for pid in before:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # begins the peak anew
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as connection:
        begun = time.perf_counter()
        connection.sendall(request)
        head = b""
        while b"\r\n\r\n" not in head or head.endswith(b"\r\n\r\n"):
            head += _received(connection)
            if not head.startswith(b"HTTP/1.1 200"):
                raise UnexpectedAnswer(head[:300].decode(errors="replace"))
        into.first_byte.append(time.perf_counter() - begun)
        into.size, end = len(head), head[-8:]
        while not end.endswith(b"\r\n0\r\n\r\n"):  # the last of the chunks
            chunk = _received(connection)
            into.size, end = into.size + len(chunk), (end + chunk)[-8:]
        into.seconds.append(time.perf_counter() - begun)
    grown = max(_memory(pid, "VmHWM") - before[pid] for pid in before)
    into.memory = max(into.memory, grown)


def _received(connection: socket.socket) -> bytes:
    chunk = connection.recv(1 << 20)
    if not chunk:
        raise ConnectionError("the export broke off")
    return chunk


def _memory(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"{name} is not told of {pid}")


def as_markdown(found: Exports) -> str:
    """The part of the results."""
    lines = [
        "| export | events | first byte, ms | target | whole, s | size, MB | the worker grew at its peak by, MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for form, by_history in found.items():
        for name, one in by_history.items():
            first = max(one.first_byte)
            verdict = "✓" if first <= FIRST_BYTE else "✗"
            usual = median(one.first_byte)
            cells = [
                form.upper(), f"{HISTORIES[name]:,}", f"{usual * 1000:.0f} (at most {first * 1000:.0f})",
                f"{verdict} at most {FIRST_BYTE * 1000:.0f}", f"{median(one.seconds):.2f}", f"{one.size / 1e6:.2f}",
                f"{one.memory / 1e6:.1f}",
            ]  # fmt: skip
            lines.append("| " + " | ".join(cells) + " |")
    more = max(by["long"].memory - by["short"].memory for by in found.values())
    verdict = "✓" if more <= MORE_MEMORY else "✗"
    note = f"{verdict} a thousand times as many events want {more / 1e6:.1f} MB more (target: constant, at most 16)."
    return "## Export\n\n" + "\n".join(lines) + f"\n\n- {note}"


def main() -> None:
    """A portal of its own, just for this."""
    try:
        databases.create("portal")
        PORTAL.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        PORTAL.run("manage.py", "migrate", "--verbosity", "0")
        with tempfile.TemporaryDirectory(prefix="bench-") as logs:
            server = PORTAL.start(Path(logs))
            try:
                server.wait_until_ready(PORTAL.ready_path, PORTAL.headers)
                print(as_markdown(measure(PORTAL, server, rounds=int(sys.argv[1]) if sys.argv[1:] else ROUNDS)))
            finally:
                server.stop()
    finally:
        databases.drop("portal")


if __name__ == "__main__":
    main()
