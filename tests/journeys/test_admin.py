"""Administration in a real browser: it works under our content security policy, and what is set there is seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from tests.admin.test_site import admin_pages
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import Visitor
from tests.support.people import PASSPHRASE, make_person


@pytest.fixture
def ada(alice: User) -> User:
    return make_person("ada", is_staff=True, is_superuser=True)


def test_every_page_of_administration_obeys_the_policy(ada: User, visitor: Visitor) -> None:
    """Security 89: nothing the browser refuses, on any page (the visitor fails on what the console says)."""
    visitor.already_signed_in("ada")
    for path in admin_pages(rows=1):
        page = visitor.open(path)
        expect(page.locator("#site-name")).to_contain_text("administration")
    visitor.open("/admin/activity/event/")
    assert visitor.page.evaluate("getComputedStyle(document.querySelector('#header')).borderBlockEndStyle") == "solid"


def test_from_sign_in_to_sign_out(ada: User, visitor: Visitor) -> None:
    page = visitor.open("/admin/users/user/")
    page.get_by_label("Username or e-mail address").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="Sign In", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    visitor.give_code()
    expect(page).to_have_url(visitor.base_url + "/admin/users/user/")
    page.get_by_role("link", name="Change password").click()
    expect(page.get_by_label("Current password")).to_be_visible()
    visitor.open("/admin/")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(visitor.base_url + "/myaccount/signed-out/")
    assert Event.objects.filter(user_uuid=ada.uuid, kind=EventKind.SIGNED_OUT).exists()


def test_settings_are_seen_by_people_at_their_next_page(ada: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    somebody = new_visitor()
    somebody.already_signed_in("alice")
    page = visitor.already_signed_in("ada")
    visitor.open("/admin/web/portalsettings/")
    page.get_by_label("Product name").fill("Wonderland ID")
    page.get_by_label("Accent colour").fill("#aa3355")
    page.get_by_label("Security history").select_option("Off")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert PortalSettings.objects.get().features == {"security.history": "off"}
    portal = somebody.open("/myaccount/security/")
    expect(portal.get_by_role("link", name="Wonderland ID")).to_be_visible()
    expect(portal.get_by_role("region", name="Change password", exact=True)).to_be_visible()
    expect(portal.get_by_role("region", name="Security history", exact=True)).to_have_count(0)
    hue = "getComputedStyle(document.documentElement).getPropertyValue('--hue')"
    assert portal.evaluate(hue) != "262"
    assert page.evaluate(hue) == portal.evaluate(hue)


def test_a_person_is_added_edited_and_switched_off(ada: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    page = visitor.already_signed_in("ada")
    visitor.open("/admin/users/user/add/")
    page.get_by_label("Username").fill("dora")
    page.get_by_label("First password").fill(PASSPHRASE)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text("dora")
    dora = new_visitor()
    dora.already_signed_in("dora")
    page.get_by_role("row", name="dora").get_by_role("link", name="dora").click()
    page.get_by_label("Department").fill("Rights")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    expect(dora.open("/myaccount/personal-info/").locator("#department")).to_contain_text("Rights")
    page.get_by_label("Active").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    dora.open("/myaccount/")
    expect(dora.page.get_by_role("heading", level=1)).to_contain_text("Sign in", ignore_case=True)


def test_ending_somebodys_sessions_asks_first(ada: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    alices = new_visitor()
    alices.already_signed_in("alice")
    expect(alices.open("/myaccount/").get_by_role("heading", level=1)).to_contain_text("Alice")
    page = visitor.already_signed_in("ada")
    visitor.open("/admin/users/user/?q=alice")
    page.get_by_role("row", name="alice").get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("End all sessions")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#content")).to_contain_text("alice (Alice Liddell)")
    page.get_by_role("button", name="End all sessions").click()
    expect(page.locator(".messagelist")).to_contain_text("1 session was ended.")
    alices.open("/myaccount/")
    expect(alices.page).to_have_url(f"{visitor.base_url}/myaccount/sign-in/?next=%2Fmyaccount%2F")
