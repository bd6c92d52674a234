"""Manual, “Account recovery”: addresses, administrators' switches, and getting back in, through real servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import unquote

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Locator, expect
from pytest_django import Settings

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.outbox.models import State
from myaccount.users.models import User
from profile.models import PendingContact
from security.captcha.models import CaptchaSolution
from security.factors.models import BackupCode, TotpDevice
from security.recovery.models import Recovery, RecoveryAddress, WaitingRecovery
from sessions_app.models import LoginSession
from tests.journeys.conftest import NewVisitor
from tests.journeys.recovering import (
    ANSWERS,
    RECOVERY,
    TO_GO_ON,
    TO_STOP,
    choose,
    choose_questions,
    enter,
    forget_password,
    set_password,
)
from tests.journeys.test_keyboard import tab_to
from tests.journeys.visitor import SECURITY, Visitor
from tests.profile.support import newest, recipients, wrong
from tests.security.recovery.support import FORGOT, NEW_PASSPHRASE, turn_on
from tests.support.browsing import SIGN_IN
from tests.support.factors import NUMBER, add_app, add_codes, add_sms
from tests.support.people import PASSPHRASE, make_person
from tests.support.servers import Gateway, MailServer, mail_server, sms_gateway
from tests.support.worker import work_once

NEW: Final = "new@example.org"
SPARE: Final = "spare@example.net"
SETTINGS: Final = "/admin/security/recoverysettings/"


@pytest.fixture
def mails(settings: Settings) -> Iterator[MailServer]:
    """The mail server the background worker delivers to."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
        yield server


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    """The SMS gateway the background worker delivers to."""
    with sms_gateway() as gateway:
        settings.SMS_URL = f"json://127.0.0.1:{gateway.port}/send/{{to}}"
        yield gateway


@pytest.fixture
def ada(alice: User) -> User:
    return make_person("ada", is_staff=True, is_superuser=True)


def arrived(mails: MailServer, subject: str, to: str = "alice@example.org") -> str:
    """The text of the newest mail of this kind that somebody got."""
    work_once()
    found = [mail for mail in mails.received if mail["To"] == to and subject in mail["Subject"]]
    assert found, [(mail["To"], mail["Subject"]) for mail in mails.received]
    body = found[-1].get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


def code_in(text: str) -> str:
    found = re.search(r"^(\d{6})\s*$", text, re.MULTILINE)
    assert found is not None, text
    return found[1]


def link_in(text: str, pattern: re.Pattern[str] = TO_GO_ON) -> str:
    found = pattern.search(text)
    assert found is not None, text
    return found[0]


def arrived_by_sms(gateway: Gateway, number: str = NUMBER) -> str:
    """The text message that arrives next on that phone."""
    before = len(gateway.received)
    work_once()
    [(path, body)] = gateway.received[before:]
    assert unquote(path).rstrip("/") == f"/send/{number}"
    return str(body["message"]).strip()


def section(visitor: Visitor) -> Locator:
    return visitor.section(RECOVERY)


def words(visitor: Visitor) -> str:
    """What the page says."""
    return " ".join(visitor.page.get_by_role("main").inner_text().split())


def has_password(user: User, password: str) -> bool:
    return User.objects.get(pk=user.pk).check_password(password)


def events(kind: EventKind, user: User) -> int:
    return Event.objects.filter(kind=kind, user_uuid=user.uuid).count()


# Add and update the recovery email


def change_address(visitor: Visitor, address: str) -> None:
    """The pencil, the address, Update."""
    section(visitor).get_by_role("link", name="Edit recovery email").click()
    expect(visitor.heading).to_have_text("Email recovery")
    expect(visitor.page.get_by_text("This will also update the e-mail address in your profile.")).to_be_visible()
    visitor.field("E-mail address").fill(address)
    visitor.page.get_by_role("button", name="Update").click()


