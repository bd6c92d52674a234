"""Asking for the deletion of one's own account: what the page says, what happens at once, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent.logout.models import LogoutDelivery
from consent.tokens.models import AccessToken, RefreshToken
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM, Origin
from myaccount.claims.models import Claim
from myaccount.deletion import services
from myaccount.deletion.models import AccountDeletion, DeletionSettings, Ending
from myaccount.operations import services as operations
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Execution, OperationImpossible, Submission, action_of
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.models import PortalSettings
from security.recovery.models import RecoveryAddress
from sessions_app.models import EndReason, LoginSession
from tests.consent.logout.support import used
from tests.consent.logout.test_ending import give
from tests.consent.support import consent_to, make_application
from tests.deletion.support import AGREED, COOLING_OFF, DELETE, TO_BE_DELETED, ask_for_deletion
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.people import SAFARI_PHONE, make_person

held: list[Submission] = []


@pytest.fixture
def gate() -> Iterator[None]:
    """A workflow that holds everything, until the test is over."""

    def hold(submission: Submission, origin: Origin, now: datetime) -> operations.Waiting:
        held.append(submission)
        return operations.Waiting(uuid4())

    before = list(operations._gate)
    held.clear()
    operations.install_gate(hold)
    yield
    operations._gate[:] = before


# The page


def test_personal_info_leads_to_it(alices: Client) -> None:
    assert f'href="{DELETE}"' in alices.get("/myaccount/personal-info/").content.decode()


def test_the_page_says_what_goes_what_stays_and_until_when(alices: Client, alice: User) -> None:
    consent_to(alice, make_application("Pickup"))
    DeletionSettings(cooling_off_days=30, ending=Ending.MAKE_ANONYMOUS, event_days=400).save()
    page = " ".join(alices.get(DELETE).content.decode().split())
    for words in (
        "you have 30 days to change your mind", "made anonymous", "<li class=\"value\" translate=\"no\">Pickup</li>",
        "With your username, for 10 years", "They are kept for 400 days.", "theirs to delete", "Deleted on",
    ):  # fmt: skip
        assert words in page, words
    assert not AccountDeletion.objects.exists()


def test_it_costs_the_same_for_one_application_and_for_many(
    alices: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        consent_to(alice, make_application(f"Application {number}"))
    alices.get(DELETE)
    with django_assert_max_num_queries(6):
        assert alices.get(DELETE).content.count(b"Application ") == 20


def test_an_administrator_is_told_to_hand_over_first(db: None) -> None:
    """The last one with all rights is among them."""
    make_person("ada", is_staff=True, is_superuser=True)
    browser = sign_in(new_browser(), "ada")
    page = browser.get(DELETE).content.decode()
    assert "You administer this portal" in page
    assert "Delete my account" not in page
    assert browser.post(DELETE, AGREED)["Location"] == DELETE
    assert not AccountDeletion.objects.exists()


def test_it_needs_a_fresh_proof_of_identity(alices: Client) -> None:
    """Security 20: on the POST itself."""
    make_stale(alices)
    assert alices.post(DELETE, AGREED)["Location"].startswith("/myaccount/confirm/")
    assert not AccountDeletion.objects.exists()


def test_it_takes_a_deliberate_act_and_offers_the_data_first(alices: Client) -> None:
    assert 'href="/myaccount/personal-info/#export-profile"' in alices.get(DELETE).content.decode()
    refused = alices.post(DELETE)
    assert refused.status_code == 422
    assert "Tick the box if you want to delete your account." in refused.content.decode()
    assert not AccountDeletion.objects.exists()
    PortalSettings(features={"personal-info.export": "off"}).save()
    assert "#export-profile" not in alices.get(DELETE).content.decode()


def test_nobody_deletes_another(alices: Client, alice: User, bob: User) -> None:
    """Security 17, 22: whose account goes is nothing a form can say."""
    alices.post(DELETE, {**AGREED, "user": bob.pk, "uuid": str(bob.uuid), "subject_uuid": str(bob.uuid)})
    assert AccountDeletion.objects.get().user == alice


@pytest.mark.parametrize(("state", "shown", "done"), [("off", 404, 404), ("read-only", 200, 403)])
def test_an_administrator_can_switch_it_off(alices: Client, state: str, shown: int, done: int) -> None:
    PortalSettings(features={"personal-info.delete-account": state}).save()
    assert alices.get(DELETE).status_code == shown
    assert alices.post(DELETE, AGREED).status_code == done
    assert f'href="{DELETE}"' not in alices.get("/myaccount/personal-info/").content.decode()


# What happens at once


def test_the_cooling_off_period_begins_and_everybody_is_out(alices: Client, alice: User) -> None:
    """Security 15, 16, 17, 18: sessions, codes and tokens end, offline access too, and applications are told."""
    phone = sign_in(new_browser(SAFARI_PHONE))
    application = make_application(backchannel_logout_uri="https://pickup.example/out")
    session = LoginSession.objects.filter(user=alice).latest("started_at")
    used(application, session)
    give(alice, application, session)
    give(alice, application, session, is_offline=True)
    response = alices.post(DELETE, AGREED)
    assert response["Location"] == TO_BE_DELETED
    assert '"storage"' in response["Clear-Site-Data"]
    deletion = AccountDeletion.objects.get()
    assert deletion.erase_at - deletion.requested_at == COOLING_OFF
    for browser in (alices, phone):
        assert browser.get("/myaccount/")["Location"].startswith("/myaccount/sign-in/")
    assert set(LoginSession.objects.values_list("end_reason", flat=True)) == {EndReason.TERMINATED}
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert LogoutDelivery.objects.get().application == application
    page = alices.get(TO_BE_DELETED).content.decode()
    assert "Until then nobody can use it" in page


def test_the_farewell_is_for_the_browser_it_was_asked_for_in(alices: Client) -> None:
    alices.post(DELETE, AGREED)
    assert alices.get(TO_BE_DELETED).status_code == 200
    assert new_browser().get(TO_BE_DELETED)["Location"] == "/myaccount/sign-in/"


def test_every_address_is_told_until_when_and_what_to_do(alices: Client, alice: User) -> None:
    """Security 47: also those an attacker in the session would not have changed yet."""
    RecoveryAddress.objects.create(user=alice, email="spare@example.net", verified_at=timezone.now())
    User.objects.filter(pk=alice.pk).update(mobile="+447400123456", mobile_verified_at=timezone.now())
    alices.post(DELETE, AGREED)
    mails = Message.objects.filter(topic="deletion_requested", channel="email")
    assert {mail.recipient for mail in mails} == {"alice@example.org", "spare@example.net"}
    day = formats.day(AccountDeletion.objects.get().erase_at)
    for mail in mails:
        assert day in mail.subject
        assert f"deleted on {day}." in mail.text
        assert f"deleted on {day}." in mail.html
        assert "If it was not you who asked for this, keep your account" in mail.text
        assert "192.0.2." in mail.text
    sms = Message.objects.get(channel="sms")
    assert sms.recipient == "+447400123456"
    assert f"deleted on {day}," in sms.text
    event = Event.objects.get(kind=EventKind.DELETION_REQUESTED)
    assert (event.user_uuid, event.by_uuid) == (alice.uuid, alice.uuid)


def test_asked_for_twice_it_begins_once(alice: User) -> None:
    first = ask_for_deletion(alice)
    again = ask_for_deletion(alice, now=timezone.now() + timedelta(days=3))
    assert again.erase_at == first.erase_at
    assert Message.objects.filter(topic="deletion_requested").count() == 1
    assert Event.objects.filter(kind=EventKind.DELETION_REQUESTED).count() == 1


def test_all_of_it_commits_or_none(alice: User, alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("myaccount.deletion.services.sessions.end_all", fail)
    with pytest.raises(RuntimeError):
        ask_for_deletion(alice)
    assert not AccountDeletion.objects.exists()
    assert not Message.objects.exists()
    assert alices.get("/myaccount/").status_code == 200


# As an operation


def test_a_workflow_holds_it_first(gate: None, alices: Client, alice: User) -> None:
    """Nothing happens before people agree; then the cooling-off period begins."""
    response = alices.post(DELETE, AGREED)
    assert response["Location"] == "/myaccount/personal-info/#delete-account"
    assert "waits for approval" in alices.get("/myaccount/personal-info/").content.decode()
    assert not AccountDeletion.objects.exists()
    [submission] = held
    assert action_of(submission).kind == OperationKind.DELETE_USER
    assert (submission.subject_uuid, submission.requester, submission.payload) == (alice.uuid, alice, {})
    assert submission.attributes["given_name"] == "Alice"
    assert submission.attributes.keys() <= set(Claim.objects.values_list("name", flat=True))
    operations.carry_out(submission, Execution(by=alice, now=timezone.now()))
    assert AccountDeletion.objects.get().user == alice
    assert alices.get("/myaccount/").status_code == 302


def test_who_decides_reads_what_it_would_do(gate: None, alices: Client, alice: User) -> None:
    alices.post(DELETE, AGREED)
    name, when = operations.describe(held[0]).properties
    assert (name.was, name.is_now, when.wanted) == ("alice", "alice", "After 14 days")
    assert not name.has_changed_meanwhile
    ask_for_deletion(alice)
    assert operations.describe(held[0]).why_impossible == "The account is being deleted already."


def test_it_is_impossible_for_whoever_is_gone_or_became_an_administrator(
    gate: None, alices: Client, alice: User
) -> None:
    alices.post(DELETE, AGREED)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert "administrator" in operations.describe(held[0]).why_impossible
    with pytest.raises(OperationImpossible):
        operations.carry_out(held[0], Execution(by=alice, now=timezone.now()))
    alice.delete()
    assert operations.describe(held[0]).why_impossible == "There is no such account any more."
    with pytest.raises(OperationImpossible):
        operations.carry_out(held[0], Execution(by=None, now=timezone.now()))


def test_the_service_refuses_administrators_itself(db: None) -> None:
    ada = make_person("ada", is_staff=True)
    with pytest.raises(services.Administrator):
        services.submit(user=ada, origin=SYSTEM, now=timezone.now())
