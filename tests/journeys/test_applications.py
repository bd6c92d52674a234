"""Manual, “Consent management”, “Monitor active user sessions” and “Working with your authorized applications”.

With the example application, which is asked for what it knows in the same browser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from consent import keys
from consent.applications.models import Application, Favourite
from consent.consents.models import Consent, ConsentedClaim, State
from consent.logout.models import DeliveryState, LogoutDelivery
from consent.receipts.models import ConsentReceipt
from consent.tokens.models import AccessToken, RefreshToken
from examples.pickup.app import Pickup
from myaccount.users.models import User
from sessions_app.models import EndReason, LoginSession
from tests.consent.support import consent_to, make_application
from tests.journeys.conftest import NewVisitor
from tests.journeys.test_keyboard import tab_to
from tests.journeys.visitor import SECURITY, Visitor
from tests.support.people import PASSPHRASE, make_person
from tests.support.pickup import provider_at, running_pickup
from tests.support.worker import work_once

REVOKE = re.compile("^Revoke ?: Pickup$")
ENDED = "The portal tells nothing any more"


@pytest.fixture
def alice(live_server: LiveServer) -> User:
    values = {"given_name": "Alice", "family_name": "Liddell", "country": "GB"}
    return make_person("alice", values=values, display_name="Alice Liddell")


@pytest.fixture
def pickup(live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pickup]:
    settings.OAUTH2_PROVIDER = provider_at(live_server.url)
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "true")
    with running_pickup(live_server.url) as example:
        yield example


@pytest.fixture
def new_visitor(pickup: Pickup, new_visitor: NewVisitor) -> NewVisitor:
    """Who comes after the application leaves before it: its server stops when no page asks it for anything."""
    return new_visitor


@pytest.fixture
def application(pickup: Pickup) -> Application:
    return Application.objects.get()


def at_pickup(visitor: Visitor, pickup: Pickup) -> Page:
    """Pickup's first page, in a browser that may go there."""
    visitor.context.route(lambda url: url.startswith(pickup.address), lambda route: route.continue_())
    visitor.page.goto(f"{pickup.address}/")
    return visitor.page


def to_sign_in(visitor: Visitor, pickup: Pickup) -> Page:
    page = at_pickup(visitor, pickup)
    page.get_by_role("link", name="Sign in with My Account").click()
    return page


def give_password(page: Page) -> None:
    page.get_by_label("Username or e-mail address").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="Sign In", exact=True).click()


def is_greeted(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Good to see you, Alice")


def told(page: Page) -> Any:
    """What Pickup was told the last time it asked."""
    return page.get_by_role("table").first


def manage_consent(visitor: Visitor) -> Any:
    visitor.open(SECURITY)
    return visitor.section("Manage consent")


def test_a_person_signs_in_to_an_application(alice: User, visitor: Visitor, pickup: Pickup) -> None:
    page = to_sign_in(visitor, pickup)
    give_password(page)
    expect(visitor.heading).to_have_text("Sign in to Pickup")
    first_name = page.get_by_role("checkbox", name="First Name (mandatory)")
    country = page.get_by_role("checkbox", name="Country")
    expect(first_name).to_be_checked()
    expect(country).not_to_be_checked()
    expect(page.get_by_text("United Kingdom")).to_be_visible()
    expect(page.get_by_text("alice@example.org")).to_be_visible()
    first_name.uncheck()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("Pickup cannot be used without “First Name”.").first).to_be_visible()
    page.get_by_role("checkbox", name="First Name (mandatory)").check()
    page.get_by_role("button", name="Allow").click()
    is_greeted(page)
    expect(told(page)).to_contain_text("alice@example.org")
    expect(told(page)).not_to_contain_text("address")

    consent = Consent.objects.get(application__client_id="pickup")
    granted = ConsentedClaim.objects.filter(consent=consent, is_granted=True)
    assert set(granted.values_list("claim__name", flat=True)) == {"email", "given_name"}
    assert ConsentReceipt.objects.filter(consent_uuid=consent.uuid).count() == 1
    to_sign_in_again = page.goto(f"{pickup.address}/sign-in")
    assert to_sign_in_again
    is_greeted(page)  # at once: the consent is stored


def test_a_person_who_denies_goes_back_with_nothing(alice: User, visitor: Visitor, pickup: Pickup) -> None:
    page = to_sign_in(visitor, pickup)
    give_password(page)
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("The portal said: access_denied.")).to_be_visible()
    assert not Consent.objects.filter(application__client_id="pickup").exists()


def signed_in_at_both(visitor: Visitor, pickup: Pickup) -> Page:
    """Signed in to the portal and to Pickup, with a consent to all it asks for."""
    visitor.already_signed_in()
    page = to_sign_in(visitor, pickup)
    is_greeted(page)
    return page


