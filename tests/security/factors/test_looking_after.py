"""Looking after the factors one has: order, names, removal, trusted browsers; and what people are told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linked_accounts.federated import services as identities
from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users import services as users
from myaccount.users.models import User
from myaccount.users.signals import ChangeRefused
from security.factors import removal, selectors
from security.factors.models import BackupCodes, Factor, SecurityDevice, SmsDevice, TotpDevice, TrustedBrowser
from security.policy.models import AuthenticationChain, ChainStep, Requirement, SignInPolicy
from tests.security.factors.devices_support import registered
from tests.security.factors.test_passkeys import ask, send
from tests.support.authenticators import synced_passkey
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.factors import add_app, add_codes, add_sms
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, make_person

SECTION = "/myaccount/security/#multi-factor"
PREFER = reverse("prefer-factor")


def removing(factor: Factor) -> str:
    return reverse("remove-factor", args=[factor.authenticator, factor.pk])


def renaming(factor: Factor) -> str:
    return reverse("rename-factor", args=[factor.authenticator, factor.pk])


@pytest.fixture
def app(alice: User) -> TotpDevice:
    return add_app(alice)


@pytest.fixture
def hers(app: TotpDevice, browser: Client) -> Client:
    """A browser in which alice, who has an app, has just signed in with it."""
    return sign_in(browser)


def mails(topic: str) -> list[Message]:
    return list(Message.objects.filter(topic=topic))


# What is shown


def test_the_section_lists_each_kind(alice: User, hers: Client) -> None:
    add_sms(alice)
    add_codes(alice)
    page = re.sub(r"\s+", " ", hers.get("/myaccount/security/").content.decode())
    for words in ("SMS number", "Via authenticator app", "Via security device", "Backup codes", "10 left", "Phone",
                  "+44 7400 123456", "Asked for first"):  # fmt: skip
        assert words in page, words


def test_who_has_none_is_told_what_to_do(alices: Client) -> None:
    page = alices.get("/myaccount/security/").content.decode()
    assert "You don't have any passkeys enrolled yet." in page
    assert "You can make them once you have another second factor." in page
    assert 'id="preferred"' not in page


def test_no_secret_is_on_the_page(alice: User, hers: Client, app: TotpDevice) -> None:
    codes = add_codes(alice)
    page = hers.get("/myaccount/security/").content.decode()
    assert app.seed not in page
    assert not any(code in page for code in codes)


@pytest.mark.parametrize("count", [1, 9])
def test_the_page_costs_the_same_however_many_there_are(
    alice: User, hers: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        add_app(alice, name=f"App {number}")
    add_sms(alice)
    add_codes(alice)
    with django_assert_max_num_queries(9):
        assert hers.get("/myaccount/security/").status_code == 200
    with django_assert_max_num_queries(6):
        assert hers.get("/myaccount/").status_code == 200


# Order and names


def test_one_chooses_what_is_asked_first(alice: User, hers: Client) -> None:
    add_sms(alice)
    assert selectors.enrolled(alice).kinds[0] == "totp"
    assert hers.post(PREFER, {"authenticator": "sms"})["Location"] == SECTION
    assert selectors.enrolled(alice).kinds[0] == "sms"
    assert Event.objects.get(kind=EventKind.FACTOR_PREFERRED).data == {"factor": "sms"}


@pytest.mark.parametrize(("value", "status"), [("", 404), ("nothing", 404), ("device", 302), ("backup-code", 302)])
def test_what_one_does_not_have_cannot_come_first(alice: User, hers: Client, value: str, status: int) -> None:
    add_codes(alice)
    assert hers.post(PREFER, {"authenticator": value}).status_code == status
    assert not Event.objects.filter(kind=EventKind.FACTOR_PREFERRED).exists()


def test_one_renames_an_app(hers: Client, app: TotpDevice) -> None:
    assert "Rename “Phone”" in hers.get(renaming(app)).content.decode()
    assert hers.post(renaming(app), {"name": "  Büro – 携帯 "})["Location"] == SECTION
    app.refresh_from_db()
    assert app.name == "Büro – 携帯"
    assert Event.objects.get(kind=EventKind.FACTOR_RENAMED).data == {"factor": "totp", "name": "Büro – 携帯"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\u202eb", "a\x00b"])
def test_an_odd_name_is_refused(hers: Client, app: TotpDevice, name: str) -> None:
    """Security 23, 90."""
    assert hers.post(renaming(app), {"name": name}).status_code == 422
    app.refresh_from_db()
    assert app.name == "Phone"


def test_hostile_names_are_inert(hers: Client, app: TotpDevice) -> None:
    """Security 23."""
    hers.post(renaming(app), {"name": "<script>alert(1)</script>"})
    for path in ("/myaccount/security/", renaming(app), removing(app), "/myaccount/security/history/"):
        assert "<script>alert" not in hers.get(path).content.decode()


# Removing


def test_removing_asks_first_and_warns_of_the_last(hers: Client, app: TotpDevice) -> None:
    page = hers.get(removing(app)).content.decode()
    assert "Delete “Phone”?" in page
    assert "This is your last second factor" in page
    assert TotpDevice.objects.exists()


def test_removing_ends_the_other_sessions_and_is_told(alice: User, hers: Client, app: TotpDevice) -> None:
    """Security 19, 47."""
    add_sms(alice)
    other = sign_in(new_browser(CHROME))
    TrustedBrowser.objects.create(
        user=alice, digest="x", created_at=timezone.now(), last_used_at=timezone.now(), expires_at=timezone.now()
    )
    assert "This is your last" not in hers.get(removing(app)).content.decode()
    assert hers.post(removing(app))["Location"] == SECTION
    assert not TotpDevice.objects.exists()
    assert other.get("/myaccount/").status_code == 302
    assert hers.get("/myaccount/").status_code == 200
    assert not TrustedBrowser.objects.exists()
    assert Event.objects.get(kind=EventKind.FACTOR_REMOVED).data == {"factor": "totp", "name": "Phone"}
    (mail,) = mails("factor_removed")
    assert mail.recipient == "alice@example.org"
    assert "Phone" in mail.text


def test_backup_codes_go_with_the_last_factor(alice: User, hers: Client, app: TotpDevice) -> None:
    add_codes(alice)
    hers.post(removing(app))
    assert not BackupCodes.objects.exists()
    assert sign_in(new_browser(CHROME)).get("/myaccount/").status_code == 200


def test_backup_codes_can_be_deleted_alone(alice: User, hers: Client, app: TotpDevice) -> None:
    add_codes(alice)
    hers.post(removing(BackupCodes.objects.get()))
    assert not BackupCodes.objects.exists()
    assert TotpDevice.objects.exists()


def require_of(alice: User, how: str) -> None:
    if how == "everybody":
        SignInPolicy(requirement=Requirement.EVERYONE).save()
    elif how == "group":
        policy = SignInPolicy(requirement=Requirement.GROUPS)
        policy.save()
        group = Group.objects.create(name="Editors")
        policy.groups.add(group)
        alice.groups.add(group)
    elif how == "administrator":
        User.objects.filter(pk=alice.pk).update(is_staff=True)
    else:
        chain = AuthenticationChain.objects.create(name="Strict", only_new_browser=True)
        ChainStep.objects.create(chain=chain, order=1, authenticators=["password"])
        ChainStep.objects.create(chain=chain, order=2, authenticators=["totp"])


@pytest.mark.parametrize("how", ["everybody", "group", "administrator", "chain"])
def test_the_last_one_stays_where_the_organisation_asks_for_one(
    alice: User, hers: Client, app: TotpDevice, how: str
) -> None:
    require_of(alice, how)
    page = hers.get(removing(app)).content.decode()
    assert "Your organisation asks you for a second factor" in page
    assert '<button class="btn btn-danger">' not in page
    assert hers.post(removing(app)).status_code == 422
    assert TotpDevice.objects.exists()
    add_app(alice, name="Tablet")
    assert hers.post(removing(app)).status_code == 302


def test_somebody_elses_factor_is_not_there(alice: User, bob: User, hers: Client) -> None:
    """Security 66, in spirit: every address of a factor is looked up among one's own."""
    foreign = add_app(bob)
    for path in (removing(foreign), renaming(foreign), reverse("regenerate-totp", args=[foreign.pk])):
        assert hers.get(path).status_code == 404
        assert hers.post(path, {"name": "mine"}).status_code == 404
    assert hers.post(reverse("remove-factor", args=["nothing", 1])).status_code == 404
    assert TotpDevice.objects.filter(user=bob, name="Phone").exists()


