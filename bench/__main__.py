"""`python -m bench`: seeds, measures, prints the results and writes them to bench/results.md. Needs PostgreSQL."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import approvals, crowd, databases, export, first_visit, openid, passkeys, sign_in
from bench.comparing import CONNECTIONS, pages_in_turn
from bench.pages import LISTS, PAGES
from bench.report import Results, as_markdown
from bench.seed import PASSWORD
from bench.servers import ROOT, Server
from bench.sites import CROWDED, HASHING, LIMIT_C, PORTAL, STOCK, Site

RESULTS = ROOT / "bench" / "results.md"


def main() -> None:
    """Everything, in about five minutes on two quiet cores."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each pair is measured")
    parser.add_argument("--seconds", type=float, default=1.2, help="how long each measurement takes")
    parser.add_argument("--keep-results", action="store_true", help="print only, leave results.md as it is")
    options = parser.parse_args()
    begun = time.monotonic()
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        stack.enter_context(_databases())
        people = _seed()
        sites = (LIMIT_C, PORTAL, CROWDED, HASHING, STOCK)
        servers = {site.name: stack.enter_context(_running(site, logs)) for site in sites}
        text = as_markdown(_measure(servers, people, rounds=options.rounds, seconds=options.seconds))
    print(text)
    print(f"{time.monotonic() - begun:.0f} seconds")
    if not options.keep_results:
        RESULTS.write_text(text, encoding="utf-8")


@contextmanager
def _databases() -> Iterator[None]:
    names = ("limit_c", "stock", "portal", "crowded")
    try:
        for name in names[:3]:
            databases.create(name)
        yield
    finally:
        for name in names:
            databases.drop(name)


@contextmanager
def _running(site: Site, logs: Path) -> Iterator[Server]:
    server = site.start(logs)
    try:
        server.wait_until_ready(site.ready_path, site.headers)
        yield server
    finally:
        server.stop()


def _seed() -> dict[str, dict[str, dict[str, str]]]:
    """Both sites' person; the crowded portal is a copy of the portal with a million rows more."""
    _say("filling the databases")
    PORTAL.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    people = PORTAL.run("-m", "bench.seed", "portal")
    PORTAL.cookies = CROWDED.cookies = people["cookies"]
    LIMIT_C.cookies = LIMIT_C.run("-m", "bench.seed", "limit_c")["cookies"]
    STOCK.cookies = STOCK.run("-m", "bench.seed_openid")["cookies"]
    databases.create("crowded", like="portal")
    crowd.fill("portal", is_large=False)
    crowd.fill("crowded", is_large=True)
    approvals.fill("portal", is_large=False)
    approvals.fill("crowded", is_large=True)
    return people


def _measure(servers: dict[str, Server], people: dict[str, dict], *, rounds: int, seconds: float) -> Results:
    limit_c, portal, crowded, hashing = (servers[site.name] for site in (LIMIT_C, PORTAL, CROWDED, HASHING))
    base = (limit_c, LIMIT_C.get("/page/"))
    _say("measuring the pages")
    requests = [(portal, PORTAL.get(page.path, signed_in=page.signed_in)) for page in PAGES]
    constant = (limit_c, LIMIT_C.get("/constant/"))
    compared, bases = pages_in_turn(
        base, [constant, *requests], rounds=rounds, seconds=seconds, connections=CONNECTIONS
    )
    memory = portal.memory_bytes() / limit_c.memory_bytes()
    _say("measuring the lists among a million rows of other people")
    crowd_ratios = {}
    for page in LISTS:
        small, large = (portal, PORTAL.get(page.path)), (crowded, CROWDED.get(page.path))
        (comparison,), _ = pages_in_turn(small, [large], rounds=rounds, seconds=seconds, connections=1)
        crowd_ratios[page.name] = comparison.p50
    _say("measuring an approver's lists among a hundred thousand tasks")
    tasks = approvals.measure(portal, crowded, people["approver"], rounds=rounds, seconds=seconds)
    _say("signing in")
    beside_hashing = sign_in.beside_hashing(
        portal, hashing, people["browsers"], password=PASSWORD, rounds=rounds, seconds=seconds
    )
    tries = sign_in.seconds_by_kind(people["groups"], tries=200)
    recoveries = sign_in.recovery_seconds_by_kind(people["groups"], tries=200)
    _say("registering passkeys and signing in with them")
    with_passkeys = passkeys.measure(
        portal, hashing, people["passkeys"], password=PASSWORD, rounds=rounds, seconds=seconds
    )
    _say("signing in to applications")
    ours = openid.Provider(PORTAL, portal, "/oauth2")
    crowd_of_consents = openid.Provider(CROWDED, crowded, "/oauth2")
    stock = openid.Provider(STOCK, servers[STOCK.name], "/o")
    with_openid = openid.measure(ours, crowd_of_consents, stock, rounds=rounds, seconds=seconds)
    _say("exporting histories")
    exports = export.measure(PORTAL, portal)
    _say("cleaning up")
    statements = CROWDED.run("-m", "bench.cleaning")
    return Results(
        limit_c=bases,
        constant=compared[0],
        pages=dict(zip((page.name for page in PAGES), compared[1:], strict=True)),
        memory=memory,
        memory_bytes=portal.memory_bytes(),
        crowd=crowd_ratios,
        tasks=tasks,
        sign_in=beside_hashing,
        tries=tries,
        recoveries=recoveries,
        passkeys=with_passkeys,
        openid=with_openid,
        exports=exports,
        statements=statements,
        first_visit=first_visit.first_visit(),
        html_bytes=first_visit.html_bytes(),
    )


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    main()