def test_a_person_adds_a_recovery_email(live_server: object, visitor: Visitor, mails: MailServer) -> None:
    """Security, the pencil of Email recovery, an address, Update; proven, it is the profile's."""
    turn_on()
    dora = make_person("dora", email="")
    page = visitor.sign_in("dora")
    visitor.go_to("Security")
    expect(page.locator("#email-recovery")).to_contain_text("The email address of your profile, too")
    change_address(visitor, "dora at home")
    expect(page.get_by_role("alert")).to_contain_text("This is not an e-mail address.")
    visitor.field("E-mail address").fill(NEW)
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text(f"We sent a code to {NEW}. Nothing changes until you have entered it.")).to_be_visible()
    code = code_in(arrived(mails, "Confirm", NEW))
    enter(visitor, wrong(code), "Confirm")
    expect(page.get_by_role("alert")).to_contain_text("That is not the code we sent")
    assert User.objects.get(pk=dora.pk).email == ""
    enter(visitor, code, "Confirm")
    visitor.expect_message("Your e-mail address was updated.")
    expect(page.locator("#email-recovery")).to_contain_text(NEW)
    dora.refresh_from_db()
    assert (dora.email, dora.email_verified_at is not None) == (NEW, True)
    visitor.go_to("Personal info")
    expect(page.locator("#email")).to_contain_text(NEW)


def test_a_person_updates_the_recovery_email(
    alice: User, visitor: Visitor, new_visitor: NewVisitor, mails: MailServer
) -> None:
    """The old address stays until the new one is proven, and hears of it; other sessions end."""
    turn_on()
    elsewhere = new_visitor()
    elsewhere.already_signed_in()
    page = visitor.sign_in()
    visitor.go_to("Security")
    expect(page.locator("#email-recovery")).to_contain_text("alice@example.org")
    change_address(visitor, NEW)
    expect(visitor.heading).to_have_text("Confirm your e-mail address")
    page.get_by_role("button", name="Resend code").click()
    visitor.expect_message("A code was sent a moment ago. Wait a minute before you ask for another.")
    page.get_by_role("link", name="Later").click()
    expect(page.locator("#email-recovery")).to_contain_text("alice@example.org")
    assert User.objects.get(pk=alice.pk).email == "alice@example.org"
    visitor.open(f"{SECURITY}recovery/contact/email/prove/")
    enter(visitor, code_in(arrived(mails, "Confirm", NEW)), "Confirm")
    visitor.expect_message("Your e-mail address was updated.")
    expect(page.locator("#email-recovery")).to_contain_text(NEW)
    assert User.objects.get(pk=alice.pk).email == NEW
    assert not PendingContact.objects.exists()
    assert recipients("email_changed") == ["alice@example.org"]
    elsewhere.open("/myaccount/")
    expect(elsewhere.heading).to_have_text("Sign in")


def test_the_pencil_asks_who_one_is_first(alice: User, visitor: Visitor) -> None:
    """Security 20."""
    turn_on()
    visitor.already_signed_in()
    visitor.open(SECURITY)
    visitor.grow_stale()
    section(visitor).get_by_role("link", name="Edit recovery email").click()
    visitor.confirm_access()
    expect(visitor.field("E-mail address")).to_have_value("alice@example.org")


def test_a_person_adds_a_number_for_sms_recovery(alice: User, visitor: Visitor, gateway: Gateway) -> None:
    """The same with the mobile number."""
    turn_on()
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    expect(page.locator("#sms-recovery")).to_contain_text("The mobile number of your profile, too")
    section(visitor).get_by_role("link", name="Edit recovery mobile number").click()
    visitor.field("Mobile number").fill("07400 123456")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("alert")).to_contain_text("Begin with a plus sign and the country code")
    visitor.field("Mobile number").fill("+44 7400 123456")
    page.get_by_role("button", name="Update").click()
    expect(visitor.heading).to_have_text("Confirm your mobile number")
    found = re.search(r"#(\d{6})$", arrived_by_sms(gateway))
    assert found
    enter(visitor, found[1], "Confirm")
    visitor.expect_message("Your mobile number was updated.")
    expect(page.locator("#sms-recovery")).to_contain_text("+44 7400 123456")
    alice.refresh_from_db()
    assert (alice.mobile, alice.mobile_verified_at is not None) == (NUMBER, True)
    visitor.go_to("Personal info")
    expect(page.locator("#mobile")).to_contain_text("+44 7400 123456")


