"""Every page in every state: nothing for axe to report, nothing wider than the window, in both themes.

JOURNEYS_SHOTS=<folder> also keeps a picture of each, to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django import Settings

from myaccount.claims.models import Claim, ClaimType
from myaccount.outbox.models import Message
from myaccount.web.models import PortalSettings
from profile.models import Profile
from tests.journeys.visitor import PERSONAL_INFO, SECURITY, Visitor
from tests.profile import support
from tests.support.browsing import new_browser, sign_in
from tests.support.lives import make_settled_person
from tests.support.people import make_person

pytestmark = pytest.mark.looks

SHOTS: Final = os.environ.get("JOURNEYS_SHOTS")
WIDTHS: Final = (1280, 768, 360, 320)
EVERYTHING: Final = {"resultTypes": ["violations"]}
COLOURS_ONLY: Final = {**EVERYTHING, "runOnly": ["color-contrast", "link-in-text-block"]}
# Django admin changes from one theme to the other little by little; style follows at the next frame.
AT_REST: Final = """() => new Promise(requestAnimationFrame)
  .then(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)))"""
_axe = Axe()

State = Callable[[Visitor], object]
STATES: dict[str, State] = {}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


def violations(page: Page, options: Mapping[str, object]) -> list[str]:
    """What axe finds, a line each."""
    found = _axe.run(page, options=options).response["violations"]
    return [f"{v['id']}: {node['target']} {node['html'][:200]}" for v in found for node in v["nodes"]]


def check(visitor: Visitor, name: str, more: Mapping[str, object] | None = None) -> None:
    """Look at the page as it is now, in every width and theme; `more` are options for axe."""
    page, found = visitor.page, []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800 if width > 400 else 740})
        if visitor.scrolls_sideways():
            found.append(f"at {width} pixels it scrolls sideways")
        if width not in (1280, 360):
            continue
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate(AT_REST)
            if SHOTS:
                file = Path(SHOTS, f"{name}-{width}-{scheme}.png")
                page.screenshot(path=file, full_page=page.locator("dialog[open]").count() == 0)
            options = EVERYTHING if scheme == "light" else COLOURS_ONLY
            found += [f"{width} {scheme} {line}" for line in violations(page, {**options, **(more or {})})]
        page.emulate_media(color_scheme="light")
    assert found == [], "\n".join(found)


def say_wrong(visitor: Visitor, path: str, values: dict[str, str], button: str) -> None:
    """Fill a form in and send it."""
    page = visitor.open(path)
    for label, value in values.items():
        visitor.field(label).fill(value)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("[data-error-summary]")).to_be_visible()


# Signed out


@state
def sign_in_page(visitor: Visitor) -> None:
    visitor.open("/myaccount/sign-in/")


@state
def sign_in_page_with_nothing_typed(visitor: Visitor) -> None:
    say_wrong(visitor, "/myaccount/sign-in/", {}, "Sign In")


@state
def sign_in_refused(visitor: Visitor) -> None:
    values = {"Username or e-mail address": "alice", "Password": "wrong"}
    say_wrong(visitor, "/myaccount/sign-in/", values, "Sign In")


@state
def sign_in_after_a_session_ran_out(visitor: Visitor) -> None:
    visitor.open("/myaccount/sign-in/?ended=idle")


@state
def signed_out_page(visitor: Visitor) -> None:
    visitor.open("/myaccount/signed-out/?everywhere=1")


# Pages of somebody new


def as_newcomer(path: str) -> State:
    def act(visitor: Visitor) -> None:
        make_person("dora", email_verified_at=None)
        visitor.already_signed_in("dora")
        visitor.open(path)

    return act


STATES["overview_of_somebody_new"] = as_newcomer("/myaccount/")
STATES["personal_info_of_somebody_new"] = as_newcomer(PERSONAL_INFO)
STATES["security_of_somebody_new"] = as_newcomer(SECURITY)
STATES["picture_without_an_address"] = as_newcomer(f"{PERSONAL_INFO}picture/")
STATES["gravatar_without_an_address"] = as_newcomer(f"{PERSONAL_INFO}picture/gravatar/")
STATES["history_with_nothing_of_the_kind"] = as_newcomer(f"{SECURITY}history/?kind=password")


# Pages of somebody settled


def as_alice(path: str) -> State:
    def act(visitor: Visitor) -> None:
        make_settled_person()
        visitor.already_signed_in()
        visitor.open(path)

    return act


STATES["overview"] = as_alice("/myaccount/")
STATES["personal_info"] = as_alice(PERSONAL_INFO)
STATES["security"] = as_alice(SECURITY)
STATES["history"] = as_alice(f"{SECURITY}history/")
STATES["history_of_sign_ins"] = as_alice(f"{SECURITY}history/?kind=sign-in")
STATES["password_form"] = as_alice(f"{SECURITY}?edit=password")
STATES["picture"] = as_alice(f"{PERSONAL_INFO}picture/")
STATES["gravatar"] = as_alice(f"{PERSONAL_INFO}picture/gravatar/")
STATES["confirm_access"] = as_alice("/myaccount/confirm/")
STATES["confirm_sign_out"] = as_alice("/myaccount/sign-out/")
STATES["confirm_terminate_all"] = as_alice(f"{SECURITY}sessions/terminate-all/")
STATES["confirm_terminate_others"] = as_alice(f"{SECURITY}sessions/sign-out-elsewhere/")
STATES["link_of_a_mail"] = as_alice(f"{PERSONAL_INFO}contact/link/x/")
STATES["component_gallery"] = as_alice("/_components/")
STATES["not_found"] = as_alice("/myaccount/nothing/")
STATES["not_a_page"] = as_alice(f"{PERSONAL_INFO}picture/upload/")
for attribute in ("given_name", "country", "email", "telephone", "mobile", "url", "birthdate", "address", "zoneinfo"):
    STATES[f"editing_{attribute}"] = as_alice(f"{PERSONAL_INFO}?edit={attribute}")


@state
def editing_yes_or_no(visitor: Visitor) -> None:
    Claim.objects.create(name="newsletter", label="Newsletter", help_text="Once a month.", type=ClaimType.BOOLEAN)
    as_alice(f"{PERSONAL_INFO}?edit=newsletter")(visitor)


@state
def editing_with_an_error(visitor: Visitor) -> None:
    as_alice(PERSONAL_INFO)(visitor)
    say_wrong(visitor, f"{PERSONAL_INFO}?edit=url", {"URL": "javascript:alert(1)"}, "Save")


@state
def a_detail_was_saved(visitor: Visitor) -> None:
    as_alice(f"{PERSONAL_INFO}?edit=im")(visitor)
    visitor.field("IM").fill("alice2@chat.example")
    visitor.page.get_by_role("button", name="Save").click()
    visitor.expect_message("IM was updated.")


@state
def two_changes_wait_for_their_proof(visitor: Visitor) -> None:
    as_alice(f"{PERSONAL_INFO}?edit=email")(visitor)
    visitor.field("Email").fill("new@example.org")
    visitor.page.get_by_role("button", name="Save").click()
    visitor.open(f"{PERSONAL_INFO}?edit=mobile")
    visitor.field("Mobile").fill("+447400654321")
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.get_by_text("Confirmation pending")).to_have_count(2)


@state
def a_wrong_code(visitor: Visitor) -> None:
    as_alice(f"{PERSONAL_INFO}?edit=email")(visitor)
    visitor.field("Email").fill("new@example.org")
    visitor.page.get_by_role("button", name="Save").click()
    visitor.field("Code").fill(support.wrong(support.sent_code()))
    visitor.page.get_by_role("button", name="Confirm", exact=True).click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("That is not the code we sent.")


@state
def a_change_waits_elsewhere(visitor: Visitor) -> None:
    as_alice("/myaccount/")(visitor)
    support.ask(sign_in(new_browser()))
    visitor.open(PERSONAL_INFO)
    expect(visitor.page.get_by_text("This change was started in another browser.")).to_be_visible()


@state
def a_conflict(visitor: Visitor) -> None:
    as_alice(f"{PERSONAL_INFO}?edit=given_name")(visitor)
    Profile.objects.update(values={"given_name": "Lissy"})
    visitor.field("First Name").fill("Alicia")
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Somebody was quicker")


@state
def a_link_that_does_not_work(visitor: Visitor) -> None:
    as_alice(f"{PERSONAL_INFO}contact/link/x/")(visitor)
    visitor.page.get_by_role("button", name="Confirm").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("This link does not work")


@state
def picture_as_a_dialog(visitor: Visitor) -> None:
    as_alice(PERSONAL_INFO)(visitor)
    visitor.page.get_by_role("link", name="Change picture").click()
    expect(visitor.page.get_by_role("dialog", name="Profile picture")).to_be_visible()


@state
def picture_refused(visitor: Visitor) -> None:
    as_alice(f"{PERSONAL_INFO}picture/")(visitor)
    visitor.field("Image file").set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": b"<svg/>"})
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def password_refused(visitor: Visitor) -> None:
    as_alice(SECURITY)(visitor)
    values = {"Current password": "x", "New password": "alice alice", "Confirm new password": "other"}
    say_wrong(visitor, f"{SECURITY}?edit=password", values, "Submit")


@state
def session_opened(visitor: Visitor) -> None:
    as_alice(SECURITY)(visitor)
    for row in visitor.section("Active user sessions").get_by_role("group").all():
        row.locator("summary").click()


def dialog_of(link: str) -> State:
    def act(visitor: Visitor) -> None:
        session_opened(visitor)
        visitor.page.get_by_role("link", name=link).last.click()
        expect(visitor.page.get_by_role("dialog")).to_be_visible()

    return act


STATES["dialog_terminate_session"] = dialog_of("Terminate session")
STATES["dialog_terminate_all"] = dialog_of("Terminate all")
STATES["dialog_sign_out_elsewhere"] = dialog_of("Sign out everywhere else")


@state
def persons_menu(visitor: Visitor) -> None:
    as_alice("/myaccount/")(visitor)
    visitor.page.get_by_role("banner").locator("details > summary").click()
    expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()


@state
def idle_warning(visitor: Visitor) -> None:
    as_alice("/myaccount/")(visitor)
    visitor.page.evaluate("document.getElementById('idle').showModal()")


@state
def confirm_access_refused(visitor: Visitor) -> None:
    as_alice("/myaccount/confirm/")(visitor)
    say_wrong(visitor, "/myaccount/confirm/", {"Password": "wrong"}, "Confirm")


@state
def something_was_interrupted(visitor: Visitor) -> None:
    as_alice(f"{PERSONAL_INFO}?edit=email")(visitor)
    visitor.field("Email").fill("new@example.org")
    visitor.grow_stale()
    visitor.page.get_by_role("button", name="Save").click()
    visitor.confirm_access()
    expect(visitor.page.get_by_role("button", name="Go on")).to_be_visible()


@state
def everything_read_only(visitor: Visitor) -> None:
    features = (
        "personal-info.profile",
        "personal-info.picture",
        "security.change-password",
        "security.active-sessions",
    )
    PortalSettings(
        features=dict.fromkeys(features, "read-only"), footer="Wonderland Ltd, Oxford", support_url="https://x.example/"
    ).save()
    as_alice(PERSONAL_INFO)(visitor)


@state
def outbox(visitor: Visitor) -> None:
    make_settled_person()
    client = sign_in(new_browser())
    support.ask(client)
    support.ask(client, "mobile", "+447400654321")
    visitor.open("/outbox/")
    assert Message.objects.count() >= 3


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name)


@pytest.mark.parametrize("how", ["400", "403", "404", "500", "503"])
def test_nothing_is_wrong_with_the_error_page(how: str, visitor: Visitor, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.support.failing_urls"
    visitor.open(f"/fail/{how}/")
    expect(visitor.page.get_by_text(how)).to_be_visible()
    check(visitor, f"error_{how}")
