"""Tells the results beside what is to be reached, as a Markdown page."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Final

from bench import databases, export
from bench.comparing import Comparison, Cost, Ratio
from bench.first_visit import Loaded
from bench.openid import OpenID
from bench.pages import PAGES
from bench.passkeys import Passkeys
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
    tasks: dict[str, Ratio]
    sign_in: Comparison
    tries: dict[str, float]  # seconds
    recoveries: dict[str, float]  # seconds
    passkeys: Passkeys
    openid: OpenID
    exports: export.Exports
    statements: dict[str, float]  # milliseconds
    first_visit: list[Loaded]
    html_bytes: dict[str, int]


def as_markdown(results: Results) -> str:
    """The whole page."""
    parts = [_head(results), _pages(results), _others(results), _passkeys(results), _openid(results)]
    parts += [export.as_markdown(results.exports), _first_visit(results), _statements(results)]
    return "\n\n".join(parts) + "\n"


def _head(results: Results) -> str:
    cpu, rate, p50, p99 = (
        median(getattr(cost, name) for cost in results.limit_c) for name in ("cpu", "rate", "p50", "p99")
    )
    software = f"Python {platform.python_version()}, Django {version('django')}, granian {version('granian')}"
    return f"""# What the portal costs

The last run of `make bench`. Pages are told as multiples of **limit c**: a signed-in page from a 9.7 KB template with a
base, full middleware, session and person loaded, no other query, on the same server and by turns with the page it is
compared with. Each figure is the median of the rounds, with the least and the most in brackets. *CPU* is the processor
time of the server's processes a request: judge by it, for rate and times suffer from whatever else the machine does.

- {datetime.now(UTC):%Y-%m-%d}, {WORKERS} cores, one worker a core, {platform.system()} {platform.machine()}
- {software} (WSGI, one blocking thread), PostgreSQL {databases.version()}
- limit c itself: {cpu * 1000:.2f} ms CPU, {rate:.0f} requests/s, p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms
- a constant answer to somebody signed in: {results.constant.cpu} of its CPU (0.70 where the targets were found)"""


def _pages(results: Results) -> str:
    lines = ["| page | CPU | target | rate | p50 | p99 | HTML, compressed |", "|---|---|---|---|---|---|---|"]
    for page in PAGES:
        found = results.pages[page.name]
        cells = [
            page.name,
            found.cpu,
            _at_most(found.cpu.median, page.target),
            found.rate,
            found.p50,
            found.p99,
            f"{results.html_bytes[page.name] / KB:.1f} KB",
        ]
        lines.append(_row(*cells))
    return "## Pages, as multiples of limit c\n\n" + "\n".join(lines)


def _others(results: Results) -> str:
    slowest, quickest = max(results.tries.values()), min(results.tries.values())
    rate = results.sign_in.rate
    megabytes = f"{results.memory_bytes / KB / KB:.0f} MB"
    lines = [
        "| what | found | target |",
        "|---|---|---|",
        _row(
            "memory of the workers beside limit c's",
            f"{results.memory:.2f} ({megabytes})",
            _at_most(results.memory, 1.3),
        ),
        _row("rate of signing in beside hashing alone", rate, f"{_verdict(rate.median >= 0.95)} at least 0.95"),
        _row("CPU of signing in beside hashing alone", results.sign_in.cpu, ""),
        _row(
            "slowest kind of wrong try beside the quickest",
            f"{slowest / quickest:.3f}",
            _at_most(slowest / quickest, 1.1),
        ),
    ]
    slowest, quickest = max(results.recoveries.values()), min(results.recoveries.values())
    lines.append(
        _row(
            "slowest kind of beginning a recovery beside the quickest",
            f"{slowest / quickest:.3f}",
            _at_most(slowest / quickest, 1.1),
        )
    )
    for name, ratio in results.crowd.items():
        what = f"{name}: p50 among a million events of others, beside a thousand"
        lines.append(_row(what, ratio, _at_most(ratio.median, 1.5)))
    for name, ratio in results.tasks.items():
        what = f"{name}: p50 among a hundred thousand tasks, beside a hundred"
        lines.append(_row(what, ratio, _at_most(ratio.median, 1.5)))
    tries, recoveries = _in_milliseconds(results.tries), _in_milliseconds(results.recoveries)
    medians = f"Median of a wrong try in ms: {tries}. Median of beginning to recover an account: {recoveries}."
    return "## Signing in, memory, many rows\n\n" + "\n".join(lines) + f"\n\n{medians}"


def _in_milliseconds(times: dict[str, float]) -> str:
    return ", ".join(f"{kind} {seconds * 1000:.1f}" for kind, seconds in times.items())


def _passkeys(results: Results) -> str:
    found = results.passkeys
    lines = [
        "| what | requests/s | rate | CPU | p50 |",
        "|---|---|---|---|---|",
        _row("a view that checks a signature and does nothing else", f"{found.bare_rate:.0f}", 1, 1, 1),
    ]
    acts = [
        ("asking for a passkey", found.asking),
        ("signing in with one", found.signing_in),
        ("registering one", found.registering),
    ]
    for name, act in acts:
        beside = act.beside_bare
        lines.append(_row(name, f"{act.rate:.0f}", beside.rate, beside.cpu, beside.p50))
    return "## Passkeys, as multiples of checking one signature\n\n" + "\n".join(lines)


def _openid(results: Results) -> str:
    lines = [
        "| what | CPU | target | rate | p50 | p50 among a million decisions of others, beside few |",
        "|---|---|---|---|---|---|",
    ]
    for act, beside in results.openid.beside_stock.items():
        target = f"{_verdict(beside.cpu.median <= 1)} no slower"
        lines.append(_row(act, beside.cpu, target, beside.rate, beside.p50, results.openid.crowd[act]))
    head = "## Applications, as multiples of the same act of django-oauth-toolkit as it comes"
    return f"{head}\n\n" + "\n".join(lines)


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _at_most(value: float, target: float) -> str:
    return f"{_verdict(value <= target)} at most {target}"


def _first_visit(results: Results) -> str:
    lines = ["| loaded | over the wire |", "|---|---|"]
    lines += [f"| {file.kind} | {file.wire_bytes / KB:.1f} KB |" for file in results.first_visit]
    total = sum(file.wire_bytes for file in results.first_visit)
    scripts = sum(file.body_bytes for file in results.first_visit if "javascript" in file.kind)
    count, biggest = len(results.first_visit), max(results.html_bytes.values())
    return (
        "## First visit\n\n" + "\n".join(lines) + "\n\n"
        f"- {_verdict(total <= 32 * KB and count <= 4)} {total / KB:.1f} KB in {count} requests (target: 32 KB in 4)\n"
        f"- {_verdict(scripts <= 10 * KB)} scripts {scripts / KB:.1f} KB (target: 10 KB)\n"
        f"- {_verdict(biggest <= 4 * KB)} the largest page's HTML {biggest / KB:.1f} KB (target: 4 KB)"
    )


def _statements(results: Results) -> str:
    lines = ["| job | slowest statement, ms |", "|---|---|"]
    lines += [f"| {name} | {_verdict(slowest <= 50)} {slowest:.1f} |" for name, slowest in results.statements.items()]
    return "## Clean-up among a million rows (target: 50 ms a statement)\n\n" + "\n".join(lines)


def _verdict(is_reached: bool) -> str:  # noqa: FBT001
    return "✓" if is_reached else "✗"
