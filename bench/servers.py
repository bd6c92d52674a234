"""Starts sites on the production server and reads from the kernel what they cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.load import Connection, encode

ROOT: Final = Path(__file__).resolve().parent.parent
WORKERS: Final = os.cpu_count() or 1
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_WITHIN: Final = 60  # seconds


class Server:
    """A site on granian: one worker a core, each with one thread for Django."""

    def __init__(self, name: str, *, wsgi: str, port: int, environment: Mapping[str, str], log: Path) -> None:
        self.name, self.port = name, port
        self._log = log.open("wb")
        options = ["--interface", "wsgi", "--blocking-threads", "1", "--workers", str(WORKERS), "--no-ws"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "granian", *options, "--port", str(port), wsgi],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait_until_ready(self, path: str, headers: Mapping[str, str]) -> None:
        """Return once it answers; raises RuntimeError when it does not in a minute."""
        end = time.monotonic() + _START_WITHIN
        while time.monotonic() < end and self._process.poll() is None:
            try:
                Connection(self.port).send(encode("GET", path, headers=headers))
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"{self.name} did not start; see {self._log.name}")

    def stop(self) -> None:
        """End the server and its workers."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    @property
    def pids(self) -> list[int]:
        """The processes that answer requests, and the one that watches them."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return [self._process.pid, *map(int, children)]

    def cpu_seconds(self) -> float:
        """Processor time all its processes have used so far, in user and kernel mode."""
        total = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])  # utime and stime, fields 14 and 15 of proc(5)
        return total / _TICKS

    def memory_bytes(self) -> int:
        """Memory of the workers, each page shared by several counted in parts (PSS)."""
        total = 0
        for pid in self.pids[1:]:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total
