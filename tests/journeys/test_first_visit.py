"""What a first visit and every later page cost a browser (performance, point 5). `make bench` measures production."""

from __future__ import annotations

from typing import Final

import brotli
from playwright.sync_api import Page, Response

from tests.journeys.visitor import PERSONAL_INFO, SECURITY, Visitor
from tests.support.lives import make_settled_person

KB: Final = 1024


def loaded(page: Page, visitor: Visitor, path: str) -> list[Response]:
    """What the browser had to fetch to show a page."""
    responses: list[Response] = []

    def note(response: Response) -> None:
        responses.append(response)

    page.on("response", note)
    visitor.open(path)
    page.wait_for_load_state("networkidle")
    page.remove_listener("response", note)
    return responses


def compressed(responses: list[Response]) -> int:
    """Bytes on the wire, as production compresses: files at build time, pages as they are made."""
    return sum(len(brotli.compress(r.body(), quality=5 if r.url.count("/static/") == 0 else 11)) for r in responses)


def test_the_first_page_is_light(visitor: Visitor) -> None:
    responses = loaded(visitor.page, visitor, "/myaccount/sign-in/")
    assert all(response.url.startswith(visitor.base_url) for response in responses)
    assert len(responses) <= 4
    assert compressed(responses) <= 32 * KB
    assert sum(len(r.body()) for r in responses if r.url.endswith(".js")) <= 10 * KB


def test_later_pages_are_little_more_than_their_own_text(visitor: Visitor) -> None:
    make_settled_person()
    visitor.already_signed_in()
    scripts = {r.url: len(r.body()) for r in loaded(visitor.page, visitor, "/myaccount/") if r.url.endswith(".js")}
    assert sum(scripts.values()) <= 10 * KB
    for path in ("/myaccount/", PERSONAL_INFO, f"{PERSONAL_INFO}?edit=im", SECURITY, f"{SECURITY}history/"):
        responses = loaded(visitor.page, visitor, path)
        documents = [response for response in responses if "/static/" not in response.url]
        assert len(documents) == 1, "only the page itself is new"
        assert compressed(documents) <= 4 * KB, path
