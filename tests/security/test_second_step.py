"""The second step: at sign-in, and when confirming access."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.limits.models import AttemptBudget
from myaccount.users.models import User
from security.factors import services
from security.factors.kinds import Authenticator
from security.factors.models import BackupCode, Purpose, TrustedBrowser
from security.policy.models import SignInPolicy
from sessions_app.models import LoginSession
from tests.support.addresses import addresses
from tests.support.browsing import SIGN_IN, make_stale, new_browser
from tests.support.factors import add_app, add_codes, add_sms, code_of, sms_code, wrong_code
from tests.support.people import CHROME, PASSPHRASE, make_person

COOKIE = settings.SESSION_COOKIE_NAME
STEP = "/myaccount/sign-in/second-step/"
TOTP, SMS, CODES = f"{STEP}totp/", f"{STEP}sms/", f"{STEP}backup-code/"
CONFIRM = "/myaccount/confirm/"
SENSITIVE = "/myaccount/security/sessions/terminate-all/"
OPEN_HALF_WAY = {
    "sign-in", "sign-out", "signed-out", "set-language", "theme", "logo", "session-remaining", "extend-session",
    "second-step", "second-step-with", "send-sign-in-code", "second-step-options", "passkey-options",
    "sign-in-with-passkey", "health", "ready", "captcha-challenge",
}  # fmt: skip


def give_password(browser: Client, username: str = "alice", **form: str) -> Any:
    return browser.post(SIGN_IN, {"identifier": username, "password": PASSPHRASE, **form})


@pytest.fixture
def half(alice: User, browser: Client) -> Client:
    """A browser in which alice, who has an authenticator app, has given her password."""
    add_app(alice)
    assert give_password(browser)["Location"] == STEP
    return browser


def is_signed_in(browser: Client) -> bool:
    return bool(browser.get("/myaccount/").status_code == 200)


# Signing in


def test_a_password_alone_does_not_sign_in_who_has_a_second_factor(half: Client) -> None:
    """Security 52."""
    assert not is_signed_in(half)
    assert not LoginSession.objects.exists()
    page = half.get(STEP, follow=True)
    assert page.request["PATH_INFO"] == TOTP
    assert half.post(TOTP, {"code": code_of()})["Location"] == "/myaccount/"
    assert is_signed_in(half)
    assert LoginSession.objects.get().methods == ["pwd", "otp", "mfa"]


def test_the_person_arrives_where_they_wanted_to_be(alice: User, browser: Client) -> None:
    add_app(alice)
    give_password(browser, next="/myaccount/security/")
    assert browser.post(TOTP, {"code": code_of()})["Location"] == "/myaccount/security/"


def test_half_a_sign_in_reaches_no_other_address(half: Client) -> None:
    """Security 52: walked through all there are."""
    others = [address for address in addresses() if address.name not in OPEN_HALF_WAY]
    # Who recovers an account has shown nothing yet, half signed in or not.
    # Nor have those who register, or who come back from an identity provider they were not sent to.
    open_to_all = (
        "/myaccount/forgot-password/", "/myaccount/forgot-username/", "/myaccount/register/",
        "/myaccount/sign-in/with/", "/myaccount/export/schema.json",
    )  # fmt: skip
    others = [address for address in others if not address.path.startswith(open_to_all)]
    doors = [address for address in others if address.path.startswith(("/myaccount/", "/admin/"))]
    assert len(doors) > 50
    for address in doors:
        for method in (half.get, half.post):
            response = method(address.path)
            assert response.status_code in (302, 307, 404, 405), address
            if response.status_code in (302, 307):
                elsewhere = ("/admin/", "/myaccount/sign-out/", "/myaccount/security/change-password/edit/")
                assert response["Location"].startswith((SIGN_IN, *elsewhere)), address  # doors of the list themselves
    assert half.session.get("_auth_user_id") is None


def test_half_a_sign_in_keeps_no_password_and_no_seed(half: Client) -> None:
    """Security 10."""
    assert PASSPHRASE not in str(dict(half.session.items()))
    assert set(half.session["pending_sign_in"]) == {
        "user_uuid", "at", "methods", "next", "stage", "is_known_browser", "is_trusted_browser", "wants_trust",
        "has_postponed", "switched_from", "proven_at", "came_by",
    }  # fmt: skip


def test_the_second_step_ends_after_ten_minutes(alice: User, browser: Client, time_machine: Any) -> None:
    """Security 10."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    add_app(alice)
    give_password(browser)
    time_machine.shift(600)
    assert browser.post(TOTP, {"code": code_of()})["Location"] == SIGN_IN
    assert not is_signed_in(browser)


