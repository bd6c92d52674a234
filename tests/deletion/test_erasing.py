"""When the time has come: what goes, what stays and until when, and that nothing is half done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import models
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from consent.consents.models import Consent
from consent.logout.models import LogoutDelivery
from consent.logout.services import deliver_due
from consent.purposes.models import Controller
from consent.receipts.models import ConsentReceipt
from consent.tasks import purge_receipts
from consent.tokens.models import AccessToken, RefreshToken
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM, Origin, record
from myaccount.deletion import services, tasks
from myaccount.deletion.models import AccountDeletion, DeletionSettings, Ending
from myaccount.deletion.telling import ERASED
from myaccount.outbox import services as outbox
from myaccount.outbox.models import Message
from myaccount.schedule.registry import jobs
from myaccount.users import services as users
from myaccount.users.models import User
from profile.models import Profile
from security.recovery.models import RecoveryAddress
from sessions_app.models import LoginSession
from tests.consent.logout.support import application_server, used
from tests.consent.logout.test_ending import give
from tests.consent.support import consent_to, make_application
from tests.deletion.lives import PERSONAL, make_quill, traces
from tests.deletion.support import A_DAY, COOLING_OFF, ask_for_deletion
from tests.support.browsing import SIGN_IN
from tests.support.people import PASSPHRASE, make_person

# What may hold a personal word after the account is gone, and why.
MAY_STAY = {
    "ConsentReceipt": "signed, and the proof the law asks for: purged when the controller keeps them no longer",
    "AttemptBudget": "networks that guess are counted for two days, whomever they guess at",
}
# Of the row of an account that was made anonymous: what it keeps, and what says only that it is one.
KEPT_OF_A_ROW = {"id", "uuid", "date_joined"}
SET_ANEW = {"username", "username_key", "password", "is_active"}
WHEN = COOLING_OFF + A_DAY

by_ending = pytest.mark.parametrize("ending", list(Ending))


def erase(user: User, *, ending: Ending = Ending.ERASE) -> None:
    """All of it: asked for, and the clock moved past the day; then the last message leaves."""
    DeletionSettings(ending=ending).save()
    ask_for_deletion(user)
    services.erase_due(now=timezone.now() + WHEN)
    Message.objects.filter(topic=ERASED).update(next_attempt_at=None)
    tasks.forget_farewells(timezone.now() + WHEN)


# Nothing personal is left


@by_ending
def test_nothing_personal_is_left_in_any_table(db: None, ending: Ending) -> None:
    """Of somebody who has used everything there is; see `tests/deletion/lives.py`."""
    quill = make_quill()
    before = traces(*PERSONAL)
    assert {
        "User", "Profile", "UploadedPicture", "PendingContact", "RecoveryAddress", "TotpDevice", "SecurityDevice",
        "TrustedBrowser", "LoginSession", "FederatedIdentity", "Event", "Message", "AccessAttempt", "LogEntry",
        "ConsentReceipt", "ApprovalRequest", "Registration",
    } <= before.keys()  # fmt: skip
    erase(quill, ending=ending)
    assert traces(*PERSONAL).keys() <= MAY_STAY.keys()
    assert Consent.objects.count() == LoginSession.objects.count() == Profile.objects.filter(user=quill).count() == 0
    assert User.objects.filter(username="bob").exists()
    assert not Message.objects.filter(topic="request_outcome", user=None).exists()


def test_whatever_points_to_a_person_goes_with_them_or_is_let_go_of_by_its_area() -> None:
    """A table of tomorrow that would keep its rows has to say so here, with who empties them."""
    stays = {
        "Message": "outbox/receivers.py deletes them",
        "ApprovalRequest": "approvals/receivers.py ends them and forgets the names",
        "ApprovalTask": "says that somebody decided, no longer who",
    }
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is User:
                on_delete = field.remote_field.on_delete
                assert on_delete is models.CASCADE or model.__name__ in stays, (model, field.name)


def test_events_stay_under_an_id_that_tells_nobody_whose_they_were(db: None) -> None:
    """What happened and when, for whoever looks into an attack; no address, browser or detail."""
    quill = make_quill()
    before = Event.objects.filter(user_uuid=quill.uuid).count()
    erase(quill)
    events = Event.objects.filter(user_uuid=quill.uuid)
    assert events.count() > before
    assert EventKind.ACCOUNT_ERASED.value in events.values_list("kind", flat=True)
    assert EventKind.FACTOR_ADDED.value in events.values_list("kind", flat=True)
    assert set(events.values_list("ip", "user_agent", "session_uuid")) == {(None, "", None)}
    assert Event.objects.get(kind=EventKind.APPROVAL_GIVEN).ip is None
    assert LogEntry.objects.get().object_repr == str(quill.uuid)


def test_nobody_elses_events_lose_anything(alice: User, bob: User) -> None:
    """Also what administrators did to the account shows where they were."""
    origin = Origin("198.51.100.9", "Firefox")
    record(EventKind.SIGNED_IN, user=bob, origin=origin, now=timezone.now(), data={"methods": ["pwd"]})
    erase(alice)
    kept = Event.objects.get(user_uuid=bob.uuid)
    assert (kept.ip, kept.user_agent, kept.data) == ("198.51.100.9", "Firefox", {"methods": ["pwd"]})


# What is left


def test_made_anonymous_the_row_stays_and_says_nothing(db: None) -> None:
    """Every column of the person is either emptied or named here."""
    quill = make_quill()
    empty = User(username="")
    erase(quill, ending=Ending.MAKE_ANONYMOUS)
    row = User.objects.get(pk=quill.pk)
    assert (row.uuid, row.date_joined) == (quill.uuid, quill.date_joined)
    for field in User._meta.concrete_fields:
        if field.name not in KEPT_OF_A_ROW | SET_ANEW:
            assert getattr(row, field.name) == getattr(empty, field.name), field.name
    assert row.username.startswith(users.ANONYMOUS)
    assert not row.is_active
    assert not row.has_usable_password()
    assert not row.groups.exists()


@by_ending
def test_receipts_end_with_a_revocation_and_stay_until_the_controller_keeps_them_no_longer(
    alice: User, ending: Ending
) -> None:
    """Security 82: append-only until the one sanctioned purge."""
    consent = consent_to(alice, make_application("Pickup"))
    erase(alice, ending=ending)
    receipts = ConsentReceipt.objects.filter(consent_uuid=consent.pk).order_by("version")
    assert [receipt.is_revocation for receipt in receipts] == [False, True]
    last = receipts[1]
    assert last.supersedes == receipts[0].pk
    assert (last.document["collectionMethod"], last.document["piiPrincipalId"]) == ("Deletion of the account", "alice")
    Controller(receipt_years=3).save()
    now = timezone.now() + WHEN
    purge_receipts(now + timedelta(days=365 * 2))
    assert receipts.count() == 2
    purge_receipts(now + timedelta(days=366 * 3))
    assert not ConsentReceipt.objects.filter(user_uuid=alice.uuid).exists()


def test_the_last_message_goes_to_every_address_there_was_and_is_forgotten(alice: User, settings: Settings) -> None:
    settings.OUTBOX_KEEPS_BODIES = False  # only what is shown at /outbox/ keeps them
    User.objects.filter(pk=alice.pk).update(language="de")
    RecoveryAddress.objects.create(user=alice, email="spare@example.net", verified_at=timezone.now())
    ask_for_deletion(alice)
    now = timezone.now() + WHEN
    tasks.erase_due(now)
    messages = Message.objects.all()
    assert {message.recipient for message in messages} == {"alice@example.org", "spare@example.net"}
    assert {message.topic for message in messages} == {ERASED}
    tasks.forget_farewells(now)
    assert messages.count() == 2  # not before they have left
    for message in messages:
        outbox.attempt(str(message.pk), now=now)
    assert not any(message.text for message in Message.objects.all())
    tasks.forget_farewells(now)
    assert not Message.objects.exists()


def test_a_message_on_its_way_does_not_come_back(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account went while a worker was talking to the mail server."""
    facts = {"at": "now", "ip": "192.0.2.1", "browser": "Firefox"}
    message = outbox.send_email("password_changed", to=alice.email, user=alice, now=timezone.now(), context=facts)

    def send(message: Message) -> None:
        users.delete(user=alice, origin=SYSTEM, now=timezone.now())

    monkeypatch.setattr("myaccount.outbox.adapters.send", send)
    outbox.attempt(str(message.pk), now=timezone.now())
    assert not Message.objects.exists()