def test_a_person_keeps_a_recovery_address(
    alice: User, visitor: Visitor, new_visitor: NewVisitor, mails: MailServer
) -> None:
    """Entered, proven, used, removed; the profile never has it."""
    turn_on(captcha="always")
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    section(visitor).get_by_role("link", name="Edit recovery address").click()
    visitor.field("E-mail address").fill("alice@example.org")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("alert")).to_contain_text("That is the address of your profile.")
    visitor.field("E-mail address").fill(SPARE)
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text(f"We sent a code to {SPARE}.")).to_be_visible()
    code = code_in(arrived(mails, "recovery address", SPARE))
    enter(visitor, wrong(code), "Confirm")
    expect(page.get_by_role("alert")).to_contain_text("That is not the code we sent")
    assert not RecoveryAddress.objects.exclude(verified_at=None).exists()
    enter(visitor, code, "Confirm")
    visitor.expect_message("Your recovery address was updated.")
    expect(page.locator("#recovery-address")).to_contain_text(SPARE)
    assert RecoveryAddress.objects.get(user=alice).email == SPARE
    assert User.objects.get(pk=alice.pk).email == "alice@example.org"
    assert events(EventKind.RECOVERY_ADDRESS_CHANGED, alice) == 1

    somebody = new_visitor()
    forget_password(somebody)
    choose(somebody, "Send me an e-mail")
    enter(somebody, code_in(arrived(mails, "Set a new password", SPARE)))
    expect(somebody.heading).to_have_text("Choose a new password")
    assert set(recipients("recovery_code")) == {"alice@example.org", SPARE}

    section(visitor).get_by_role("link", name="Edit recovery address").click()
    remove = page.get_by_role("link", name="Remove it")
    expect(remove).to_be_visible()
    remove.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    visitor.expect_message("Your recovery address was removed.")
    assert not RecoveryAddress.objects.exists()


# Administrators' switches


def switch(visitor: Visitor, label: str, *, on: bool) -> None:
    """In Django admin, under Account recovery."""
    page = visitor.open(SETTINGS)
    page.get_by_label(label, exact=True).set_checked(on)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()


@pytest.mark.parametrize(
    ("label", "row", "way"),
    [
        ("Security question based password recovery", "#security-questions", "Answer my security questions"),
        ("Notification based password recovery", "#email-recovery", "Send me an e-mail"),
        ("SMS based password recovery", "#sms-recovery", "Send me a text message"),
    ],
)
def test_a_way_is_there_while_its_switch_is_on(
    ada: User, visitor: Visitor, new_visitor: NewVisitor, label: str, row: str, way: str
) -> None:
    """As the manual's notes say: the administrator turns it on, and then it is in My Account."""
    visitor.already_signed_in("ada")
    alices, stranger = new_visitor(), new_visitor()
    alices.already_signed_in("alice")
    alices.open(SECURITY)
    forgot = stranger.open(SIGN_IN).get_by_role("link", name="Forgot password?")
    expect(section(alices)).to_contain_text("No Account Recovery options available")
    expect(section(alices)).to_contain_text("An administrator can turn them on.")
    expect(forgot).to_have_count(0)

    switch(visitor, label, on=True)
    alices.page.reload()
    expect(alices.page.locator(row)).to_be_visible()
    expect(section(alices)).not_to_contain_text("No Account Recovery options available")
    forget_password(stranger)
    expect(stranger.page.get_by_role("button", name=re.compile("^(Send me|Answer my)"))).to_have_text([way])

    switch(visitor, label, on=False)
    alices.page.reload()
    expect(alices.page.locator(row)).to_have_count(0)
    stranger.open(SIGN_IN)
    expect(forgot).to_have_count(0)
    stranger.open(FORGOT)
    expect(stranger.page.get_by_text("404")).to_be_visible()
    changed = Event.objects.filter(kind=EventKind.RECOVERY_SETTINGS_CHANGED)
    assert [event.data["changed"] for event in changed] == [changed[0].data["changed"]] * 2


