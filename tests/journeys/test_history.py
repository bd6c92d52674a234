"""Security history: filtered by kind, paged."""

from __future__ import annotations

from playwright.sync_api import expect

from myaccount.activity.models import Event
from tests.journeys.visitor import Visitor
from tests.support.lives import make_settled_person


def test_a_person_reads_their_history_page_by_page_and_by_kind(visitor: Visitor) -> None:
    alice = make_settled_person()
    page = visitor.sign_in()
    visitor.go_to("Security")
    visitor.section("Security history").get_by_role("link", name="See the whole history").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Security history")
    events = page.locator(".events > li")
    expect(events.first).to_contain_text("Signed in")
    expect(events.first).to_contain_text("This session")
    expect(events).to_have_count(20)
    seen = events.count()
    while page.get_by_role("link", name="Older").count():
        page.get_by_role("link", name="Older").click()
        expect(page.get_by_role("link", name="Newest")).to_be_visible()
        seen += events.count()
    assert seen == Event.objects.filter(user_uuid=alice.uuid).count()
    page.get_by_role("link", name="Newest").click()
    page.get_by_role("navigation", name="Kinds of events").get_by_role("link", name="Profile").click()
    expect(events.first).to_contain_text("Profile changed")
    expect(events.first).to_contain_text("First Name, URL")
    expect(page.get_by_text("Signed in", exact=True)).to_have_count(0)
    page.get_by_role("navigation", name="Kinds of events").get_by_role("link", name="Password").click()
    expect(page.get_by_text("Nothing of this kind has happened.")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Security").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Security")