def test_a_stale_session_removes_nothing(hers: Client, app: TotpDevice) -> None:
    """Security 20, 53."""
    make_stale(hers)
    assert hers.post(removing(app))["Location"].startswith("/myaccount/confirm/")
    assert TotpDevice.objects.exists()


def test_a_deleted_persons_factors_are_gone_for_a_new_one_of_that_name(alice: User, app: TotpDevice) -> None:
    """Security 62."""
    add_sms(alice)
    add_codes(alice)
    users.delete(user=alice, origin=SYSTEM, now=timezone.now())
    again = make_person("alice")
    assert selectors.enrolled(again).factors == ()
    assert sign_in(new_browser()).get("/myaccount/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_removals_at_once_leave_the_one_that_is_required(on_postgresql: None) -> None:
    """Security 62: on PostgreSQL, each sees what the other did."""
    alice = make_person()
    factors = [add_app(alice, name=f"App {number}") for number in range(2)]
    SignInPolicy(requirement=Requirement.EVERYONE).save()
    now = timezone.now()
    results = in_parallel(lambda n: removal.remove(factor=factors[n], origin=SYSTEM, now=now), 2)
    assert sum(isinstance(result, removal.StillRequired) for result in results) == 1
    assert TotpDevice.objects.count() == 1


# The last way in


def with_one_passkey_alone(alice: User, browser: Client) -> SecurityDevice:
    """Alice, who has no password, has just signed in with her one passkey."""
    device = synced_passkey()
    passkey = registered(alice, device)
    alice.set_unusable_password()
    alice.save()
    options = ask(browser)
    assert send(browser, options, device.get(options)).status_code == 302
    return passkey


def at_a_university(alice: User, *, is_active: bool) -> FederatedIdentity:
    provider = IdentityProvider.objects.create(
        name="University", slug="university", issuer="https://uni.example", client_id="myaccount", is_active=is_active
    )
    return FederatedIdentity.objects.create(
        user=alice, provider=provider, issuer=provider.issuer, subject="alice-there", connected_at=timezone.now()
    )


def test_a_passkey_that_is_the_only_way_in_stays(alice: User, browser: Client) -> None:
    """Security 62."""
    passkey = with_one_passkey_alone(alice, browser)
    refused = browser.post(removing(passkey))
    assert refused.status_code == 422
    assert "It is the only way you can sign in." in refused.content.decode()
    assert SecurityDevice.objects.get() == passkey
    assert not mails("factor_removed")


@pytest.mark.parametrize("is_active", [True, False])
def test_an_account_elsewhere_is_a_way_in_while_one_can_sign_in_with_it(
    is_active: bool, alice: User, browser: Client
) -> None:
    """Security 62: with it the passkey may go; with one of a provider that is switched off it stays."""
    passkey = with_one_passkey_alone(alice, browser)
    at_a_university(alice, is_active=is_active)
    assert browser.post(removing(passkey)).status_code == (302 if is_active else 422)
    assert SecurityDevice.objects.exists() is not is_active


def test_an_administrator_may_remove_the_only_way_in(alice: User, browser: Client) -> None:
    """Security 62: of somebody else, who has lost it; not their own."""
    passkey = with_one_passkey_alone(alice, browser)
    act: Any = {"factor": passkey, "origin": SYSTEM, "now": timezone.now()}
    with pytest.raises(removal.LastWayIn):
        removal.remove(**act, by=alice)
    removal.remove(**act, by=make_person("ada", is_staff=True))
    assert not SecurityDevice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_ways_in_removed_at_once_one_stays(on_postgresql: None) -> None:
    """Security 62: a passkey and an account elsewhere; on PostgreSQL, each sees what the other did."""
    alice = make_person("alice")
    passkey, identity = with_one_passkey_alone(alice, new_browser()), at_a_university(alice, is_active=True)
    act: Any = {"origin": SYSTEM, "now": timezone.now()}
    removals = [
        lambda: removal.remove(factor=passkey, **act),
        lambda: identities.remove(user=alice, identity=identity, **act),
    ]
    results = in_parallel(lambda number: removals[number](), 2)
    assert sum(isinstance(result, ChangeRefused) for result in results) == 1, results
    assert SecurityDevice.objects.count() + FederatedIdentity.objects.count() == 1


# The number


def test_the_sms_factor_goes_with_the_number(alice: User, hers: Client) -> None:
    add_sms(alice)
    hers.post("/myaccount/personal-info/contact/mobile/", {"value": "", "opened_with": ""})
    assert not SmsDevice.objects.exists()
    assert mails("factor_removed")


def test_the_number_stays_while_it_is_the_last_factor_that_is_required(alice: User, browser: Client) -> None:
    SignInPolicy(requirement=Requirement.EVERYONE).save()
    add_sms(alice)
    app = add_app(alice)
    sign_in(browser)
    app.delete()
    page = browser.post("/myaccount/personal-info/contact/mobile/", {"value": "", "opened_with": ""})
    assert page.status_code == 422
    assert "Your organisation asks you for a second factor" in page.content.decode()
    alice.refresh_from_db()
    assert alice.mobile
    assert SmsDevice.objects.exists()


# Trusted browsers


def trust(alice: User, digest: str = "a") -> TrustedBrowser:
    now = timezone.now()
    return TrustedBrowser.objects.create(
        user=alice, digest=digest, user_agent=CHROME, ip="192.0.2.7", created_at=now, last_used_at=now,
        expires_at=now + timedelta(days=3),
    )  # fmt: skip


def test_trusted_browsers_are_listed_and_forgotten(alice: User, bob: User, hers: Client) -> None:
    first, second, bobs = trust(alice), trust(alice, "b"), trust(bob, "c")
    page = hers.get(reverse("trusted-browsers")).content.decode()
    assert page.count("Trusted until") == 2
    path = reverse("forget-browser", args=[first.uuid])
    assert "Forget this browser?" in hers.get(path).content.decode()
    hers.post(path)
    assert set(TrustedBrowser.objects.values_list("uuid", flat=True)) == {second.uuid, bobs.uuid}
    assert hers.post(reverse("forget-browser", args=[bobs.uuid])).status_code == 404
    hers.post(reverse("forget-browsers"))
    assert TrustedBrowser.objects.get() == bobs
    assert Event.objects.filter(kind=EventKind.BROWSER_FORGOTTEN).count() == 2