def test_a_person_revokes_a_consent(alice: User, visitor: Visitor, pickup: Pickup, application: Application) -> None:
    """Manual, “Revoke consent”; security 81: the token that was given knows nothing any more."""
    consent = consent_to(alice, application)
    page = signed_in_at_both(visitor, pickup)
    expect(told(page)).to_contain_text("GB")
    with visitor.new_tab():
        visitor.open("/myaccount/")
        visitor.go_to("Security")
        section = visitor.section("Manage consent")
        expect(section.locator(".row").first).to_contain_text("System consent")
        section.get_by_role("link", name=REVOKE).click()
        dialog = visitor.page.get_by_role("dialog")
        expect(dialog).to_contain_text("cannot be recalled")
        dialog.get_by_role("button", name="Yes, revoke").click()
        visitor.expect_message("The consent for “Pickup” was revoked.")
        expect(section.get_by_text("You have not granted consent to any application.")).to_be_visible()
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text(ENDED)).to_be_visible()
    consent.refresh_from_db()
    assert consent.state == State.REVOKED
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
    page.goto(f"{pickup.address}/sign-in")
    expect(visitor.heading).to_have_text("Sign in to Pickup")


def test_an_attribute_revoked_in_one_tab_vanishes_from_the_others_userinfo(
    alice: User, visitor: Visitor, pickup: Pickup, application: Application
) -> None:
    """Manual, “Edit consent”."""
    consent = consent_to(alice, application)
    page = signed_in_at_both(visitor, pickup)
    expect(told(page)).to_contain_text("GB")
    with visitor.new_tab() as tab:
        visitor.open(SECURITY)
        visitor.section("Manage consent").get_by_role("link", name="Edit the consent for Pickup").click()
        expect(visitor.heading).to_have_text("Pickup")
        tab.get_by_role("button", name="Update").click()
        visitor.expect_message("Nothing was changed.")
        assert ConsentReceipt.objects.filter(consent_uuid=consent.uuid).count() == 1
        tab.get_by_role("checkbox", name="Country").uncheck()
        tab.get_by_role("button", name="Update").click()
        visitor.expect_message("The consent for “Pickup” was updated.")
    page.get_by_role("button", name="Ask again").click()
    is_greeted(page)
    expect(told(page)).not_to_contain_text("GB")
    newest, first = ConsentReceipt.objects.filter(consent_uuid=consent.uuid).order_by("-version")
    assert newest.supersedes == first.uuid


