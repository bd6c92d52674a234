"""What pages may cost: queries however much a person has, and bytes on the first visit. The rest is in bench/."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, record
from myaccount.claims.models import Claim
from myaccount.users.models import User
from sessions_app.services import start

KB = 1024
PAGES = [
    "/myaccount/",
    "/myaccount/personal-info/",
    "/myaccount/personal-info/?edit=given_name",
    "/myaccount/personal-info/picture/",
    "/myaccount/security/",
    "/myaccount/security/?edit=password",
    "/myaccount/security/history/",
    "/myaccount/applications/",
    "/myaccount/approvals/",
    "/myaccount/approvals/requests/",
    "/myaccount/confirm/",
]
# The two pages that many areas put together; every other page takes six at most.
MOST = {"/myaccount/security/": 10, "/myaccount/personal-info/": 9}


def test_fifty_sessions_events_and_attributes_cost_no_more_queries_than_one(alices: Client, alice: User) -> None:
    before = {path: queries_of(alices, path) for path in PAGES}
    for _ in range(50):
        start(user=alice, origin=SYSTEM, methods=["pwd"], now=timezone.now())
        record(EventKind.PICTURE_CHANGED, user=alice, origin=SYSTEM, now=timezone.now())
    Claim.objects.bulk_create(Claim(name=f"custom_{number}", label=f"Custom {number}") for number in range(50))
    assert {path: queries_of(alices, path) for path in PAGES} == before
    assert all(count <= MOST.get(path.split("?")[0], 6) for path, count in before.items()), before


def test_the_first_visit_is_small(client: Client, db: None) -> None:
    page = client.get("/myaccount/sign-in/").content
    files = [finders.find(path) for path in re.findall(r'(?:href|src)="/static/([^"#]+)["#]', page.decode())]
    sizes = {Path(str(file)).name: len(gzip.compress(Path(str(file)).read_bytes())) for file in files}
    assert 1 + len(sizes) <= 4, sizes
    assert len(gzip.compress(page)) + sum(sizes.values()) <= 32 * KB, sizes
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= 10 * KB, sizes


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sent_compressed_and_small(alices: Client, path: str) -> None:
    response = alices.get(path, headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) <= 4 * KB


def test_compression_hides_how_well_it_worked(alices: Client) -> None:
    """What is sent is padded at random, so that its length tells nothing of a secret on the page (BREACH)."""
    lengths = {len(alices.get("/myaccount/confirm/", headers={"accept-encoding": "gzip"}).content) for _ in range(12)}
    assert len(lengths) > 3


def queries_of(browser: Client, path: str) -> int:
    """How many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)
