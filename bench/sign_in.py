"""Signing in: how close it comes to hashing alone, and whether its time tells who exists (security 2)."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from statistics import median

from bench.comparing import Comparison, UnexpectedAnswer, cost
from bench.load import Connection
from bench.servers import Server
from bench.sites import HASHING, PORTAL

PATH = "/myaccount/sign-in/"


def _addresses() -> Iterator[str]:
    """Client addresses nobody has used yet: 10.0.0.1, 10.0.0.2, …"""
    for number in itertools.count(1):
        yield f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


_ADDRESSES = _addresses()


def _attempt(username: str, password: str, cookies: Mapping[str, str]) -> bytes:
    form = {"identifier": username, "password": password}
    return PORTAL.post(PATH, form, cookies=cookies, address=next(_ADDRESSES))


def beside_hashing(
    portal: Server,
    hashing: Server,
    people: Mapping[str, Mapping[str, str]],
    *,
    password: str,
    rounds: int,
    seconds: float,
) -> Comparison:
    """People signing in by turns with browsers they have used before, beside a view that only hashes."""
    result, turns = Comparison(), itertools.cycle(people.items())
    hash_only = HASHING.get("/hash/?password=guess", signed_in=False)

    def sign_in() -> bytes:
        username, cookies = next(turns)
        return _attempt(username, password, cookies)

    for _ in range(rounds):
        beside = cost(hashing, lambda: hash_only, seconds=seconds)
        result.add(cost(portal, sign_in, seconds=seconds, status=302), beside)
    return result


def seconds_by_kind(groups: Mapping[str, list[str]], *, tries: int) -> dict[str, float]:
    """The median time of a wrong try for each kind of account, one try at a time in a shuffled order."""
    return _medians(groups, tries, lambda name: _attempt(name, "not the password", {}), status=422)


def recovery_seconds_by_kind(groups: Mapping[str, list[str]], *, tries: int) -> dict[str, float]:
    """The same for beginning to recover an account (security 36)."""
    return _medians(groups, tries, _begin_recovery, status=302)


def _begin_recovery(username: str) -> bytes:
    return PORTAL.post("/myaccount/forgot-password/", {"identifier": username}, cookies={}, address=next(_ADDRESSES))


def _medians(
    groups: Mapping[str, list[str]], tries: int, request: Callable[[str], bytes], *, status: int
) -> dict[str, float]:
    order = [
        (kind, names[number % len(names)]) for kind, names in groups.items() for number in range(tries // len(groups))
    ]
    random.Random(7).shuffle(order)  # the same order every time
    connection, times = Connection(PORTAL.port), {kind: [] for kind in groups}
    for kind, username in order:
        reply = connection.send(request(username))
        if reply.status != status:
            raise UnexpectedAnswer(f"a try ({kind}) was answered {reply.status}")
        times[kind].append(reply.seconds)
    connection.close()
    return {kind: median(values) for kind, values in times.items()}
