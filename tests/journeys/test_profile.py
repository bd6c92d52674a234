"""Personal info: the manual's “Access My Account”, “Add personal details”, “Update personal details”, and profile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.claims.models import Claim
from myaccount.users.models import User
from profile.models import Profile
from sessions_app.models import LoginSession
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.support.people import PASSPHRASE


def values() -> dict[str, str]:
    stored: dict[str, str] = Profile.objects.get().values
    return stored


@pytest.mark.parametrize("address", ["/myaccount/", "/myaccount", "/dashboard/", "/dashboard", "/"])
def test_a_person_gets_to_their_account(alice: User, visitor: Visitor, address: str) -> None:
    """Manual: “Access My Account and its components”; older: “Accessing the dashboard and its components”."""
    page = visitor.open(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Username or e-mail address").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="Sign In", exact=True).click()
    expect(page).to_have_url(f"{visitor.base_url}/myaccount/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Alice Liddell")
    assert LoginSession.objects.get(user=alice, ended_at=None).methods == ["pwd"]


def test_after_signing_in_a_person_is_where_they_wanted_to_go(alice: User, visitor: Visitor) -> None:
    page = visitor.open("/myaccount/security/history/?kind=sign-in")
    page.get_by_label("Username or e-mail address").fill("ALICE@example.org")
    page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{visitor.base_url}/myaccount/security/history/?kind=sign-in")


def test_a_person_adds_personal_details(alice: User, visitor: Visitor) -> None:
    """Manual, “Add personal details”: Personal info, Profile, click on the description, enter the value, Save."""
    page = visitor.sign_in()
    visitor.go_to("Personal info")
    visitor.section("Profile").get_by_role("link", name="Add Organization").click()
    field = visitor.field("Organization")
    expect(field).to_be_focused()
    field.fill("Wonderland Ltd")
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("Organization was updated.")
    expect(page.locator("#organization")).to_contain_text("Wonderland Ltd")
    expect(page.locator("#organization")).to_be_focused()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("Organization was updated.")).to_have_count(0)
    expect(page.locator("#organization")).to_be_focused()
    assert values()["organization"] == "Wonderland Ltd"
    assert Event.objects.filter(kind=EventKind.PROFILE_CHANGED, user_uuid=alice.uuid).count() == 1


def test_a_person_updates_personal_details(alice: User, visitor: Visitor) -> None:
    """Manual, “Update personal details”: the pencil icon beside the field, update the value, Save."""
    page = visitor.sign_in()
    visitor.go_to("Personal info")
    page.get_by_role("link", name="Edit First Name").click()
    field = visitor.field("First Name")
    expect(field).to_have_value("Alice")
    field.fill("Alicia")
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("First Name was updated.")
    expect(page.get_by_role("banner")).to_contain_text("Alicia Liddell")
    assert values()["given_name"] == "Alicia"


def test_cancel_closes_the_row_and_changes_nothing(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(f"{PERSONAL_INFO}?edit=given_name#id_value")
    visitor.field("First Name").fill("Mallory")
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("#given_name")).to_contain_text("Alice")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    assert values()["given_name"] == "Alice"


def test_all_fields_of_the_manual_can_be_filled_in(alice: User, visitor: Visitor) -> None:
    """Manual (older), “Editing your profile”: each field of the form, by the manual's own name and words."""
    page = visitor.already_signed_in()
    typed = {
        "First Name": ("given_name", "Alicia", "Alicia"),
        "Last Name": ("family_name", "Pleasance", "Pleasance"),
        "Organization": ("organization", "Wonderland Ltd", "Wonderland Ltd"),
        "Telephone": ("telephone", "+44 20 7946 0000", "+442079460000"),
        "IM": ("im", "alice@chat.example", "alice@chat.example"),
        "URL": ("url", "https://alice.example/", "https://alice.example/"),
        "Department": ("department", "Tea", "Tea"),
    }
    for label, (name, text, stored) in typed.items():
        visitor.open(f"{PERSONAL_INFO}?edit={name}#id_value")
        visitor.field(label).fill(text)
        page.keyboard.press("Enter")
        visitor.expect_message(f"{label} was updated.")
        assert values()[name] == stored
    visitor.open(f"{PERSONAL_INFO}?edit=country#id_value")
    visitor.field("Country").select_option(label="United Kingdom")
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("Country was updated.")
    assert values()["country"] == "GB"
    for label in ("Email", "Mobile", "Role", "Username"):
        expect(visitor.section("Profile").get_by_text(label, exact=True)).to_be_visible()
    expect(page.locator("#role")).to_contain_text("Only an administrator can change this.")


