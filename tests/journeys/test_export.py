"""Personal info: the manual's “Export user profile”; older: “Exporting personal information”."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from consent.purposes.models import Controller
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.outbox.models import Message
from myaccount.users.models import User
from tests.consent.support import consent_to, make_application
from tests.export.test_file import assert_valid
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import PERSONAL_INFO, Visitor


def click_and_save(page: Page, button: str) -> tuple[str, Path]:
    """Click a button and keep what comes: its name, and where it is."""
    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()
    assert started.value.failure() is None
    return started.value.suggested_filename, started.value.path()


def test_a_person_downloads_their_profile_as_json(alice: User, visitor: Visitor) -> None:
    """Manual: Personal info, under Export profile the button Download as JSON; the file holds all profile details."""
    visitor.sign_in()
    visitor.go_to("Personal info")
    section = visitor.section("Export profile")
    section.get_by_text("What is in the file").click()
    expect(section.get_by_text("Consent receipts", exact=True)).to_be_visible()
    name, file = click_and_save(visitor.page, "Download as JSON")
    assert name == "userInfo.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    assert_valid(content)
    assert content["basic"]["http://wso2.org/claims/givenname"] == "Alice"
    assert Event.objects.filter(kind=EventKind.DATA_EXPORTED, user_uuid=alice.uuid).count() == 1
    assert Message.objects.filter(topic="data_exported", recipient="alice@example.org").count() == 1
    name, _file = click_and_save(visitor.page, "Download as JSON")  # the button goes on working
    assert name == "userInfo.json"


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_after_a_while_a_person_confirms_who_they_are_first(
    alice: User, new_visitor: NewVisitor, has_script: bool
) -> None:
    """Security 20: and then has the button before them."""
    visitor = new_visitor(java_script_enabled=has_script)
    visitor.already_signed_in()
    visitor.grow_stale()
    page = visitor.open(PERSONAL_INFO)
    page.get_by_role("button", name="Download as JSON").click()
    visitor.confirm_access()
    expect(visitor.heading).to_have_text("Export profile")
    name, file = click_and_save(page, "Download as JSON")
    assert name == "userInfo.json"
    assert_valid(json.loads(file.read_text(encoding="utf-8")))
    page.get_by_role("link", name="Back to Personal info").click()
    expect(visitor.heading).to_have_text("Personal info")


def test_a_person_takes_the_receipts_with_them(alice: User, visitor: Visitor) -> None:
    """Manual, the tip: receipts say who the PII controller was when they were issued, whoever it is now."""
    Controller(name="Old owner").save()
    consent_to(alice, make_application("Pickup"))
    Controller(name="New owner").save()
    visitor.already_signed_in()
    page = visitor.open(PERSONAL_INFO)
    name, file = click_and_save(page, "Download as ZIP")
    assert name == "userInfo.zip"
    with ZipFile(file) as archive:
        content = json.loads(archive.read("userInfo.json"))
        receipts = [
            json.loads(archive.read(each)) for each in archive.namelist() if each.endswith(".json") and "/" in each
        ]
    assert {each["piiControllers"][0]["piiController"] for each in content["consents"]} == {"Old owner"}
    assert {each["consentReceiptID"] for each in content["consents"]} <= {each["consentReceiptID"] for each in receipts}


def test_a_person_reads_and_prints_their_data(alice: User, visitor: Visitor) -> None:
    visitor.already_signed_in()
    page = visitor.open(PERSONAL_INFO)
    page.get_by_role("button", name="View to print").click()
    expect(visitor.heading).to_have_text("Your data")
    expect(visitor.section("Account and profile")).to_contain_text("alice@example.org")
    expect(visitor.section("Security history")).to_contain_text("Page to print")
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print").click()
    expect(page).to_have_title("printed")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Account")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(visitor.section("Account and profile")).to_be_visible()


def test_back_after_signing_out_shows_nothing(alice: User, visitor: Visitor) -> None:
    """Security 16."""
    visitor.already_signed_in()
    page = visitor.open(PERSONAL_INFO)
    page.get_by_role("button", name="View to print").click()
    expect(visitor.heading).to_have_text("Your data")
    visitor.context.clear_cookies()
    visitor.open("/myaccount/signed-out/")
    page.go_back()
    expect(visitor.heading).to_have_text("Sign in")
