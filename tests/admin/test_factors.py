"""Second factors, sign-in policy and chains in Django admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.limits.models import AttemptBudget
from myaccount.limits.services import LASTING
from myaccount.outbox.models import Message
from myaccount.users.models import User
from security.factors.models import SecurityDevice, SmsDevice, TotpDevice
from security.policy.models import AuthenticationChain, Requirement, SignInPolicy
from security.policy.selectors import sign_in_policy, steps_for
from tests.security.factors.devices_support import registered
from tests.security.factors.test_passkeys import ask, send
from tests.support.admin_forms import filled_in
from tests.support.authenticators import synced_passkey
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.factors import add_app, add_codes, add_sms
from tests.support.people import CHROME, make_person

POLICY = "/admin/security/signinpolicy/1/change/"
CHAINS = "/admin/security/authenticationchain/"


def page_of(user: User) -> str:
    return reverse("admin:users_user_factors", args=[user.pk])


def removing(user: User, factor: Any) -> str:
    return reverse("admin:users_user_remove_factor", args=[user.pk, factor.authenticator, factor.pk])


# A person's factors


def test_an_administrator_sees_factors_and_no_secrets(alice: User, adas: Client) -> None:
    """Security 88."""
    app = add_app(alice, name="Work phone")
    codes = add_codes(alice)
    person = adas.get(f"/admin/users/user/{alice.pk}/change/").content.decode()
    assert page_of(alice) in person
    page = adas.get(page_of(alice)).content.decode()
    assert "Work phone" in page
    assert app.seed not in page
    assert not any(code in page for code in codes)


def test_a_lost_factor_is_removed_with_a_reason(alice: User, adas: Client, ada: User) -> None:
    """Security 19, 47, 88: event, mail, sessions ended."""
    app = add_app(alice)
    hers = sign_in(new_browser(CHROME))
    assert "last second factor" in adas.get(removing(alice, app)).content.decode()
    response = adas.post(removing(alice, app), {"reason": "Phone stolen, ticket 4711"})
    assert response["Location"] == page_of(alice)
    assert not TotpDevice.objects.filter(user=alice).exists()
    assert hers.get("/myaccount/").status_code == 302
    event = Event.objects.get(kind=EventKind.FACTOR_REMOVED, user_uuid=alice.uuid)
    assert event.by_uuid == ada.uuid
    assert event.data == {"factor": "totp", "name": "Phone", "reason_given": "Phone stolen, ticket 4711"}
    mail = Message.objects.get(topic="factor_removed")
    assert "ticket 4711" in mail.text
    assert "192.0.2.99" not in mail.text  # where administrators sit is theirs
    assert adas.get("/admin/").status_code == 200


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\u202eb"])
def test_nothing_is_removed_without_a_good_reason(alice: User, adas: Client, reason: str) -> None:
    app = add_app(alice)
    assert adas.post(removing(alice, app), {"reason": reason}).status_code == 422
    assert TotpDevice.objects.filter(pk=app.pk).exists()


def test_an_administrator_proves_who_they_are_first(alice: User, adas: Client) -> None:
    """Security 20, 88."""
    app = add_app(alice)
    make_stale(adas)
    assert adas.post(removing(alice, app), {"reason": "Lost"})["Location"].startswith("/myaccount/confirm/")
    assert adas.post(page_of(alice))["Location"].startswith("/myaccount/confirm/")
    assert TotpDevice.objects.filter(pk=app.pk).exists()


def test_the_last_factor_of_somebody_else_can_go_and_ones_own_cannot(alice: User, ada: User, adas: Client) -> None:
    """Security 62: who lost theirs is led to a new one; nobody disarms themselves."""
    own = TotpDevice.objects.get(user=ada)
    response = adas.post(removing(ada, own), {"reason": "Mine"}, follow=True)
    assert "Your organisation asks you for a second factor" in response.content.decode()
    assert TotpDevice.objects.filter(pk=own.pk).exists()
    SignInPolicy(requirement=Requirement.EVERYONE).save()
    hers = add_app(alice)
    adas.post(removing(alice, hers), {"reason": "Lost"})
    assert not TotpDevice.objects.filter(user=alice).exists()


def test_an_administrator_keeps_their_own_only_way_in(ada: User, browser: Client) -> None:
    """Security 62: told so, at this door as well."""
    device = synced_passkey()
    passkey = registered(ada, device)
    ada.set_unusable_password()
    ada.save()
    options = ask(browser)
    send(browser, options, device.get(options))
    response = browser.post(removing(ada, passkey), {"reason": "Mine"}, follow=True)
    assert "It is the only way you can sign in." in response.content.decode()
    assert SecurityDevice.objects.filter(pk=passkey.pk).exists()


def test_who_may_only_look_removes_nothing(alice: User, db: None) -> None:
    """Security 88."""
    watcher = make_person("wanda", is_staff=True)
    watcher.user_permissions.add(Permission.objects.get(codename="view_user"))
    browser = sign_in(new_browser(CHROME), "wanda")
    app = add_app(alice)
    assert "Remove" not in browser.get(page_of(alice)).content.decode()
    assert browser.post(removing(alice, app), {"reason": "x"}).status_code == 403
    assert TotpDevice.objects.filter(pk=app.pk).exists()


def test_the_helpdesk_does_not_reach_administrators(ada: User, helpdesks: Client) -> None:
    """Security 88."""
    own = TotpDevice.objects.get(user=ada)
    assert helpdesks.post(removing(ada, own), {"reason": "x"}).status_code == 403


def test_people_without_rights_see_nothing(alice: User, bob: User) -> None:
    bobs = sign_in(new_browser(CHROME), "bob")
    assert bobs.get(page_of(alice)).status_code == 403


def test_codes_are_opened_again(alice: User, adas: Client) -> None:
    """Security 56."""
    key = f"{LASTING}factor:{alice.uuid}"
    now = timezone.now()
    AttemptBudget.objects.create(key=key, failures=100, last_attempt_at=now, blocked_until=now + timedelta(days=9999))
    add_app(alice)
    assert "Codes are closed" in adas.get(page_of(alice)).content.decode()
    adas.post(page_of(alice))
    assert not AttemptBudget.objects.filter(key=key).exists()
    assert Event.objects.filter(kind=EventKind.FACTORS_UNLOCKED, user_uuid=alice.uuid).exists()
    assert "Codes are closed" not in adas.get(page_of(alice)).content.decode()


def test_an_administrator_takes_a_number_away(alice: User, adas: Client) -> None:
    """The SMS factor cannot outlive its number, whoever takes it away."""
    SignInPolicy(requirement=Requirement.EVERYONE).save()
    add_sms(alice)
    form = f"/admin/users/user/{alice.pk}/change/"
    assert adas.post(form, filled_in(adas, form, mobile="")).status_code == 302
    assert not SmsDevice.objects.exists()


# The policy


def save(browser: Client, **changes: Any) -> Any:
    return browser.post(POLICY, filled_in(browser, POLICY, **changes))


def test_the_policy_is_one_row_and_takes_effect_at_once(alice: User, adas: Client, ada: User) -> None:
    assert adas.get("/admin/security/signinpolicy/")["Location"] == POLICY
    assert save(adas, requirement="everyone", grace_days="0").status_code == 302
    policy = sign_in_policy()
    assert (policy.requirement, policy.grace_days) == ("everyone", 0)
    response = new_browser().post(
        "/myaccount/sign-in/", {"identifier": "alice", "password": "seven quiet wooden lanterns"}
    )
    assert response["Location"] == "/myaccount/sign-in/set-up/"
    event = Event.objects.get(kind=EventKind.SIGN_IN_POLICY_CHANGED)
    assert event.by_uuid == ada.uuid
    assert event.data == {"changed": ["requirement", "grace_days"]}


def test_the_time_to_set_one_up_begins_with_the_demand(adas: Client) -> None:
    save(adas, requirement="everyone")
    since = sign_in_policy().required_since
    save(adas, trust_days="7")
    assert sign_in_policy().required_since == since
    group = Group.objects.create(name="Editors")
    save(adas, requirement="groups", groups=[str(group.pk)])
    assert sign_in_policy().required_since > since
    assert set(sign_in_policy().groups.all()) == {group}


@pytest.mark.parametrize(
    "changes",
    [
        {"requirement": "groups"},
        {"requirement": "nobody"},
        {"grace_days": "366"},
        {"trust_days": "91"},
        {"trust_days": "-1"},
        {"allowed_methods": ["sms"]},
        {"allowed_methods": ["sms", "backup-code"]},
        {"allowed_methods": ["password"]},
    ],
    ids=str,
)
def test_a_policy_that_makes_no_sense_is_refused(adas: Client, changes: dict[str, Any]) -> None:
    """Security 63: something phishing-resistant or at least beside SMS is always offered."""
    assert save(adas, **changes).status_code == 200
    assert not SignInPolicy.objects.exists()


def test_two_administrators_do_not_overwrite_each_other(adas: Client) -> None:
    """Security 28."""
    opened = filled_in(adas, POLICY)
    save(adas, trust_days="7")
    response = adas.post(POLICY, {**opened, "trust_days": "1"}, follow=True)
    assert "Somebody else changed the settings meanwhile." in response.content.decode()
    assert sign_in_policy().trust_days == 7


# Chains


def chain_form(*steps: list[str], **fields: str) -> dict[str, Any]:
    form: dict[str, Any] = {
        "name": "Strict", "application": "", "order": "10", "is_active": "on",
        "steps-TOTAL_FORMS": str(len(steps)), "steps-INITIAL_FORMS": "0", **fields,
    }  # fmt: skip
    for number, step in enumerate(steps):
        form[f"steps-{number}-order"] = str(number + 1)
        form[f"steps-{number}-authenticators"] = step
    return form


def test_a_chain_is_made_changed_and_deleted(alice: User, adas: Client) -> None:
    assert adas.post(f"{CHAINS}add/", chain_form(["password"], ["totp", "device"])).status_code == 302
    chain = AuthenticationChain.objects.get()
    assert steps_for(alice, is_known_browser=True) == [{"password"}, {"totp", "device"}]
    assert adas.get(f"{CHAINS}{chain.pk}/change/").status_code == 200
    assert adas.post(f"{CHAINS}{chain.pk}/delete/", {"post": "yes"}).status_code == 302
    changes = [event.data["changed"] for event in Event.objects.filter(kind=EventKind.SIGN_IN_POLICY_CHANGED)]
    assert changes == [["chain.added"], ["chain.deleted"]]


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [["totp"]],
        [["password", "sms"], ["totp"]],
        [["password"], ["password"]],
        [["password"], ["passkey"]],
        [["password"], ["backup-code"]],
        [["nothing"]],
    ],
    ids=str,
)
def test_a_chain_nobody_could_follow_is_refused(adas: Client, steps: list[list[str]]) -> None:
    assert adas.post(f"{CHAINS}add/", chain_form(*steps)).status_code == 200
    assert not AuthenticationChain.objects.exists()


def test_policy_and_chains_do_not_contradict_each_other(adas: Client) -> None:
    """Nobody is led to a step that cannot be satisfied."""
    assert adas.post(f"{CHAINS}add/", chain_form(["password"], ["sms"])).status_code == 302
    page = save(adas, allowed_methods=["totp", "device"])
    assert "Nobody could follow these chains without it: Strict." in page.content.decode()
    AuthenticationChain.objects.all().delete()
    assert save(adas, allowed_methods=["totp", "device"]).status_code == 302
    assert adas.post(f"{CHAINS}add/", chain_form(["password"], ["sms"])).status_code == 200
    assert not AuthenticationChain.objects.exists()