# A new account of the same name


@by_ending
def test_a_new_account_of_that_name_and_address_is_another_one(db: None, ending: Ending, browser: Client) -> None:
    """Security 62: no credential, right, consent, event or message of the old one is the new one's."""
    quill = make_quill()
    erase(quill, ending=ending)
    new = make_person("quillfeather", password="eleven patient copper kettles")
    assert (new.uuid, new.pk) != (quill.uuid, quill.pk)
    assert browser.post(SIGN_IN, {"identifier": "quillfeather", "password": PASSPHRASE}).status_code == 422
    answer = browser.post(SIGN_IN, {"identifier": "quillfeather", "password": "eleven patient copper kettles"})
    assert answer["Location"] == "/myaccount/"  # no second factor, no choice about a deletion
    assert Event.objects.filter(user_uuid=new.uuid, kind=EventKind.SIGNED_IN).count() == 1
    page = browser.get("/myaccount/security/").content.decode()
    for word in ("Umbrellaphone", "Featherkey", "Pickup", "Canteen", "203.0.113.77"):
        assert word not in page


# The job


def test_nothing_happens_before_the_day(alice: User) -> None:
    deletion = ask_for_deletion(alice)
    assert services.erase_due(now=deletion.erase_at - timedelta(seconds=1)) == 0
    assert services.erase_due(now=deletion.erase_at) == 1
    assert services.erase_due(now=deletion.erase_at) == 0