def test_the_switches_of_usernames_and_of_the_check(ada: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    visitor.already_signed_in("ada")
    stranger = new_visitor()
    link = stranger.page.get_by_role("link", name="Forgot username?")
    box = stranger.page.get_by_role("group", name="Check against robots")
    switch(visitor, "Username recovery", on=True)
    stranger.open(SIGN_IN)
    link.click()
    expect(box.get_by_role("status")).to_have_text("Done: you are not a robot.", use_inner_text=True)
    switch(visitor, "Never", on=True)
    stranger.page.reload()
    expect(stranger.heading).to_have_text("Forgot username?")
    expect(box).to_have_count(0)
    switch(visitor, "After several recoveries from the same network", on=True)
    stranger.page.reload()
    expect(box).to_have_count(0)
    for _ in range(3):
        stranger.open("/myaccount/forgot-username/")
        stranger.field("E-mail address").fill("nobody@example.org")
        stranger.page.get_by_role("button", name="Continue").click()
        expect(stranger.heading).to_have_text("Check your e-mail")
    stranger.open("/myaccount/forgot-username/")
    expect(box.get_by_role("status")).to_have_text("Done: you are not a robot.", use_inner_text=True)
    switch(visitor, "Username recovery", on=False)
    stranger.open(SIGN_IN)
    expect(link).to_have_count(0)


def test_how_long_a_link_works_and_who_is_told(
    ada: User, visitor: Visitor, new_visitor: NewVisitor, mails: MailServer
) -> None:
    """Link life and notice, as set a moment ago."""
    turn_on()
    page = visitor.already_signed_in("ada")
    visitor.open(SETTINGS)
    page.get_by_label("Minutes a link or code from an e-mail works").fill("7")
    page.get_by_label("Tell people when their account was recovered").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    somebody = new_visitor()
    forget_password(somebody)
    choose(somebody, "Send me an e-mail")
    mail = arrived(mails, "Set a new password")
    assert re.search(r"work for [67] minutes", mail)
    enter(somebody, code_in(mail))
    set_password(somebody)
    assert recipients("account_recovered") == []


def test_how_questions_are_asked_and_how_long_one_waits(ada: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    """How many, one at a time or together, before or after a mail; and the hours after losing every factor."""
    turn_on()
    choose_questions(User.objects.get(username="alice"))
    visitor.already_signed_in("ada")
    stranger = new_visitor()
    inputs = stranger.page.get_by_role("textbox")

    def ask() -> None:
        forget_password(stranger)
        choose(stranger, "Answer my security questions")

    ask()
    expect(stranger.heading).to_have_text("Enter the code")
    switch(visitor, "E-mail proof before questions", on=False)
    ask()
    expect(stranger.page.get_by_text("Question 1 of 2.")).to_be_visible()
    expect(inputs).to_have_count(1)
    switch(visitor, "Ask all questions together", on=True)
    stranger.page.reload()
    expect(inputs).to_have_count(2)
    page = visitor.open(SETTINGS)
    page.get_by_label("Questions to answer").fill("1")
    page.get_by_label("Hours to wait after losing every second factor").fill("72")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    stranger.page.reload()
    expect(inputs).to_have_count(1)
    add_app(User.objects.get(username="alice"))
    [question] = [question for question in ANSWERS if stranger.page.get_by_label(question).count()]
    stranger.page.get_by_label(question).fill(ANSWERS[question])
    stranger.page.get_by_role("button", name="Continue").click()
    stranger.page.get_by_role("link", name="I have lost all of these").click()
    expect(stranger.page.get_by_text("You can go on without them after 72 hours.")).to_be_visible()


# A forgotten password


def test_a_new_password_by_the_link_of_a_mail(
    alice: User, visitor: Visitor, new_visitor: NewVisitor, mails: MailServer
) -> None:
    """The check really solved; in another browser the link only explains; sessions end, and a mail says so."""
    turn_on(captcha="always")
    elsewhere = new_visitor()
    elsewhere.already_signed_in()
    page = visitor.open(SIGN_IN)
    page.get_by_role("link", name="Forgot password?").click()
    box = page.get_by_role("group", name="Check against robots")
    expect(box.get_by_role("status")).to_have_text("Done: you are not a robot.", use_inner_text=True)
    visitor.field("Username or e-mail address").fill("ALICE@Example.org")
    page.get_by_role("button", name="Continue").click()
    assert CaptchaSolution.objects.count() == 1
    choose(visitor, "Send me an e-mail")
    expect(
        page.get_by_text("If the account has a proven e-mail address, a message is on its way there.")
    ).to_be_visible()
    link = link_in(arrived(mails, "Set a new password"))
    assert newest("recovery_code").state == State.SENT

    other = new_visitor()
    other.page.goto(link)
    expect(other.heading).to_have_text("This link does not work here")
    expect(other.page.get_by_text("only in the browser where you asked for it")).to_be_visible()
    other.page.get_by_role("link", name="Begin again").click()
    expect(other.heading).to_have_text("Forgot password?")

    page.goto(link)
    expect(page).to_have_url(f"{visitor.base_url}{FORGOT}link/")  # the token is gone (security 42)
    page.get_by_role("button", name="Continue").click()
    expect(visitor.heading).to_have_text("Choose a new password")
    for label, text in (("New password", "short"), ("Confirm new password", "other")):
        visitor.field(label).fill(text)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    set_password(visitor)
    assert has_password(alice, NEW_PASSPHRASE)
    assert not LoginSession.objects.filter(ended_at=None).exists()
    elsewhere.open("/myaccount/")
    expect(elsewhere.heading).to_have_text("Sign in")
    assert "it has a new password" in arrived(mails, "Your password was reset")
    visitor.sign_in(password=NEW_PASSPHRASE)
    page.goto(link)
    expect(visitor.heading).to_have_text("This link does not work here")


def test_a_new_password_by_the_code_of_a_mail(alice: User, visitor: Visitor, mails: MailServer) -> None:
    """A new code kills the old one (security 45)."""
    turn_on(captcha="always")
    page = visitor.page
    forget_password(visitor)
    choose(visitor, "Send me an e-mail")
    first = code_in(arrived(mails, "Set a new password"))
    enter(visitor, wrong(first))
    expect(page.get_by_role("alert")).to_contain_text("That is not the code we sent, or it no longer works.")
    page.get_by_role("button", name="Send a new code").click()
    visitor.expect_message("A code was sent a moment ago. Wait a minute before you ask for another.")
    Recovery.objects.update(sent_at=timezone.now() - timedelta(seconds=61))
    page.get_by_role("button", name="Send a new code").click()
    expect(visitor.heading).to_have_text("Enter the code")
    second = code_in(arrived(mails, "Set a new password"))
    if first != second:
        enter(visitor, first)
        expect(page.get_by_role("alert")).to_be_visible()
    enter(visitor, f"{second[:3]} {second[3:]}")
    set_password(visitor)
    assert has_password(alice, NEW_PASSPHRASE)
    assert events(EventKind.RECOVERY_DONE, alice) == 1
    assert recipients("account_recovered") == ["alice@example.org"]
    visitor.sign_in(password=NEW_PASSPHRASE)


def test_a_new_password_by_sms(alice: User, visitor: Visitor, gateway: Gateway) -> None:
    turn_on(captcha="always")
    User.objects.filter(pk=alice.pk).update(mobile=NUMBER, mobile_verified_at=timezone.now())
    page = visitor.page
    forget_password(visitor)
    choose(visitor, "Send me a text message")
    expect(page.get_by_text("If the account has a proven mobile number, a code is on its way there.")).to_be_visible()
    text = arrived_by_sms(gateway)
    found = re.search(r"^@\S+ #(\d{6})$", text, re.MULTILINE)  # so that phones fill it in
    assert found, text
    enter(visitor, found[1])
    set_password(visitor)
    assert has_password(alice, NEW_PASSPHRASE)


def test_another_way_after_all(alice: User, visitor: Visitor, mails: MailServer) -> None:
    turn_on()
    forget_password(visitor)
    choose(visitor, "Send me a text message")
    visitor.page.get_by_role("link", name="Choose another way").click()
    choose(visitor, "Send me an e-mail")
    enter(visitor, code_in(arrived(mails, "Set a new password")))
    set_password(visitor)
    assert has_password(alice, NEW_PASSPHRASE)


def test_who_is_unknown_sees_the_same_and_nobody_gets_anything(
    alice: User, visitor: Visitor, new_visitor: NewVisitor, mails: MailServer
) -> None:
    """Security 36, word for word."""
    turn_on(captcha="always")
    seen = []
    for somebody, name in ((visitor, "alice"), (new_visitor(), "nobody")):
        forget_password(somebody, name)
        ways = words(somebody)
        choose(somebody, "Send me an e-mail")
        code = words(somebody)
        enter(somebody, "000000")
        expect(somebody.page.get_by_role("alert")).to_be_visible()
        seen.append((ways, code, words(somebody)))
    assert seen[0] == seen[1]
    work_once()
    assert [mail["To"] for mail in mails.received] == ["alice@example.org"]


def test_a_step_opened_out_of_turn_leads_back(alice: User, visitor: Visitor, mails: MailServer) -> None:
    """Security 40: skipped, done before, and begun anew elsewhere."""
    turn_on()
    visitor.open(f"{FORGOT}new/")
    expect(visitor.heading).to_have_text("Forgot password?")
    forget_password(visitor)
    visitor.open(f"{FORGOT}new/")
    expect(visitor.heading).to_have_text("Prove that it is you")
    choose(visitor, "Send me an e-mail")
    code = code_in(arrived(mails, "Set a new password"))
    enter(visitor, code)
    expect(visitor.heading).to_have_text("Choose a new password")
    visitor.page.go_back()
    visitor.page.reload()
    expect(visitor.heading).to_have_text("Choose a new password")


# With a second factor


def test_a_second_factor_is_asked_for_and_stays(alice: User, visitor: Visitor, mails: MailServer) -> None:
    """Security 41."""
    turn_on()
    app = add_app(alice)
    forget_password(visitor)
    choose(visitor, "Send me an e-mail")
    enter(visitor, code_in(arrived(mails, "Set a new password")))
    expect(visitor.heading).to_have_text("Second step")
    expect(visitor.page.get_by_text("A new password does not go round your second factor.")).to_be_visible()
    visitor.open(f"{FORGOT}new/")
    expect(visitor.heading).to_have_text("Second step")
    visitor.give_code()
    set_password(visitor)
    assert TotpDevice.objects.get() == app
    visitor.sign_in(password=NEW_PASSPHRASE)
    assert LoginSession.objects.get(ended_at=None).methods == ["pwd", "otp", "mfa"]


def test_a_backup_code_does_as_well(alice: User, visitor: Visitor, mails: MailServer) -> None:
    turn_on()
    add_app(alice)
    codes = add_codes(alice)
    forget_password(visitor)
    choose(visitor, "Send me an e-mail")
    enter(visitor, code_in(arrived(mails, "Set a new password")))
    visitor.page.get_by_role("link", name="Use a backup code").click()
    visitor.page.locator("input[name=code]").fill(codes[0])
    visitor.page.get_by_role("button", name="Continue").click()
    set_password(visitor)
    assert BackupCode.objects.exclude(used_at=None).count() == 1


# Lost every factor


def start_waiting(visitor: Visitor, mails: MailServer) -> None:
    forget_password(visitor)
    choose(visitor, "Send me an e-mail")
    enter(visitor, code_in(arrived(mails, "Set a new password")))
    expect(visitor.heading).to_have_text("Second step")
    visitor.page.get_by_role("link", name="I have lost all of these").click()
    expect(visitor.heading).to_have_text("Lost every second factor?")
    expect(visitor.page.get_by_text("You can go on without them after 24 hours.")).to_be_visible()
    visitor.page.get_by_role("button", name="Start the waiting time").click()
    expect(visitor.heading).to_have_text("The waiting time has begun")


def test_who_lost_every_factor_waits_a_day(
    alice: User, visitor: Visitor, new_visitor: NewVisitor, mails: MailServer, gateway: Gateway
) -> None:
    """Every address and the number are told at the start and at the end."""
    turn_on(captcha="always")
    add_app(alice)
    add_sms(alice)
    RecoveryAddress.objects.create(user=alice, email=SPARE, verified_at=timezone.now())
    start_waiting(visitor, mails)
    row = WaitingRecovery.objects.get(user=alice)
    assert row.ready_at - row.started_at == timedelta(hours=24)
    for address in ("alice@example.org", SPARE):
        assert "every second factor is lost" in arrived(mails, "has begun", address)
    assert [TO_STOP.search(body["message"]) is not None for _path, body in gateway.received] == [True]

    early = new_visitor()
    with time_machine.travel(row.ready_at - timedelta(minutes=2)):
        forget_password(early)
        choose(early, "Send me an e-mail")
        enter(early, code_in(arrived(mails, "Set a new password")))
        expect(early.heading).to_have_text("Second step")

    with time_machine.travel(row.ready_at + timedelta(minutes=6)):
        for address in ("alice@example.org", SPARE):
            assert "The waiting time is over" in arrived(mails, "is over", address)
        assert len(gateway.received) == 2
        later = new_visitor()
        forget_password(later)
        choose(later, "Send me an e-mail")
        enter(later, code_in(arrived(mails, "Set a new password")))
        set_password(later)
        assert not TotpDevice.objects.exists()
        assert not WaitingRecovery.objects.exists()
        later.sign_in(password=NEW_PASSPHRASE)


def test_the_link_of_a_mail_stops_the_wait(
    alice: User, visitor: Visitor, new_visitor: NewVisitor, mails: MailServer
) -> None:
    """In any browser: whoever reads the person's mail may."""
    turn_on()
    add_app(alice)
    start_waiting(visitor, mails)
    link = link_in(arrived(mails, "has begun"), TO_STOP)
    other = new_visitor()
    other.page.goto(link)
    expect(other.heading).to_have_text("Stop this recovery?")
    assert WaitingRecovery.objects.exists()
    other.page.get_by_role("button", name="Stop the recovery").click()
    expect(other.heading).to_have_text("The recovery was stopped")
    assert not WaitingRecovery.objects.exists()
    assert events(EventKind.RECOVERY_WAITING_CANCELLED, alice) == 1
    assert "Your second factors stay" in arrived(mails, "was stopped")
    other.page.goto(link)
    expect(other.heading).to_have_text("There is nothing to stop")
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        forget_password(other)
        choose(other, "Send me an e-mail")
        enter(other, code_in(arrived(mails, "Set a new password")))
        expect(other.heading).to_have_text("Second step")


def test_who_finds_a_factor_ends_the_wait_by_signing_in(alice: User, visitor: Visitor, mails: MailServer) -> None:
    turn_on()
    add_app(alice)
    start_waiting(visitor, mails)
    visitor.sign_in()
    assert not WaitingRecovery.objects.exists()


# A forgotten username


def test_a_forgotten_username(alice: User, visitor: Visitor, mails: MailServer) -> None:
    turn_on(captcha="always")
    page = visitor.open(SIGN_IN)
    for address in ("ALICE@example.org", "nobody@example.org"):
        visitor.open(SIGN_IN)
        page.get_by_role("link", name="Forgot username?").click()
        expect(visitor.heading).to_have_text("Forgot username?")
        visitor.field("E-mail address").fill(address)
        page.get_by_role("button", name="Continue").click()
        expect(visitor.heading).to_have_text("Check your e-mail")
        assert "alice" not in words(visitor)
    work_once()
    texts = {mail["To"]: mail.get_body(("plain",)).get_content() for mail in mails.received}  # type: ignore[union-attr]
    assert re.search(r"^alice\s*$", texts["alice@example.org"], re.MULTILINE)
    assert "None does" in texts["nobody@example.org"]
    assert CaptchaSolution.objects.count() == 2


# By an administrator


def open_recovery_of_alice(visitor: Visitor) -> None:
    visitor.open("/admin/users/user/?q=alice")
    visitor.page.get_by_role("row", name="alice").get_by_role("link", name="alice", exact=True).click()
    visitor.page.get_by_role("main").get_by_role("link", name="Account recovery").click()
    expect(visitor.page.get_by_role("heading", level=2, name="Send a link")).to_be_visible()


def test_an_administrator_sends_a_link(
    ada: User, alice: User, visitor: Visitor, new_visitor: NewVisitor, mails: MailServer
) -> None:
    """Security 48: with everything off, and without seeing anything; the link opens in the person's own browser."""
    page = visitor.already_signed_in("ada")
    open_recovery_of_alice(visitor)
    page.get_by_role("button", name="Send the link").click()
    expect(page.locator(".messagelist .success")).to_contain_text("is on its way to their proven addresses")
    link = link_in(arrived(mails, "Set a new password"))
    assert link not in page.content()
    alices, thief = new_visitor(), new_visitor()
    alices.page.goto(link)
    alices.page.get_by_role("button", name="Continue").click()
    expect(alices.heading).to_have_text("Choose a new password")
    thief.page.goto(link)
    expect(thief.heading).to_have_text("This link does not work here")
    set_password(alices)
    assert has_password(alice, NEW_PASSPHRASE)
    assert Event.objects.filter(kind=EventKind.RECOVERY_STARTED, user_uuid=alice.uuid).count() == 1
    alices.sign_in(password=NEW_PASSPHRASE)


def test_an_administrator_asks_for_a_new_password(
    ada: User, alice: User, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    """Security 18, 48."""
    alices = new_visitor()
    alices.already_signed_in()
    page = visitor.already_signed_in("ada")
    open_recovery_of_alice(visitor)
    page.get_by_role("button", name="Ask at the next sign-in").click()
    expect(page.locator(".messagelist .success")).to_contain_text("at their next sign-in")
    alices.give_password(at=SECURITY)
    expect(alices.heading).to_have_text("Choose a new password")
    for label in ("New password", "Confirm new password"):
        alices.field(label).fill(PASSPHRASE)
    alices.page.get_by_role("button", name="Continue").click()
    expect(alices.page.get_by_role("alert")).to_be_visible()
    alices.open("/myaccount/")
    expect(alices.heading).to_have_text("Sign in")
    alices.give_password()
    for label in ("New password", "Confirm new password"):
        alices.field(label).fill(NEW_PASSPHRASE)
    alices.page.get_by_role("button", name="Continue").click()
    expect(alices.heading).to_contain_text("Welcome")
    assert has_password(alice, NEW_PASSPHRASE)


# Without script, without a mouse


def test_without_script_the_check_explains_itself(alice: User, new_visitor: NewVisitor) -> None:
    """Security 46: and nothing is sent."""
    turn_on(captcha="always")
    visitor = new_visitor(java_script_enabled=False)
    page = visitor.open(FORGOT)
    assert "The check needs JavaScript, which is switched off in this browser." in page.content()
    visitor.field("Username or e-mail address").fill("alice")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(visitor.field("Username or e-mail address")).to_have_value("alice")
    assert not Recovery.objects.exists()


def test_without_script_and_check_everything_works(alice: User, new_visitor: NewVisitor, mails: MailServer) -> None:
    turn_on()
    choose_questions(alice)
    add_app(alice)
    visitor = new_visitor(java_script_enabled=False)
    forget_password(visitor)
    choose(visitor, "Send me an e-mail")
    visitor.page.goto(link_in(arrived(mails, "Set a new password")))
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.give_code()
    set_password(visitor)
    visitor.sign_in(password=NEW_PASSPHRASE)
    page = visitor.go_to("Security")
    section(visitor).get_by_role("link", name="Edit recovery address").click()
    visitor.field("E-mail address").fill(SPARE)
    page.get_by_role("button", name="Update").click()
    enter(visitor, code_in(arrived(mails, "recovery address", SPARE)), "Confirm")
    visitor.expect_message("Your recovery address was updated.")
    section(visitor).get_by_role("link", name="Remove security questions").click()
    expect(visitor.heading).to_have_text("Remove your security questions?")
    page.get_by_role("button", name="Remove").click()
    visitor.expect_message("Your security questions were removed.")
    visitor.open("/myaccount/forgot-username/")
    visitor.field("E-mail address").fill("alice@example.org")
    page.get_by_role("button", name="Continue").click()
    expect(visitor.heading).to_have_text("Check your e-mail")


def test_a_forgotten_password_by_the_keyboard_alone(alice: User, visitor: Visitor, mails: MailServer) -> None:
    turn_on(captcha="always")
    page = visitor.open(SIGN_IN)
    tab_to(page, "Forgot password?")
    page.keyboard.press("Enter")
    expect(visitor.field("Username or e-mail address")).to_be_focused()
    page.keyboard.type("alice")
    page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Prove that it is you")
    tab_to(page, "Send me an e-mail", at_most=10)
    page.keyboard.press("Enter")
    expect(visitor.field("Code")).to_be_focused()
    page.keyboard.type(code_in(arrived(mails, "Set a new password")))
    page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Choose a new password")
    tab_to(page, "New password", at_most=10)
    page.keyboard.type(NEW_PASSPHRASE)
    tab_to(page, "Confirm new password", at_most=3)
    page.keyboard.type(NEW_PASSPHRASE)
    page.keyboard.press("Enter")
    visitor.expect_message("Your password was changed")
    assert has_password(alice, NEW_PASSPHRASE)