def test_the_second_step_ends_when_the_account_is_switched_off(half: Client, alice: User) -> None:
    """Security 6, 10."""
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert half.post(TOTP, {"code": code_of()})["Location"] == SIGN_IN


def test_the_sessions_key_changes_at_every_stage(alice: User, browser: Client) -> None:
    """Security 9: the cookies of earlier stages are dead."""
    add_app(alice)
    give_password(browser)
    first = browser.cookies[COOKIE].value
    browser.post(TOTP, {"code": code_of()})
    second = browser.cookies[COOKIE].value
    assert first != second
    thief = new_browser()
    thief.cookies[COOKIE] = first
    assert not is_signed_in(thief)
    assert thief.post(TOTP, {"code": code_of()})["Location"] == SIGN_IN


def test_a_stage_that_is_over_does_not_come_back(half: Client) -> None:
    half.post(TOTP, {"code": code_of()})
    assert half.get(STEP)["Location"] == SIGN_IN
    assert half.post(TOTP, {"code": code_of()})["Location"] == SIGN_IN


def test_the_second_step_cannot_be_opened_without_the_first(alice: User, browser: Client) -> None:
    """Security 40, in spirit: steps cannot be skipped or swapped."""
    add_app(alice)
    for path in (STEP, TOTP, SMS, CODES):
        assert browser.get(path)["Location"] == SIGN_IN
    assert browser.post(TOTP, {"code": code_of()})["Location"] == SIGN_IN
    assert browser.post(f"{STEP}sms/send/")["Location"] == SIGN_IN
    assert browser.post(f"{STEP}device/options/").status_code == 403


def test_somebody_elses_code_does_not_do(alice: User, bob: User, browser: Client) -> None:
    add_app(alice)
    add_app(bob, seed=b"another seed of bob!")
    give_password(browser)
    assert browser.post(TOTP, {"code": code_of(b"another seed of bob!")}).status_code == 422
    assert not is_signed_in(browser)


def test_a_wrong_code_says_so_and_is_written_down(half: Client, alice: User) -> None:
    page = half.post(TOTP, {"code": wrong_code()})
    assert page.status_code == 422
    assert "That code is not right." in page.content.decode()
    event = Event.objects.get(kind=EventKind.FACTOR_FAILED, user_uuid=alice.uuid)
    assert event.data == {"factor": "totp"}


@pytest.mark.parametrize(
    "code", ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5", "\u0661" * 6, "9" * 5000]
)
def test_odd_codes_are_wrong_codes(half: Client, code: str) -> None:
    """Security 90."""
    assert half.post(TOTP, {"code": code}).status_code == 422


def test_every_enrolled_way_is_offered_the_chosen_one_first(alice: User, browser: Client) -> None:
    add_app(alice)
    add_sms(alice)
    add_codes(alice)
    services.prefer(user=alice, authenticator=Authenticator.SMS, origin=SYSTEM, now=timezone.now())
    give_password(browser)
    page = browser.get(STEP, follow=True)
    assert page.request["PATH_INFO"] == SMS
    text = page.content.decode()
    assert "Use an authenticator app" in text
    assert "Use a backup code" in text
    assert alice.mobile not in text  # who has the password need not learn the number


def test_a_code_by_sms(alice: User, browser: Client) -> None:
    """Security 58: sent when the page is asked for first, good in this session."""
    add_sms(alice)
    give_password(browser)
    assert "Enter the code we sent" in browser.get(SMS).content.decode()
    other = new_browser(CHROME)
    give_password(other)
    assert other.post(SMS, {"code": sms_code()}).status_code == 422
    assert browser.post(SMS, {"code": sms_code()}).status_code == 302
    assert is_signed_in(browser)
    assert LoginSession.objects.get().methods == ["pwd", "sms", "mfa"]