def test_a_day_that_was_promised_stays(alice: User) -> None:
    """A shorter period is for what is asked for from then on."""
    deletion = ask_for_deletion(alice)
    DeletionSettings(cooling_off_days=1).save()
    assert services.erase_due(now=timezone.now() + 2 * A_DAY) == 0
    assert AccountDeletion.objects.get().erase_at == deletion.erase_at


def test_it_is_a_periodic_job(alice: User) -> None:
    ask_for_deletion(alice)
    job = next(job for job in jobs() if job.name == "deletion: erase accounts whose time has come")
    with time_machine.travel(timezone.now() + WHEN, tick=False):
        job.run(timezone.now())
    assert not User.objects.filter(username="alice").exists()


@by_ending
def test_a_crash_in_the_middle_leaves_all_of_it_and_the_next_run_does_it(
    db: None, ending: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    quill = make_quill()
    DeletionSettings(ending=ending).save()
    ask_for_deletion(quill)
    before = traces(*PERSONAL)
    with monkeypatch.context() as crash:
        crash.setattr("myaccount.deletion.telling.outbox.send_email", _crash)
        with pytest.raises(RuntimeError):
            services.erase_due(now=timezone.now() + WHEN)
    assert traces(*PERSONAL) == before
    assert services.erase_due(now=timezone.now() + WHEN) == 1
    assert not User.objects.filter(username="quillfeather").exists()


def test_one_that_fails_stops_no_other(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    real = users.erase

    def fail_for_alice(*, user: User, **given: Any) -> None:
        if user == alice:
            raise RuntimeError
        real(user=user, **given)

    monkeypatch.setattr(users, "erase", fail_for_alice)
    for person in (alice, bob):
        ask_for_deletion(person)
    with pytest.raises(RuntimeError):
        services.erase_due(now=timezone.now() + WHEN)
    assert list(User.objects.values_list("username", flat=True)) == ["alice"]


def test_whoever_became_an_administrator_meanwhile_is_held_back(alice: User) -> None:
    ask_for_deletion(alice)
    User.objects.update(is_superuser=True)
    assert services.erase_due(now=timezone.now() + WHEN) == 0
    User.objects.update(is_superuser=False)
    assert services.erase_due(now=timezone.now() + WHEN) == 1


def test_events_are_kept_for_as_long_as_administrators_say(alice: User) -> None:
    now = timezone.now()
    record(EventKind.SIGNED_IN, user=alice, origin=SYSTEM, now=now - timedelta(days=40))
    record(EventKind.SIGNED_IN, user=alice, origin=SYSTEM, now=now - timedelta(days=20))
    tasks.purge_events(now)
    assert Event.objects.count() == 2
    DeletionSettings(event_days=30).save()
    tasks.purge_events(now)
    assert Event.objects.count() == 1


# What administrators delete


def test_an_administrators_deletion_revokes_consents_and_tells_applications(alice: User) -> None:
    """Security 17, 18, 82: at once, and nothing of what is still to be told is left when it has been."""
    with application_server() as listener:
        application = make_application("Pickup", backchannel_logout_uri=listener.uri)
        consent = consent_to(alice, application)
        session = LoginSession.objects.create(user=alice, started_at=timezone.now(), last_seen_at=timezone.now())
        used(application, session)
        give(alice, application, session, is_offline=True)
        users.delete(user=alice, origin=SYSTEM, now=timezone.now())
        assert not AccessToken.objects.exists()
        assert not RefreshToken.objects.exists()
        assert ConsentReceipt.objects.filter(consent_uuid=consent.pk, is_revocation=True).exists()
        delivery = LogoutDelivery.objects.get()
        assert (delivery.user, delivery.login_session) == (None, None)
        deliver_due(now=timezone.now())
    assert len(listener.tokens) == 1
    assert not LogoutDelivery.objects.exists()


def _crash(*args: object, **kwargs: object) -> None:
    raise RuntimeError