def test_days_lines_and_languages_have_fields_of_their_own(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(f"{PERSONAL_INFO}?edit=birthdate#id_value")
    visitor.field("Date of birth").fill("1990-11-22")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#birthdate")).to_contain_text("22 Nov 1990")
    visitor.open(f"{PERSONAL_INFO}?edit=address#id_value")
    visitor.field("Address").fill("1 High Street\nOxford")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#address .lines")).to_have_text("1 High Street\nOxford", use_inner_text=True)
    assert values()["address"] == "1 High Street\nOxford"
    visitor.open(f"{PERSONAL_INFO}?edit=locale#id_value")
    visitor.field("Language").select_option("ar-xb")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")


def test_a_wrong_value_says_what_is_wrong_and_keeps_what_was_typed(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(f"{PERSONAL_INFO}?edit=telephone#id_value")
    visitor.field("Telephone").fill("12345")
    page.get_by_role("button", name="Save").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("There is a problem")
    expect(page).to_have_title("Error: Personal info – My Account")
    expect(visitor.field("Telephone")).to_have_value("12345")
    summary.get_by_role("link").click()
    expect(visitor.field("Telephone")).to_be_focused()
    assert "telephone" not in values()


def test_an_attribute_an_administrator_adds_is_there_to_fill_in(alice: User, visitor: Visitor) -> None:
    """Manual, tip: custom attributes of the profile."""
    Claim.objects.create(name="badge", label="Badge number", pattern="[A-Z]{2}[0-9]{4}", pattern_hint="Like AB1234.")
    page = visitor.already_signed_in()
    visitor.open(PERSONAL_INFO)
    page.get_by_role("link", name="Add Badge number").click()
    visitor.field("Badge number").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Like AB1234.")
    expect(page.get_by_role("alert")).to_be_focused()  # the page is done taking the focus
    visitor.field("Badge number").fill("AB1234")
    page.keyboard.press("Enter")
    visitor.expect_message("Badge number was updated.")
    assert values()["badge"] == "AB1234"


def test_two_tabs_do_not_overwrite_each_other_unseen(alice: User, visitor: Visitor) -> None:
    """Security 28, as a person meets it."""
    first = visitor.already_signed_in()
    visitor.open(f"{PERSONAL_INFO}?edit=given_name#id_value")
    with visitor.new_tab() as second:
        visitor.open(f"{PERSONAL_INFO}?edit=given_name#id_value")
        visitor.field("First Name").fill("Lissy")
        second.get_by_role("button", name="Save").click()
        visitor.expect_message("First Name was updated.")
    visitor.field("First Name").fill("Alicia")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Somebody was quicker")
    expect(first.get_by_role("main")).to_contain_text("Alicia")
    expect(first.get_by_role("main")).to_contain_text("Lissy")
    assert values()["given_name"] == "Lissy"
    first.get_by_role("button", name="Save what I typed").click()
    visitor.expect_message("First Name was updated.")
    assert values()["given_name"] == "Alicia"


def test_the_overview_leads_to_what_is_missing(alice: User, visitor: Visitor) -> None:
    page = visitor.sign_in()
    visitor.section("Profile").get_by_role("link", name=re.compile("Organization")).click()
    expect(visitor.field("Organization")).to_be_focused()
    visitor.go_to("Overview")
    visitor.section("Security check-up").get_by_role("link", name=re.compile("Mobile number")).click()
    expect(visitor.field("Mobile")).to_be_focused()
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
