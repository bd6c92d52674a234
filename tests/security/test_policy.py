"""What the organisation asks for: who needs a second factor, which ones, and chains of steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from security.factors.kinds import Authenticator
from security.factors.models import SmsDevice, TotpDevice
from security.policy.models import AuthenticationChain, ChainStep, Requirement, SignInPolicy
from sessions_app.models import LoginSession
from tests.security.test_second_step import SMS, STEP, TOTP, give_password, is_signed_in
from tests.support.browsing import new_browser
from tests.support.factors import add_app, add_codes, add_sms, code_of, sms_code, typed_secret
from tests.support.people import CHROME, make_person

SET_UP = "/myaccount/sign-in/set-up/"
ADD_APP = "/myaccount/security/factors/authenticator-app/add/"


def require(requirement: Requirement, *, grace_days: int = 0, **fields: Any) -> SignInPolicy:
    policy = SignInPolicy(requirement=requirement, grace_days=grace_days, **fields)
    policy.save()
    return policy


def chain(*steps: list[Authenticator], name: str = "Strict", **fields: Any) -> AuthenticationChain:
    made = AuthenticationChain.objects.create(name=name, **fields)
    for order, authenticators in enumerate(steps):
        ChainStep.objects.create(chain=made, order=order, authenticators=authenticators)
    return made


def set_up_app(browser: Client) -> Any:
    """Set up an authenticator app from what the page shows."""
    seed = typed_secret(browser.get(ADD_APP).content.decode())
    return browser.post(ADD_APP, {"name": "Phone", "code": code_of(seed)})


# Who


def test_without_a_policy_people_decide(alice: User, browser: Client) -> None:
    assert give_password(browser)["Location"] == "/myaccount/"


def test_everybody_is_led_through_setting_one_up(alice: User, browser: Client) -> None:
    require(Requirement.EVERYONE)
    assert give_password(browser)["Location"] == SET_UP
    page = browser.get(SET_UP).content.decode()
    assert "Authenticator app" in page
    assert "Not now" not in page
    assert not is_signed_in(browser)
    assert browser.post(SET_UP).status_code == 200  # nothing to put off
    assert set_up_app(browser)["Location"] == "/myaccount/"
    assert is_signed_in(browser)
    assert LoginSession.objects.get().methods == ["pwd", "otp", "mfa"]
    assert TotpDevice.objects.get().user == alice


def test_setting_up_sms_on_the_way_in(alice: User, browser: Client) -> None:
    require(Requirement.EVERYONE)
    give_password(browser)
    sent = browser.post(reverse("edit-sms"), {"mobile": "+44 7400 123456"})
    assert sent.status_code == 302
    assert browser.post(reverse("prove-sms"), {"code": sms_code()})["Location"] == "/myaccount/"
    assert is_signed_in(browser)
    assert SmsDevice.objects.get().user == alice


def test_pages_of_setting_up_are_closed_while_a_factor_is_still_to_be_shown(alice: User, browser: Client) -> None:
    """Security 53: with the password alone nobody adds a factor beside the one there is."""
    require(Requirement.EVERYONE)
    add_app(alice)
    give_password(browser)
    for name in ("add-totp", "edit-sms", "add-device", "add-factor"):
        assert browser.get(reverse(name))["Location"].startswith("/myaccount/sign-in/"), name
    assert browser.get(SET_UP)["Location"] == "/myaccount/sign-in/"


def test_there_is_time_to_set_one_up(alice: User, browser: Client, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    User.objects.update(date_joined=timezone.now() - timedelta(days=100))
    require(Requirement.EVERYONE, grace_days=14)
    give_password(browser)
    assert "6 Dec" in browser.get(SET_UP).content.decode()
    assert browser.post(SET_UP)["Location"] == "/myaccount/"
    assert is_signed_in(browser)
    assert "Set one up by" in browser.get("/myaccount/security/").content.decode()
    browser.post("/myaccount/sign-out/")
    time_machine.shift(timedelta(days=14))
    give_password(browser)
    assert "Not now" not in browser.get(SET_UP).content.decode()


def test_newcomers_have_their_own_time(alice: User, browser: Client) -> None:
    require(Requirement.EVERYONE, grace_days=14, required_since=timezone.now() - timedelta(days=100))
    give_password(browser)
    assert "Not now" in browser.get(SET_UP).content.decode()


def test_only_the_chosen_groups(alice: User, bob: User) -> None:
    policy = require(Requirement.GROUPS)
    editors = Group.objects.create(name="Editors")
    policy.groups.add(editors)
    alice.groups.add(editors)
    assert give_password(new_browser())["Location"] == SET_UP
    assert give_password(new_browser(CHROME), "bob")["Location"] == "/myaccount/"


def test_only_what_is_allowed_can_be_set_up(alice: User, browser: Client) -> None:
    """Security 63: and something beside SMS is always there."""
    require(Requirement.EVERYONE, allowed_methods=[Authenticator.TOTP, Authenticator.DEVICE])
    give_password(browser)
    assert "SMS number" not in browser.get(SET_UP).content.decode()
    assert browser.get(reverse("edit-sms")).status_code == 404
    assert browser.post(reverse("edit-sms"), {"mobile": "+447400123456"}).status_code == 404


def test_what_is_no_longer_allowed_is_still_asked_of_who_has_nothing_else(alice: User, browser: Client) -> None:
    """Never less than before: a password alone does not do."""
    require(Requirement.OPTIONAL, allowed_methods=[Authenticator.TOTP])
    add_sms(alice)
    assert give_password(browser)["Location"] == STEP
    assert browser.get(STEP)["Location"] == SMS


def test_what_is_no_longer_allowed_is_not_asked_of_who_has_something_better(alice: User, browser: Client) -> None:
    require(Requirement.OPTIONAL, allowed_methods=[Authenticator.TOTP])
    add_sms(alice)
    add_app(alice)
    give_password(browser)
    assert browser.post(f"{STEP}sms/send/").status_code == 404


# Administrators


@pytest.fixture
def ada(db: None) -> User:
    return make_person("ada", is_staff=True, is_superuser=True, has_app=False)


def test_administrators_set_one_up_at_their_first_entry(ada: User, browser: Client) -> None:
    """Security 52, 88: the portal opens, Django admin does not."""
    assert give_password(browser, "ada")["Location"] == "/myaccount/"
    turned = browser.get("/admin/users/user/")
    assert turned["Location"] == "/myaccount/security/factors/add/?next=%2Fadmin%2Fusers%2Fuser%2F"
    assert "Your organisation asks for one" in browser.get(turned["Location"]).content.decode()
    assert set_up_app(browser)["Location"] == "/admin/users/user/"
    assert browser.get("/admin/users/user/").status_code == 200


def test_administrators_show_theirs_at_the_door(ada: User, browser: Client) -> None:
    """Security 52: also those a trusted browser has let in with the password."""
    add_app(ada)
    give_password(browser, "ada")
    browser.post(TOTP, {"code": code_of(at=timezone.now() - timedelta(seconds=30)), "trust": "on"})
    assert browser.get("/admin/").status_code == 200
    browser.post("/myaccount/sign-out/")
    assert give_password(browser, "ada")["Location"] == "/myaccount/"
    asked = browser.get("/admin/")
    assert asked["Location"] == "/myaccount/confirm/?next=%2Fadmin%2F"
    assert browser.post("/myaccount/confirm/with/totp/?next=/admin/", {"code": code_of()})["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200


def test_nothing_is_done_in_admin_before(ada: User, browser: Client, bob: User) -> None:
    """Security 88: by POST neither."""
    give_password(browser, "ada")
    response = browser.post(f"/admin/users/user/{bob.pk}/delete/", {"post": "yes"})
    assert response["Location"].startswith("/myaccount/security/factors/add/")
    assert User.objects.filter(pk=bob.pk).exists()


def test_admin_asks_for_none_where_the_policy_does_not(ada: User, browser: Client) -> None:
    require(Requirement.OPTIONAL)
    give_password(browser, "ada")
    assert browser.get("/admin/").status_code == 200


@pytest.mark.parametrize("state", ["off", "read-only"])
def test_no_switch_keeps_administrators_from_what_is_asked_of_them(ada: User, browser: Client, state: str) -> None:
    PortalSettings(features={"security.multi-factor": state}).save()
    give_password(browser, "ada")
    assert browser.get(browser.get("/admin/")["Location"]).status_code == 200
    assert set_up_app(browser)["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200


# Chains


def test_each_step_of_a_chain_is_asked(alice: User, browser: Client) -> None:
    chain([Authenticator.PASSWORD], [Authenticator.TOTP], [Authenticator.SMS])
    add_app(alice)
    add_sms(alice)
    give_password(browser)
    assert browser.get(STEP)["Location"] == TOTP
    assert browser.post(SMS, {"code": "000000"})["Location"] == STEP  # not its turn
    assert browser.post(TOTP, {"code": code_of()})["Location"] == STEP
    assert not is_signed_in(browser)
    assert browser.get(STEP)["Location"] == SMS
    assert browser.post(SMS, {"code": sms_code()})["Location"] == "/myaccount/"
    assert LoginSession.objects.get().methods == ["pwd", "otp", "sms", "mfa"]


def test_any_authenticator_of_a_step_satisfies_it(alice: User, browser: Client) -> None:
    chain([Authenticator.PASSWORD], [Authenticator.TOTP, Authenticator.SMS])
    add_app(alice)
    add_sms(alice)
    give_password(browser)
    browser.post(f"{STEP}sms/send/")
    assert browser.post(SMS, {"code": sms_code()})["Location"] == "/myaccount/"


def test_who_lacks_what_a_step_asks_for_shows_what_they_have_and_adds_it(alice: User, browser: Client) -> None:
    """Security 53: never adds it with the password alone."""
    chain([Authenticator.PASSWORD], [Authenticator.TOTP])
    add_sms(alice)
    give_password(browser)
    assert browser.get(STEP)["Location"] == SMS
    assert browser.get(ADD_APP)["Location"].startswith("/myaccount/sign-in/")
    assert browser.post(SMS, {"code": sms_code()})["Location"] == SET_UP
    page = browser.get(SET_UP).content.decode()
    assert "Authenticator app" in page
    assert "SMS number" not in page
    assert set_up_app(browser)["Location"] == "/myaccount/"


def test_a_chain_with_the_first_step_only_leaves_ones_own_factor_asked_for(alice: User, browser: Client) -> None:
    chain([Authenticator.PASSWORD, Authenticator.PASSKEY])
    add_app(alice)
    assert give_password(browser)["Location"] == STEP


def test_a_chain_for_a_group_is_for_the_group(alice: User, bob: User) -> None:
    editors = Group.objects.create(name="Editors")
    chain([Authenticator.PASSWORD], [Authenticator.TOTP]).groups.add(editors)
    alice.groups.add(editors)
    assert give_password(new_browser())["Location"] == SET_UP
    assert give_password(new_browser(CHROME), "bob")["Location"] == "/myaccount/"


def test_a_chain_for_new_browsers_is_for_new_browsers(alice: User, browser: Client) -> None:
    assert give_password(browser)["Location"] == "/myaccount/"
    browser.post("/myaccount/sign-out/")
    chain([Authenticator.PASSWORD], [Authenticator.TOTP], only_new_browser=True)
    assert give_password(browser)["Location"] == "/myaccount/"
    assert give_password(new_browser(CHROME))["Location"] == SET_UP


def test_a_chain_of_another_application_or_a_switched_off_one_asks_nothing(alice: User, browser: Client) -> None:
    chain([Authenticator.PASSWORD], [Authenticator.TOTP], application="pickup")
    chain([Authenticator.PASSWORD], [Authenticator.TOTP], name="Old", is_active=False)
    assert give_password(browser)["Location"] == "/myaccount/"


def test_the_first_chain_that_fits_is_used(alice: User, browser: Client) -> None:
    chain([Authenticator.PASSWORD], [Authenticator.TOTP], order=20)
    chain([Authenticator.PASSWORD], [Authenticator.SMS], name="First", order=10)
    add_app(alice)
    add_sms(alice)
    give_password(browser)
    assert browser.get(STEP)["Location"] == SMS


def test_backup_codes_satisfy_a_step_only_where_it_names_them(alice: User, browser: Client) -> None:
    chain([Authenticator.PASSWORD], [Authenticator.TOTP])
    add_app(alice)
    codes = add_codes(alice)
    give_password(browser)
    assert browser.post(f"{STEP}backup-code/", {"code": codes[0]})["Location"] == STEP
