"""What a first visit and every later page cost a browser (performance, point 5). `make bench` measures production."""

from __future__ import annotations

from typing import Final

import brotli
import pytest
from playwright.sync_api import Page, Response

from tests.journeys.visitor import PERSONAL_INFO, SECURITY, Visitor
from tests.support.factors import add_app, add_codes, add_sms
from tests.support.lives import make_settled_person

pytestmark = pytest.mark.looks

KB: Final = 1024
FACTORS: Final = f"{SECURITY}factors/"
FACTOR_PAGES: Final = (
    f"{FACTORS}add/", f"{FACTORS}authenticator-app/add/", f"{FACTORS}sms/", f"{FACTORS}backup-codes/make/",
    f"{FACTORS}devices/add/", f"{FACTORS}devices/add/usb/", f"{FACTORS}devices/add/built-in/?older=1",
)  # fmt: skip


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


def files(responses: list[Response]) -> list[Response]:
    """Each file once, and the page: production has them kept, so that a browser that needs one twice asks once."""
    return list({response.url: response for response in responses if response.request.method == "GET"}.values())


def test_the_first_page_is_light(visitor: Visitor) -> None:
    responses = loaded(visitor.page, visitor, "/myaccount/sign-in/")
    assert all(response.url.startswith(visitor.base_url) for response in responses)
    assert len(files(responses)) <= 4
    assert compressed(files(responses)) <= 32 * KB
    assert compressed([r for r in responses if r.url.endswith(".js")]) <= 10 * KB


def test_once_the_page_stands_a_challenge_is_fetched_where_the_browser_fills_in_passkeys(visitor: Visitor) -> None:
    """Nothing waits for it, it is tiny, and there is one."""
    asked = [r for r in loaded(visitor.page, visitor, "/myaccount/sign-in/") if r.request.method == "POST"]
    assert [r.url for r in asked] == [f"{visitor.base_url}/myaccount/sign-in/passkey/options/"]
    assert len(asked[0].body()) <= KB


def test_later_pages_are_little_more_than_their_own_text(visitor: Visitor) -> None:
    person = make_settled_person()
    add_app(person)
    add_sms(person)
    add_codes(person)
    visitor.already_signed_in()
    responses = loaded(visitor.page, visitor, "/myaccount/")
    assert compressed([r for r in responses if r.url.endswith(".js")]) <= 10 * KB
    for path in (
        "/myaccount/", PERSONAL_INFO, f"{PERSONAL_INFO}?edit=im", SECURITY, f"{SECURITY}history/", *FACTOR_PAGES
    ):  # fmt: skip
        responses = loaded(visitor.page, visitor, path)
        documents = [response for response in responses if "/static/" not in response.url]
        assert len(documents) == 1, "only the page itself is new"
        assert compressed(documents) <= 4 * KB, path
