"""Tells the results beside what is to be reached, as a Markdown page."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Final

from bench import databases
from bench.comparing import Comparison, Cost, Ratio
from bench.first_visit import Loaded
from bench.pages import PAGES
from bench.servers import WORKERS

KB: Final = 1024


@dataclass(frozen=True)
class Results:
    """Everything one run found."""

    limit_c: list[Cost]
    constant: Comparison
    pages: dict[str, Comparison]
    memory: float
    memory_bytes: int
    crowd: dict[str, Ratio]
    sign_in: Comparison
    tries: dict[str, float]  # seconds
    statements: dict[str, float]  # milliseconds
    first_visit: list[Loaded]
    html_bytes: dict[str, int]


def as_markdown(results: Results) -> str:
    """The whole page."""
    parts = [_head(results), _pages(results), _others(results), _first_visit(results), _statements(results)]
    return "\n\n".join(parts) + "\n"


def _head(results: Results) -> str:
    def typical(name: str) -> float:
        return median(getattr(cost, name) for cost in results.limit_c)

    return f"""# What the portal costs

The last run of `make bench`. Everything is a ratio to **limit c**: a signed-in page from a 9.7 KB template with a base,
full middleware, session and person loaded, no other query; on the same server, by turns with the page measured, in one
run. Each figure is the median of the rounds, with the least and the most in brackets. *CPU ×* is processor time of the
server's processes a request: judge by it, since rate and times suffer from whatever else the machine does.

- {datetime.now(UTC):%Y-%m-%d}, {WORKERS} cores, one worker a core, {platform.system()} {platform.machine()}
- Python {platform.python_version()}, Django {version("django")}, granian {version("granian")} (WSGI, one blocking thread), PostgreSQL {databases.version()}
- limit c itself: {typical("cpu") * 1000:.2f} ms CPU a request, {typical("rate"):.0f} requests/s, p50 {typical("p50") * 1000:.1f} ms, p99 {typical("p99") * 1000:.1f} ms
- a constant answer to somebody signed in: {results.constant.cpu} of it (0.70 where the targets were found)"""


def _pages(results: Results) -> str:
    lines = ["| page | CPU × | target | rate × | p50 × | p99 × | HTML |", "|---|---|---|---|---|---|---|"]
    for page in PAGES:
        found = results.pages[page.name]
        lines.append(
            f"| {page.name} | {found.cpu} | {_verdict(found.cpu.median <= page.target)} ≤ {page.target} | {found.rate} "
            f"| {found.p50} | {found.p99} | {results.html_bytes[page.name] / KB:.1f} KB |"
        )
    return "## Pages\n\n" + "\n".join(lines)


def _others(results: Results) -> str:
    slowest, quickest = max(results.tries.values()), min(results.tries.values())
    lines = [
        "| what | found | target |",
        "|---|---|---|",
        f"| memory of the workers beside limit c's | {results.memory:.2f} ({results.memory_bytes / KB / KB:.0f} MB) "
        f"| {_verdict(results.memory <= 1.3)} ≤ 1.3 |",
        f"| rate of signing in beside hashing alone | {results.sign_in.rate} | {_verdict(results.sign_in.rate.median >= 0.95)} ≥ 0.95 |",
        f"| CPU of signing in beside hashing alone | {results.sign_in.cpu} | |",
        f"| slowest kind of wrong try beside the quickest | {slowest / quickest:.3f} | {_verdict(slowest <= quickest * 1.1)} ≤ 1.1 |",
    ]
    for name, ratio in results.crowd.items():
        text = f"| {name}: p50 among a million events beside a thousand | {ratio} | {_verdict(ratio.median <= 1.5)} ≤ 1.5 |"
        lines.append(text)
    tries = ", ".join(f"{kind} {seconds * 1000:.1f}" for kind, seconds in results.tries.items())
    return (
        "## Signing in, memory, many rows\n\n"
        + "\n".join(lines)
        + f"\n\nA wrong try, median of 50 each, in ms: {tries}."
    )


def _first_visit(results: Results) -> str:
    lines = ["| loaded | over the wire |", "|---|---|"]
    lines += [f"| {file.kind} | {file.wire_bytes / KB:.1f} KB |" for file in results.first_visit]
    total = sum(file.wire_bytes for file in results.first_visit)
    scripts = sum(file.body_bytes for file in results.first_visit if "javascript" in file.kind)
    count, biggest = len(results.first_visit), max(results.html_bytes.values())
    return (
        "## First visit\n\n" + "\n".join(lines) + "\n\n"
        f"- {_verdict(total <= 32 * KB and count <= 4)} {total / KB:.1f} KB in {count} requests (target: 32 KB, 4 requests)\n"
        f"- {_verdict(scripts <= 10 * KB)} scripts {scripts / KB:.1f} KB (target: 10 KB)\n"
        f"- {_verdict(biggest <= 4 * KB)} the largest page's HTML {biggest / KB:.1f} KB (target: 4 KB)"
    )


def _statements(results: Results) -> str:
    lines = ["| job | slowest statement, ms |", "|---|---|"]
    lines += [f"| {name} | {_verdict(slowest <= 50)} {slowest:.1f} |" for name, slowest in results.statements.items()]
    return "## Clean-up among a million rows (target: 50 ms a statement)\n\n" + "\n".join(lines)


def _verdict(is_reached: bool) -> str:  # noqa: FBT001
    return "✓" if is_reached else "✗"
