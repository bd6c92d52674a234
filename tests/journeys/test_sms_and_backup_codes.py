"""Manual, “Via SMS”, through a real gateway; and backup codes, which are shown once and burn when they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from security.factors.models import BackupCode, BackupCodes, SentCode, SmsDevice
from security.factors.sms.services import RESEND_AFTER
from sessions_app.models import LoginSession
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import PERSONAL_INFO, SECURITY, Visitor
from tests.profile.support import recipients, wrong
from tests.support.factors import NUMBER, add_app, add_codes, add_sms
from tests.support.servers import Gateway, sms_gateway
from tests.support.worker import work_once

NEW_NUMBER: Final = "+447400654321"
MAKE: Final = f"{SECURITY}factors/backup-codes/make/"
SHOW: Final = f"{SECURITY}factors/backup-codes/"


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    """The SMS gateway the background worker delivers to."""
    with sms_gateway() as gateway:
        settings.SMS_URL = f"json://127.0.0.1:{gateway.port}/send/{{to}}"
        yield gateway


def arrived(gateway: Gateway, number: str = NUMBER) -> str:
    """The code in the text message that arrives next on that phone."""
    before = len(gateway.received)
    work_once()
    [(path, body)] = gateway.received[before:]
    assert unquote(path).rstrip("/") == f"/send/{number}"
    found = re.search(r"^@localhost #(\d{6})$", body["message"].strip().splitlines()[-1])  # so that phones fill it in
    assert found is not None, body
    return found[1]


def factors(visitor: Visitor) -> Locator:
    return visitor.section("Multi-factor authentication")


def enter(visitor: Visitor, code: str, button: str = "Continue") -> None:
    visitor.field("Code").fill(code)
    visitor.page.get_by_role("button", name=button, exact=True).click()


def a_minute_later() -> None:
    """Let the last code have been sent so long ago that another may be."""
    SentCode.objects.update(sent_at=timezone.now() - RESEND_AFTER - timedelta(seconds=1))


# Via SMS


def test_a_person_adds_their_number(alice: User, visitor: Visitor, gateway: Gateway) -> None:
    """Security, the edit icon of SMS number, the number, Update; the profile has it too."""
    page = visitor.sign_in()
    visitor.go_to("Security")
    expect(page.locator("#sms")).to_contain_text("Off")
    factors(visitor).get_by_role("link", name="Edit SMS number").click()
    expect(page.get_by_text("This will also update the mobile number in your profile.")).to_be_visible()
    visitor.field("Mobile number").fill("07400 123456")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("alert")).to_contain_text("Begin with a plus sign and the country code")
    visitor.field("Mobile number").fill("+44 7400 123456")
    page.get_by_role("button", name="Update").click()
    expect(visitor.heading).to_have_text("Confirm your mobile number")
    expect(page.get_by_text("We sent a code to +44 7400 123456.")).to_be_visible()
    code = arrived(gateway)
    enter(visitor, wrong(code), "Confirm")
    expect(page.get_by_role("alert")).to_contain_text("That is not the code we sent.")
    assert not SmsDevice.objects.exists()
    enter(visitor, code, "Confirm")
    visitor.expect_message("Your SMS number was updated.")
    expect(page.locator("#sms")).to_contain_text("On")
    expect(page.locator("#sms")).to_contain_text("+44 7400 123456")
    assert SmsDevice.objects.get().user == alice
    visitor.go_to("Personal info")
    expect(page.locator("#mobile")).to_contain_text("+44 7400 123456")
    expect(page.locator("#mobile")).to_contain_text("Verified")
    assert User.objects.get(pk=alice.pk).mobile == NUMBER
    assert recipients("factor_added") == ["alice@example.org"]


def test_signing_in_by_sms(alice: User, visitor: Visitor, gateway: Gateway) -> None:
    """The code goes out with the password; resending waits a minute and kills the old one (security 45, 58)."""
    add_sms(alice)
    page = visitor.give_password()
    expect(page.get_by_text("Enter the code we sent to your mobile number.")).to_be_visible()
    expect(visitor.field("Code")).to_be_focused()
    expect(visitor.field("Code")).to_have_attribute("autocomplete", "one-time-code")
    first = arrived(gateway)
    page.get_by_role("button", name="Send a new code").click()
    visitor.expect_message("A code was sent a moment ago. Wait a minute before you ask for another.")
    a_minute_later()
    page.get_by_role("button", name="Send a new code").click()
    visitor.expect_message("We sent a code to your mobile number.")
    second = arrived(gateway)
    if first != second:
        enter(visitor, first)
        expect(page.get_by_role("alert")).to_contain_text("That is not the code we sent, or it no longer works.")
    enter(visitor, second)
    expect(visitor.heading).to_contain_text("Welcome")
    assert LoginSession.objects.get().methods == ["pwd", "sms", "mfa"]
    assert SmsDevice.objects.get().last_used_at is not None


def test_five_wrong_codes_and_it_is_dead(alice: User, visitor: Visitor, gateway: Gateway) -> None:
    """Security 45."""
    add_sms(alice)
    page = visitor.give_password()
    code = arrived(gateway)
    for _ in range(5):
        enter(visitor, wrong(code))
        expect(page.get_by_role("alert")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Send a code")).to_be_visible()
    assert not LoginSession.objects.exists()


def test_a_number_changed_in_the_profile_is_the_factors_number(alice: User, visitor: Visitor, gateway: Gateway) -> None:
    """The other way round."""
    add_sms(alice)
    page = visitor.give_password()
    enter(visitor, arrived(gateway))
    expect(visitor.heading).to_contain_text("Welcome")
    visitor.open(f"{PERSONAL_INFO}?edit=mobile#id_value")
    visitor.field("Mobile").fill(NEW_NUMBER)
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("We sent a code to the new number.")
    work_once()
    enter(visitor, code_in(gateway, NEW_NUMBER), "Confirm")
    visitor.expect_message("Your mobile number was updated.")
    visitor.go_to("Security")
    expect(page.locator("#sms")).to_contain_text("On")
    expect(page.locator("#sms")).to_contain_text("+44 7400 654321")
    assert SmsDevice.objects.count() == 1
    assert recipients("factor_changed") == ["alice@example.org"]
    visitor.sign_out()
    a_minute_later()
    gateway.received.clear()
    visitor.give_password()
    enter(visitor, arrived(gateway, NEW_NUMBER))
    expect(visitor.heading).to_contain_text("Welcome")


def code_in(gateway: Gateway, number: str) -> str:
    """The code of the only message that went to this number."""
    [body] = [body for path, body in gateway.received if unquote(path).rstrip("/") == f"/send/{number}"]
    found = re.search(r"#(\d{6})$", body["message"].strip())
    assert found is not None
    return found[1]


def test_without_the_number_the_factor_goes(alice: User, visitor: Visitor) -> None:
    add_sms(alice)
    add_app(alice)
    page = visitor.already_signed_in()
    visitor.open(f"{PERSONAL_INFO}?edit=mobile#id_value")
    visitor.field("Mobile").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#mobile")).not_to_contain_text("+44 7400 123456")
    visitor.go_to("Security")
    expect(page.locator("#sms")).to_contain_text("Off")
    assert not SmsDevice.objects.exists()
    assert recipients("factor_removed") == ["alice@example.org"]


def test_one_stops_using_the_number_and_keeps_it_in_the_profile(alice: User, visitor: Visitor) -> None:
    add_sms(alice)
    add_app(alice)
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    page.get_by_role("link", name="Stop using your SMS number").click()
    expect(page.get_by_role("dialog")).to_contain_text("The number stays in your profile.")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#sms")).to_contain_text("Off")
    assert User.objects.get(pk=alice.pk).mobile == NUMBER
    assert not SmsDevice.objects.exists()


def test_access_is_confirmed_by_sms(alice: User, visitor: Visitor, gateway: Gateway) -> None:
    """A code is sent when one asks for it, not before."""
    add_sms(alice)
    page = visitor.give_password()
    enter(visitor, arrived(gateway))
    expect(visitor.heading).to_contain_text("Welcome")
    visitor.grow_stale()
    visitor.open(f"{SECURITY}factors/authenticator-app/add/")
    expect(visitor.heading).to_have_text("Confirm access")
    work_once()
    assert len(gateway.received) == 1
    page.get_by_role("button", name="Send a code").click()
    enter(visitor, arrived(gateway), "Confirm")
    expect(visitor.heading).to_have_text("Add an authenticator app")


def test_a_change_of_the_number_is_given_up(alice: User, visitor: Visitor, gateway: Gateway) -> None:
    page = visitor.already_signed_in()
    visitor.open(f"{SECURITY}factors/sms/")
    visitor.field("Mobile number").fill(NUMBER)
    page.get_by_role("button", name="Update").click()
    page.get_by_role("button", name="Resend code").click()
    visitor.expect_message("A code was sent a moment ago.")
    page.get_by_role("button", name="Cancel the change").click()
    visitor.expect_message("The change was cancelled. Nothing is different.")
    assert not SmsDevice.objects.exists()
    assert User.objects.get(pk=alice.pk).mobile == ""


# Backup codes


def shown_codes(page: Page) -> list[str]:
    codes = page.locator("#backup-codes li").all_inner_texts()
    assert len(codes) == 10
    assert all(re.fullmatch(r"([0-9a-hjkmnp-tv-z]{4} ){3}[0-9a-hjkmnp-tv-z]{4}", code) for code in codes), codes
    assert len({*codes}) == 10
    return codes


def use_backup_code(visitor: Visitor, code: str) -> None:
    visitor.give_password()
    visitor.page.get_by_role("link", name="Use a backup code").click()
    visitor.page.locator("input[name=code]").fill(code)
    visitor.page.get_by_role("button", name="Continue").click()


def test_a_person_makes_backup_codes(alice: User, visitor: Visitor, tmp_path: Path) -> None:
    """Shown once; copied, downloaded with a dated name, printed; “I have saved them”."""
    add_app(alice)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.add_init_script("window.print = () => { document.body.dataset.printed = 'yes'; }")
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    factors(visitor).get_by_role("link", name="Make backup codes").click()
    expect(visitor.heading).to_have_text("Make backup codes")
    page.get_by_role("button", name="Make the codes").click()
    expect(visitor.heading).to_have_text("Your backup codes")
    codes = shown_codes(page)
    assert not {*codes} & {*BackupCode.objects.values_list("digest", flat=True)}

    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").split("\n") == codes
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    assert started.value.suggested_filename == f"my-account-backup-codes-{timezone.localdate():%Y-%m-%d}.txt"
    started.value.save_as(tmp_path / "codes.txt")
    text = (tmp_path / "codes.txt").read_text()
    assert [line for line in text.splitlines() if line in codes] == codes
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("document.body.dataset.printed") == "yes"

    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("alert")).to_contain_text("Save the codes first: they are not shown again.")
    assert shown_codes(page) == codes
    page.get_by_label("I have saved them").check()
    page.get_by_role("button", name="Done").click()
    visitor.expect_message("Your backup codes are ready. Keep them somewhere safe.")
    expect(page.locator("#backup-codes")).to_contain_text("10 left")
    page.go_back()
    expect(page.get_by_text(codes[0])).to_have_count(0)
    visitor.open(SHOW)
    visitor.expect_message("Backup codes are shown once only.")
    assert recipients("backup_codes_made") == ["alice@example.org"]


def test_a_code_signs_in_once(alice: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    """Security 54, 57."""
    add_app(alice)
    codes = add_codes(alice)
    use_backup_code(visitor, codes[0].upper())
    expect(visitor.heading).to_contain_text("Welcome")
    assert BackupCode.objects.filter(used_at=None).count() == 9
    assert Event.objects.filter(kind=EventKind.BACKUP_CODE_USED).count() == 1
    assert recipients("backup_code_used") == ["alice@example.org"]
    visitor.go_to("Security")
    expect(visitor.page.locator("#backup-codes")).to_contain_text("9 left")
    expect(visitor.page.locator("#backup-codes")).to_contain_text("last used")
    other = new_visitor()
    use_backup_code(other, codes[0])
    expect(other.page.get_by_role("alert")).to_contain_text("That is none of your unused backup codes.")
    other.page.locator("input[name=code]").fill(codes[1])
    other.page.get_by_role("button", name="Continue").click()
    expect(other.heading).to_contain_text("Welcome")


def test_below_four_the_page_warns_and_new_codes_kill_the_old_ones(
    alice: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    add_app(alice)
    old = add_codes(alice)
    used = BackupCode.objects.order_by("pk").values_list("pk", flat=True)[:6]
    BackupCode.objects.filter(pk__in=list(used)).update(used_at=timezone.now())
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    codes_row = page.locator("#backup-codes")
    expect(codes_row).to_contain_text("4 left")
    expect(codes_row).not_to_contain_text("Only a few are left.")
    BackupCode.objects.filter(pk=BackupCode.objects.filter(used_at=None).earliest("pk").pk).update(
        used_at=timezone.now()
    )
    page.reload()
    expect(codes_row).to_contain_text("3 left")
    expect(codes_row).to_contain_text("Only a few are left. Make new ones before you run out.")
    codes_row.get_by_role("link", name="Make new codes").click()
    expect(page.get_by_text("The 3 codes you have left stop working.")).to_be_visible()
    page.get_by_role("button", name="Make the codes").click()
    new = shown_codes(page)
    assert BackupCodes.objects.count() == 1
    other = new_visitor()
    use_backup_code(other, old[-1])
    expect(other.page.get_by_role("alert")).to_contain_text("That is none of your unused backup codes.")
    other.page.locator("input[name=code]").fill(new[-1])
    other.page.get_by_role("button", name="Continue").click()
    expect(other.heading).to_contain_text("Welcome")


def test_backup_codes_need_another_factor(alice: User, visitor: Visitor) -> None:
    """They stand in for one, and go with the last."""
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    expect(page.locator("#backup-codes")).to_contain_text("You can make them once you have another second factor.")
    expect(page.get_by_role("link", name="Make backup codes")).to_have_count(0)
    visitor.open(MAKE)
    visitor.expect_message("Set up another second factor first.")
    app = add_app(alice)
    add_codes(alice)
    visitor.open(SECURITY)
    visitor.open(f"{SECURITY}factors/totp/{app.pk}/remove/")
    visitor.confirm_access()
    expect(page.get_by_text("your backup codes go as well")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    visitor.expect_message("“Phone” was removed.")
    assert not BackupCodes.objects.exists()
