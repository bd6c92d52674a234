"""Measures two things by turns, so that whatever else the machine does falls on both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Final

from bench.load import Connection, Reply, Run, drive
from bench.servers import Server

CONNECTIONS: Final = 4


class UnexpectedAnswer(Exception):  # noqa: N818
    """A measured request was answered with another status than it should be."""


@dataclass(frozen=True)
class Cost:
    """What a stretch of load cost the server, and how it felt."""

    cpu: float  # seconds a request, of the server's processes
    rate: float  # requests a second
    p50: float  # seconds
    p99: float  # seconds


@dataclass
class Ratio:
    """The same ratio measured several times."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.values)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.values):.2f} to {max(self.values):.2f})"


@dataclass
class Comparison:
    """How one thing did beside another, over several rounds."""

    cpu: Ratio = field(default_factory=Ratio)
    rate: Ratio = field(default_factory=Ratio)
    p50: Ratio = field(default_factory=Ratio)
    p99: Ratio = field(default_factory=Ratio)

    def add(self, measured: Cost, base: Cost) -> None:
        """Take in one round."""
        self.cpu.values.append(measured.cpu / base.cpu)
        self.rate.values.append(measured.rate / base.rate)
        self.p50.values.append(measured.p50 / base.p50)
        self.p99.values.append(measured.p99 / base.p99)


def cost(
    server: Server,
    next_request: Callable[[], bytes],
    *,
    seconds: float,
    connections: int = CONNECTIONS,
    status: int = 200,
) -> Cost:
    """Load the server for some seconds. Raises UnexpectedAnswer."""
    before = server.cpu_seconds()
    run: Run = drive(server.port, next_request, seconds=seconds, connections=connections)
    used = server.cpu_seconds() - before
    if run.statuses != {status}:
        raise UnexpectedAnswer(f"{server.name} answered {sorted(run.statuses)} where {status} was expected")
    return Cost(used / len(run.times), run.rate, run.percentile(0.5), run.percentile(0.99))


def cost_of_each(server: Server, requests: list[bytes], *, status: int = 302) -> Cost:
    """Like `cost`, for requests that can be sent once. Raises UnexpectedAnswer."""
    shares = [requests[number::CONNECTIONS] for number in range(CONNECTIONS)]

    def work(share: list[bytes]) -> list[Reply]:
        connection = Connection(server.port)
        replies = [connection.send(request) for request in share]
        connection.close()
        return replies

    before, begun = server.cpu_seconds(), perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        replies = [reply for share in pool.map(work, shares) for reply in share]
    took, used = perf_counter() - begun, server.cpu_seconds() - before
    statuses = {reply.status for reply in replies}
    if statuses != {status}:
        raise UnexpectedAnswer(f"{server.name} answered {sorted(statuses)} where {status} was expected")
    times = sorted(reply.seconds for reply in replies)
    return Cost(used / len(times), len(times) / took, times[len(times) // 2], times[int(0.99 * len(times))])


def pages_in_turn(
    base: tuple[Server, bytes], others: Sequence[tuple[Server, bytes]], *, rounds: int, seconds: float, connections: int
) -> tuple[list[Comparison], list[Cost]]:
    """Each of the others beside the base, in pairs, round by round. Returns their comparisons and the base's costs."""
    comparisons, bases = [Comparison() for _ in others], []
    for server, request in [base, *others]:
        drive(server.port, lambda request=request: request, seconds=0.3, connections=CONNECTIONS)
    for _ in range(rounds):
        for comparison, (server, request) in zip(comparisons, others, strict=True):
            beside = cost(base[0], lambda: base[1], seconds=seconds, connections=connections)
            measured = cost(server, lambda request=request: request, seconds=seconds, connections=connections)
            comparison.add(measured, beside)
            bases.append(beside)
    return comparisons, bases