def test_a_consent_runs_out(
    alice: User, visitor: Visitor, pickup: Pickup, application: Application, time_machine: Any
) -> None:
    """End-user dashboard, “Set an expiration date for consent”: at the next sign-in only what is mandatory is asked."""
    consent_to(alice, application)
    visitor.already_signed_in()
    manage_consent(visitor).get_by_role("link", name="Edit the consent for Pickup").click()
    until = timezone.localdate() + timedelta(days=2)
    visitor.field("Valid until").fill(until.isoformat())
    visitor.page.get_by_role("button", name="Update").click()
    visitor.expect_message("The consent for “Pickup” was updated.")
    expect(visitor.section("Manage consent")).to_contain_text("valid until")
    time_machine.move_to(timezone.now() + timedelta(days=4))
    visitor.context.clear_cookies()
    visitor.already_signed_in()
    section = manage_consent(visitor)
    section.get_by_text("Revoked", exact=True).first.click()
    expect(section.get_by_text("Ran out on")).to_be_visible()
    page = to_sign_in(visitor, pickup)
    expect(visitor.heading).to_have_text("Sign in to Pickup")
    expect(page.get_by_role("checkbox", name="First Name (mandatory)")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Country")).to_have_count(0)
    page.get_by_role("button", name="Allow").click()
    is_greeted(page)
    expect(told(page)).not_to_contain_text("GB")


def test_a_session_ended_elsewhere_ends_the_application_there(
    alice: User, visitor: Visitor, new_visitor: NewVisitor, pickup: Pickup, application: Application
) -> None:
    """Manual, “Monitor active user sessions”: the applications of a session, and what ending it means for them."""
    consent_to(alice, application)
    office, page = new_visitor(), signed_in_at_both(visitor, pickup)
    in_office = signed_in_at_both(office, pickup)
    visitor.open(SECURITY)
    sessions = visitor.section("Active user sessions").get_by_role("group")
    expect(sessions).to_have_count(2)
    sessions.last.get_by_text("Show more").click()
    expect(sessions.last).to_contain_text("Pickup")
    sessions.last.get_by_role("link", name="Terminate session").click()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    visitor.expect_message("You have successfully revoked your session!")
    in_office.get_by_role("button", name="Ask again").click()
    expect(in_office.get_by_text(ENDED)).to_be_visible()  # its token died with the session
    work_once()
    delivery = LogoutDelivery.objects.get()
    assert delivery.login_session is not None
    assert (delivery.state, delivery.login_session.end_reason) == (DeliveryState.DELIVERED, EndReason.TERMINATED)
    in_office.reload()
    expect(in_office.get_by_role("link", name="Sign in with My Account")).to_be_visible()  # told, and forgot it
    page.goto(f"{pickup.address}/")
    is_greeted(page)  # the other browser's goes on


def test_signing_out_at_the_application_signs_out_here(
    alice: User, visitor: Visitor, pickup: Pickup, application: Application
) -> None:
    consent_to(alice, application)
    page = signed_in_at_both(visitor, pickup)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in with My Account")).to_be_visible()
    visitor.open("/myaccount/")
    expect(visitor.heading).to_have_text("Sign in")
    assert LoginSession.objects.get().ended_at is not None


def test_a_person_finds_opens_and_removes_applications(alice: User, visitor: Visitor, live_server: LiveServer) -> None:
    """End-user dashboard, “Working with your authorized applications”."""
    for name in ("Café orders", "Expenses", "Team calendar"):
        make_application(name, is_discoverable=True, access_url=f"{live_server.url}/health", description=f"{name}.")
    make_application("Hidden")
    consent = consent_to(alice, Application.objects.get(name="Expenses"))
    visitor.sign_in()
    page = visitor.go_to("Applications")
    offered = visitor.section("Applications you can open")
    expect(offered.get_by_role("link", name="Open")).to_have_count(3)
    offered.get_by_role("button", name="Add Team calendar to your favourites").click()
    expect(offered.locator(".row.application").first).to_contain_text("Team calendar")
    assert Favourite.objects.get().application.name == "Team calendar"
    page.get_by_label("Search applications").fill("cafe")
    page.get_by_role("button", name="Search").click()
    expect(offered.get_by_role("link", name="Open")).to_have_count(1)
    expect(offered).to_contain_text("Café orders")
    page.get_by_role("link", name="Show all").click()
    authorized = visitor.section("Authorized applications")
    authorized.get_by_role("link", name=re.compile("^Remove Application ?: Expenses$")).click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, remove").click()
    expect(authorized.get_by_text("No authorized applications")).to_be_visible()
    consent.refresh_from_db()
    assert consent.state == State.REVOKED


def test_a_receipt_is_kept_and_verified_offline(
    alice: User, visitor: Visitor, pickup: Pickup, application: Application, tmp_path: Path, capsys: Any
) -> None:
    """End-user dashboard, “About Consent Receipt”."""
    consent_to(alice, application)
    visitor.already_signed_in()
    manage_consent(visitor).get_by_role("link", name="Edit the consent for Pickup").click()
    visitor.page.get_by_role("link", name="All receipts of this consent").click()
    visitor.page.locator("main a[href*='/receipts/']").first.click()
    expect(visitor.heading).to_have_text("Consent receipt for Pickup")
    files = {}
    for name in ("Download as JSON", "Download signed"):
        with visitor.page.expect_download() as waiting:
            visitor.page.get_by_role("link", name=name).click()
        files[name] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(files[name])
    document = json.loads(files["Download as JSON"].read_text())
    assert document["services"][0]["service"] == "Pickup"
    published = tmp_path / "keys.json"
    published.write_text(json.dumps(keys.public_key_set()))
    call_command("verify_receipt", files["Download signed"], keys=published)
    assert document["consentReceiptID"] in capsys.readouterr().out


def test_without_script_a_person_agrees_edits_and_revokes(alice: User, new_visitor: NewVisitor, pickup: Pickup) -> None:
    visitor = new_visitor(java_script_enabled=False)
    page = to_sign_in(visitor, pickup)
    give_password(page)
    expect(visitor.heading).to_have_text("Sign in to Pickup")
    page.get_by_role("checkbox", name="Country").check()
    page.get_by_role("button", name="Allow").click()
    is_greeted(page)
    expect(told(page)).to_contain_text("GB")
    manage_consent(visitor).get_by_role("link", name="Edit the consent for Pickup").click()
    page.get_by_role("checkbox", name="Country").uncheck()
    page.get_by_role("button", name="Update").click()
    visitor.expect_message("The consent for “Pickup” was updated.")
    page.get_by_role("link", name=REVOKE).click()
    expect(visitor.heading).to_have_text("Revoke the consent for “Pickup”?")
    page.get_by_role("button", name="Yes, revoke").click()
    visitor.expect_message("The consent for “Pickup” was revoked.")


def test_by_keyboard_a_person_agrees_and_revokes(alice: User, visitor: Visitor, pickup: Pickup) -> None:
    visitor.already_signed_in()
    page = to_sign_in(visitor, pickup)
    expect(visitor.heading).to_have_text("Sign in to Pickup")
    tab_to(page, "Country")
    page.keyboard.press("Space")
    tab_to(page, "Allow")
    page.keyboard.press("Enter")
    is_greeted(page)
    expect(told(page)).to_contain_text("GB")
    visitor.open(SECURITY)
    tab_to(page, "Revoke : Pickup", at_most=80)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_role("button", name="Yes, revoke")).to_be_focused()
    page.keyboard.press("Enter")
    visitor.expect_message("The consent for “Pickup” was revoked.")


def test_a_mandatory_value_that_is_missing_is_asked_for_first(
    visitor: Visitor, live_server: LiveServer, pickup: Pickup
) -> None:
    make_person("alice", values={"family_name": "Liddell"})
    page = to_sign_in(visitor, pickup)
    give_password(page)
    visitor.field("First Name").fill("Alice")
    page.get_by_role("button", name="Continue").click()
    expect(visitor.heading).to_have_text("Sign in to Pickup")
    expect(page.get_by_text("Alice", exact=True)).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    is_greeted(page)