def test_a_backup_code_works_once(alice: User, browser: Client) -> None:
    """Security 60."""
    add_app(alice)
    codes = add_codes(alice)
    give_password(browser)
    assert browser.post(CODES, {"code": codes[3].upper()}).status_code == 302
    assert BackupCode.objects.filter(used_at=None).count() == 9
    again = new_browser(CHROME)
    give_password(again)
    assert again.post(CODES, {"code": codes[3]}).status_code == 422
    assert Event.objects.filter(kind=EventKind.BACKUP_CODE_USED).count() == 1


def test_what_one_does_not_have_cannot_be_shown(half: Client) -> None:
    for path in (SMS, CODES, f"{STEP}device/", f"{STEP}password/", f"{STEP}nothing/"):
        assert half.post(path, {"code": code_of()})["Location"] == STEP
    assert half.post(f"{STEP}sms/send/").status_code == 404
    assert half.post(f"{STEP}device/options/").status_code == 403


def test_a_code_of_the_app_works_once(alice: User) -> None:
    """Security 54."""
    add_app(alice)
    first, second = new_browser(), new_browser(CHROME)
    give_password(first)
    give_password(second)
    code = code_of()
    assert first.post(TOTP, {"code": code}).status_code == 302
    assert second.post(TOTP, {"code": code}).status_code == 422


# The budget


def test_one_budget_for_all_factors(alice: User, browser: Client) -> None:
    """Security 56: guesses at one count against the others."""
    add_app(alice)
    codes = add_codes(alice)
    give_password(browser)
    for number in range(5):
        path = TOTP if number % 2 else CODES
        assert browser.post(path, {"code": wrong_code()}).status_code == 422
    page = browser.post(CODES, {"code": codes[0]})
    assert page.status_code == 422
    assert "too many tries" in page.content.decode()
    assert BackupCode.objects.filter(used_at=None).count() == 10


