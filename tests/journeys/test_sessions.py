"""Manual, “Monitor active user sessions” and “Terminating user sessions”; signing out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from myaccount.web.selectors import portal_settings
from sessions_app.models import EndReason, LoginSession
from sessions_app.session_store import SessionStore
from tests.consent.logout.support import used
from tests.consent.support import make_application
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import PERSONAL_INFO, SECURITY, Visitor
from tests.support.people import PASSPHRASE, SAFARI_PHONE


@pytest.fixture
def phone(alice: User, new_visitor: NewVisitor) -> Visitor:
    """Alice's telephone, signed in before."""
    phone = new_visitor(user_agent=SAFARI_PHONE, viewport={"width": 390, "height": 760}, has_touch=True)
    phone.sign_in()
    return phone


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.section("Active user sessions").get_by_role("group").filter(has_text=name)


def is_out(visitor: Visitor) -> None:
    """At its next request the browser is asked to sign in."""
    visitor.page.get_by_role("navigation", name="Account").get_by_role("link", name="Security").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_show_more_tells_everything_about_a_session(alice: User, visitor: Visitor, phone: Visitor) -> None:
    session = LoginSession.objects.get()
    used(make_application("Pickup", claims={}), session)
    visitor.sign_in()
    visitor.go_to("Security")
    rows = visitor.section("Active user sessions").get_by_role("group")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("This session")
    expect(rows.last).to_contain_text("Mobile Safari on iOS")
    expect(rows.last).to_contain_text("Last accessed")
    rows.last.get_by_text("Show more").click()
    for label, value in {
        "Operating system": "iOS 18.1",
        "Browser": "Mobile Safari",
        "Device": "Apple iPhone",
        "IP address": "127.0.0.1",
        "Login time": ", ",
        "Last accessed time": ", ",
        "Applications": "My Account Pickup First access",
    }.items():
        expect(rows.last.locator("dl > div").filter(has=visitor.page.get_by_text(label, exact=True))).to_contain_text(
            value
        )


def test_a_person_terminates_one_session(alice: User, visitor: Visitor, phone: Visitor) -> None:
    """Show more, Terminate session, Yes; “You have successfully revoked your session!” (security 15, 17)."""
    page = visitor.sign_in()
    visitor.go_to("Security")
    phones = row(visitor, "Mobile Safari on iOS")
    phones.get_by_text("Show more").click()
    phones.get_by_role("link", name="Terminate session").click()
    dialog = page.get_by_role("dialog", name="Terminate this session?")
    expect(dialog).to_contain_text("Mobile Safari on iOS")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert LoginSession.objects.filter(ended_at=None).count() == 2
    phones.get_by_role("link", name="Terminate session").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    visitor.expect_message("You have successfully revoked your session!")
    expect(visitor.section("Active user sessions").get_by_role("group")).to_have_count(1)
    ended = LoginSession.objects.get(ended_at__isnull=False)
    assert ended.end_reason == EndReason.TERMINATED
    assert ended.browser == "Mobile Safari"
    is_out(phone)
    assert Event.objects.filter(kind=EventKind.SESSION_ENDED).count() == 1


def test_terminating_asks_again_who_one_is_when_that_was_long_ago(
    alice: User, visitor: Visitor, phone: Visitor
) -> None:
    """Security 17, 20."""
    page = visitor.sign_in()
    visitor.go_to("Security")
    visitor.grow_stale()
    phones = row(visitor, "Mobile Safari on iOS")
    phones.get_by_text("Show more").click()
    phones.get_by_role("link", name="Terminate session").click()
    visitor.confirm_access()
    expect(page.get_by_role("heading", level=1)).to_have_text("Terminate this session?")
    page.get_by_role("button", name="Yes").click()
    visitor.expect_message("You have successfully revoked your session!")
    is_out(phone)


def test_a_person_signs_out_everywhere_else(alice: User, visitor: Visitor, phone: Visitor) -> None:
    page = visitor.sign_in()
    visitor.go_to("Security")
    page.get_by_role("link", name="Sign out everywhere else").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    visitor.expect_message("1 other session was ended. You are signed in here only.")
    is_out(phone)
    visitor.go_to("Overview")


def test_a_person_terminates_all_sessions(alice: User, visitor: Visitor, phone: Visitor) -> None:
    """“terminate all” at the top right of the section ends every session, this one too."""
    page = visitor.sign_in()
    visitor.go_to("Security")
    button = page.get_by_role("link", name="Terminate all")
    section, first = visitor.section("Active user sessions"), row(visitor, "This session")
    places = [element.bounding_box() for element in (button, first, section)]
    assert all(places)
    (at, first_at, section_at) = places
    assert at["y"] < first_at["y"]  # type: ignore[index]
    assert at["x"] + at["width"] > section_at["x"] + section_at["width"] * 0.9  # type: ignore[index]
    button.click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.get_by_role("main")).to_contain_text(
        "All your sessions were ended, in this browser and everywhere else."
    )
    assert not LoginSession.objects.filter(ended_at=None).exists()
    is_out(phone)


def test_a_person_signs_out_and_back_shows_nothing(alice: User, visitor: Visitor) -> None:
    """Security 16; the manual's “sign out” in the person's menu."""
    page = visitor.sign_in()
    visitor.go_to("Personal info")
    before = visitor.session_cookie
    visitor.sign_out()
    assert LoginSession.objects.get().end_reason == EndReason.SIGNED_OUT
    for _ in range(3):
        page.go_back()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Personal info")
        assert "Liddell" not in page.content()
    assert visitor.session_cookie != before
    assert not SessionStore().exists(before)


def test_signing_out_from_the_row_of_this_session(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    own = row(visitor, "This session")
    own.get_by_text("Show more").click()
    expect(own.get_by_role("link", name="Terminate session")).to_have_count(0)
    own.get_by_role("link", name="Sign out").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")


def nearly_over(seconds_left: int) -> None:
    """Let the only session have been used so long ago that it runs out soon."""
    idle = timedelta(minutes=portal_settings().session_idle_minutes)
    LoginSession.objects.update(last_seen_at=timezone.now() - idle + timedelta(seconds=seconds_left))


def test_before_a_session_runs_out_one_is_asked_whether_one_is_there(alice: User, visitor: Visitor) -> None:
    """WCAG 2.2.1: warned, and one click goes on."""
    page = visitor.already_signed_in()
    page.clock.install()
    visitor.open(f"{PERSONAL_INFO}?edit=im")
    visitor.field("IM").fill("half a sentence")
    nearly_over(100)
    page.clock.fast_forward("28:30")
    dialog = page.get_by_role("dialog", name="Are you still there?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Stay signed in")).to_be_focused()
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).not_to_be_visible()
    expect(visitor.field("IM")).to_have_value("half a sentence")
    assert timezone.now() - LoginSession.objects.get().last_seen_at < timedelta(minutes=1)


def test_a_session_that_ran_out_leads_to_signing_in_and_back(alice: User, visitor: Visitor) -> None:
    """Security 14."""
    page = visitor.already_signed_in()
    visitor.open("/myaccount/")
    nearly_over(-1)
    page.get_by_role("navigation", name="Account").get_by_role("link", name="Security").click()
    expect(page.get_by_role("main")).to_contain_text("You were signed out because you were away for a while.")
    page.get_by_label("Username or e-mail address").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="Sign In", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Security")
    assert LoginSession.objects.filter(end_reason=EndReason.IDLE).count() == 1