def test_a_new_code_or_a_new_password_gives_no_new_guesses(alice: User, time_machine: Any) -> None:
    """Security 56."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    add_sms(alice)
    for number in range(5):
        browser = new_browser(address=f"192.0.2.{number + 1}")
        give_password(browser)
        browser.post(SMS, {"code": "000000"})
        time_machine.shift(1)
    time_machine.shift(10)
    last = new_browser(address="192.0.2.77")
    give_password(last)
    last.post(f"{STEP}sms/send/")
    assert last.post(SMS, {"code": sms_code()}).status_code == 422


def test_the_owner_passes_from_a_known_browser_whatever_strangers_guess(alice: User, browser: Client) -> None:
    """Security 5, 56."""
    add_app(alice)
    give_password(browser)
    browser.post(TOTP, {"code": code_of()})
    browser.post("/myaccount/sign-out/")
    stranger = new_browser(CHROME, address="203.0.113.9")
    give_password(stranger)
    for _ in range(7):
        stranger.post(TOTP, {"code": wrong_code()})
    give_password(browser)
    later = code_of(at=timezone.now() + timedelta(seconds=30))
    assert browser.post(TOTP, {"code": later}).status_code == 302


def test_after_a_hundred_wrong_codes_in_a_row_none_is_looked_at(
    alice: User, browser: Client, time_machine: Any
) -> None:
    """Security 56: a hard stop, which waiting does not lift and an administrator does."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    app = add_app(alice)
    for _ in range(100):
        give_password(browser)
        browser.post(TOTP, {"code": wrong_code()})
        time_machine.shift(3700)
    give_password(browser)
    page = browser.post(TOTP, {"code": code_of()})
    assert page.status_code == 422
    assert "ask an administrator" in page.content.decode()
    time_machine.shift(30 * 24 * 3600)
    fresh = new_browser(CHROME, address="203.0.113.9")
    give_password(fresh)
    assert fresh.post(TOTP, {"code": code_of()}).status_code == 422
    app.refresh_from_db()
    assert app.last_used_at is None
    services.unlock(user=alice, by=make_person("ada", is_staff=True), origin=SYSTEM, now=timezone.now())
    assert fresh.post(TOTP, {"code": code_of()}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_failure_survives_a_rollback(rf: Any) -> None:
    """Security 57: counted in a transaction of its own, which cannot be inside another."""
    alice = make_person()
    add_app(alice)
    request = rf.post(TOTP)
    request.session, request.META["REMOTE_ADDR"] = new_browser().session, "192.0.2.1"
    guess: Any = {"user": alice, "authenticator": Authenticator.TOTP, "code": "0", "purpose": Purpose.SIGN_IN}
    guess["now"] = timezone.now()
    with pytest.raises(RuntimeError), transaction.atomic():
        services.verify_code(request, **guess)
    with pytest.raises(services.WrongFactor):
        services.verify_code(request, **guess)
    assert AttemptBudget.objects.get(key=f"factor:{alice.uuid}").failures == 1


def test_success_makes_the_budget_whole(half: Client, alice: User) -> None:
    half.post(TOTP, {"code": wrong_code()})
    half.post(TOTP, {"code": code_of()})
    assert not AttemptBudget.objects.filter(key__contains="factor:").exists()


# Trusted browsers


def sign_in_and_trust(browser: Client) -> None:
    give_password(browser)
    assert browser.post(TOTP, {"code": code_of(), "trust": "on"}).status_code == 302
    browser.post("/myaccount/sign-out/")


def test_a_trusted_browser_is_not_asked_for_so_many_days(alice: User, browser: Client, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    add_app(alice)
    sign_in_and_trust(browser)
    assert give_password(browser)["Location"] == "/myaccount/"
    assert Event.objects.filter(kind=EventKind.BROWSER_TRUSTED).count() == 1
    browser.post("/myaccount/sign-out/")
    time_machine.shift(30 * 24 * 3600)
    assert give_password(browser)["Location"] == STEP


def test_trust_is_of_one_browser_and_one_person(alice: User, bob: User, browser: Client) -> None:
    add_app(alice)
    add_app(bob)
    sign_in_and_trust(browser)
    assert give_password(new_browser(CHROME))["Location"] == STEP
    assert give_password(browser, "bob")["Location"] == STEP


def test_trust_ends_when_it_is_taken_back(alice: User, browser: Client) -> None:
    add_app(alice)
    sign_in_and_trust(browser)
    TrustedBrowser.objects.all().delete()
    assert give_password(browser)["Location"] == STEP


def test_trust_ends_with_a_new_password(alice: User, browser: Client) -> None:
    """Security 19."""
    add_app(alice)
    give_password(browser)
    browser.post(TOTP, {"code": code_of(), "trust": "on"})
    assert TrustedBrowser.objects.count() == 1
    new = "nine purple paper sailboats"
    form = {"current_password": PASSPHRASE, "new_password": new, "confirm_new_password": new}
    assert browser.post("/myaccount/security/change-password/", form).status_code == 302
    assert not TrustedBrowser.objects.exists()


def test_no_browser_is_trusted_where_the_policy_does_not_allow_it(alice: User, browser: Client) -> None:
    SignInPolicy(trust_days=0).save()
    add_app(alice)
    give_password(browser)
    assert "Trust this browser" not in browser.get(TOTP).content.decode()
    browser.post(TOTP, {"code": code_of(), "trust": "on"})
    assert not TrustedBrowser.objects.exists()


def test_trust_ends_where_the_policy_no_longer_allows_it(alice: User, browser: Client) -> None:
    add_app(alice)
    sign_in_and_trust(browser)
    SignInPolicy(trust_days=0).save()
    assert give_password(browser)["Location"] == STEP


@pytest.mark.parametrize("cookie", ["", "x", "e30:x:y", "\u00e9"])
def test_a_forged_cookie_makes_no_browser_trusted(alice: User, browser: Client, cookie: str) -> None:
    add_app(alice)
    browser.cookies["trusted"] = cookie
    assert give_password(browser)["Location"] == STEP


# Confirming access


@pytest.fixture
def twice(half: Client) -> Client:
    """A browser in which alice has signed in with two factors a while ago."""
    half.post(TOTP, {"code": code_of(at=timezone.now() - timedelta(seconds=30))})
    make_stale(half)
    return half


def test_who_has_a_second_factor_confirms_with_it_and_not_with_the_password(twice: Client) -> None:
    """Security 20, 53, 61."""
    asked = twice.get(SENSITIVE, follow=True)
    assert asked.request["PATH_INFO"] == "/myaccount/confirm/with/totp/"
    assert twice.post(CONFIRM, {"password": PASSPHRASE, "next": SENSITIVE})["Location"].startswith(CONFIRM)
    assert twice.get(SENSITIVE).status_code == 302
    page = f"{CONFIRM}with/totp/?next={SENSITIVE}"
    assert twice.post(page, {"code": wrong_code()}).status_code == 422
    assert twice.post(page, {"code": code_of()})["Location"] == SENSITIVE
    assert twice.get(SENSITIVE).status_code == 200
    assert Event.objects.filter(kind=EventKind.IDENTITY_CONFIRMED).count() == 1


def test_a_password_just_given_is_not_enough_once_there_is_a_factor(alice: User, browser: Client) -> None:
    """Security 53: a trusted browser signs in with the password, and reaches no factor with it."""
    add_app(alice)
    sign_in_and_trust(browser)
    give_password(browser)
    for name in ("add-totp", "add-device", "edit-sms", "make-backup-codes", "add-factor", "forget-browsers"):
        assert browser.get(reverse(name))["Location"].startswith(CONFIRM), name
    pk = alice.totpdevice_set.get().pk
    for name in ("remove-factor", "rename-factor"):
        path = reverse(name, args=["totp", pk])
        assert browser.get(path)["Location"].startswith(CONFIRM)
        assert browser.post(path, {"name": "x"})["Location"].startswith(CONFIRM)
    new = "nine purple paper sailboats"
    form = {"current_password": PASSPHRASE, "new_password": new, "confirm_new_password": new}
    assert browser.post("/myaccount/security/change-password/", form)["Location"].startswith(CONFIRM)
    alice.refresh_from_db()
    assert alice.check_password(PASSPHRASE)


def test_confirming_by_sms(alice: User, browser: Client) -> None:
    add_sms(alice)
    give_password(browser)
    browser.post(SMS, {"code": sms_code()})
    make_stale(browser)
    page = browser.get(SENSITIVE, follow=True)
    assert "Send a code" in page.content.decode()
    sent = browser.post(f"{CONFIRM}with/sms/send/?next={SENSITIVE}")
    assert sent["Location"].startswith(f"{CONFIRM}with/sms/")
    assert browser.post(sent["Location"], {"code": sms_code()})["Location"] == SENSITIVE


def test_a_code_for_signing_in_does_not_confirm(alice: User, browser: Client) -> None:
    """Security 58: bound to its purpose."""
    add_sms(alice)
    give_password(browser)
    browser.post(SMS, {"code": sms_code()})
    other = new_browser(CHROME)
    give_password(other)
    unused = sms_code()
    make_stale(browser)
    assert browser.post(f"{CONFIRM}with/sms/", {"code": unused}).status_code == 422


def test_confirming_changes_the_sessions_key(twice: Client) -> None:
    """Security 9."""
    before = twice.cookies[COOKIE].value
    twice.post(f"{CONFIRM}with/totp/?next={SENSITIVE}", {"code": code_of()})
    assert twice.cookies[COOKIE].value != before


def test_what_was_being_done_is_not_lost(twice: Client) -> None:
    """Security 20."""
    twice.post("/myaccount/personal-info/contact/email/", {"value": "new@example.org", "opened_with": ""})
    twice.post(f"{CONFIRM}with/totp/?next={CONFIRM}continue/", {"code": code_of()})
    assert "new@example.org" in twice.get(f"{CONFIRM}continue/").content.decode()
