"""Deleting accounts in Django admin: the settings, and the accounts under way."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.deletion.models import AccountDeletion, DeletionSettings, Ending
from myaccount.outbox.models import Message
from myaccount.users.models import User
from tests.deletion.support import ask_for_deletion
from tests.support.admin_forms import errors_of, filled_in
from tests.support.browsing import new_browser, sign_in
from tests.support.people import CHROME, make_person

SETTINGS = "/admin/deletion/deletionsettings/1/change/"
LIST = "/admin/deletion/accountdeletion/"


@pytest.fixture
def ada(db: None) -> User:
    """An administrator with all rights."""
    return make_person("ada", is_staff=True, is_superuser=True)


@pytest.fixture
def adas(ada: User) -> Client:
    """A browser in which ada has just signed in."""
    return sign_in(new_browser(CHROME, address="192.0.2.99"), "ada")


def test_what_administrators_decide_holds_and_is_on_record(adas: Client, ada: User) -> None:
    form = filled_in(adas, SETTINGS, cooling_off_days=7, ending=Ending.MAKE_ANONYMOUS.value, event_days=90)
    assert adas.post(SETTINGS, form).status_code == 302
    row = DeletionSettings.objects.get()
    assert (row.cooling_off_days, row.ending, row.event_days) == (7, Ending.MAKE_ANONYMOUS, 90)
    event = Event.objects.get(kind=EventKind.DELETION_SETTINGS_CHANGED)
    assert event.by_uuid == ada.uuid
    assert event.data == {"changed": ["cooling_off_days", "ending", "event_days"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [("cooling_off_days", 0), ("cooling_off_days", 91), ("event_days", 29), ("ending", "burn"), ("event_days", "x")],
)
def test_what_makes_no_sense_is_refused(adas: Client, name: str, value: object) -> None:
    form = filled_in(adas, SETTINGS, **{"event_days": 90, name: value})
    assert name in errors_of(adas.post(SETTINGS, form))
    assert not DeletionSettings.objects.exists()


def test_settings_somebody_else_saved_meanwhile_are_not_overwritten(adas: Client) -> None:
    """Security 28."""
    form = filled_in(adas, SETTINGS, cooling_off_days=7)
    DeletionSettings(cooling_off_days=30).save()
    assert "Nothing was saved" in adas.post(SETTINGS, form, follow=True).content.decode()
    assert DeletionSettings.objects.get().cooling_off_days == 30


def test_the_list_shows_who_leaves_when_and_who_is_held_back(adas: Client, alice: User, bob: User) -> None:
    for person in (alice, bob):
        ask_for_deletion(person)
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    page = adas.get(LIST).content.decode()
    assert "alice" in page
    assert "icon-yes" in page
    assert "bob" not in adas.get(LIST, {"q": "alice"}).content.decode().split('id="result_list"')[1]
    row = AccountDeletion.objects.get(user=alice)
    assert adas.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert adas.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_administrator_keeps_an_account_with_a_reason(adas: Client, ada: User, alice: User) -> None:
    """The person is told, and reads the reason."""
    row = ask_for_deletion(alice)
    chosen = {"action": "keep_accounts", "_selected_action": [row.pk]}
    assert "These accounts are not deleted" in adas.post(LIST, chosen).content.decode()
    assert "This field is required" in adas.post(LIST, {**chosen, "confirmed": "yes"}).content.decode()
    assert AccountDeletion.objects.exists()
    adas.post(LIST, {**chosen, "confirmed": "yes", "reason": "Your exam is still to be marked."})
    assert not AccountDeletion.objects.exists()
    event = Event.objects.get(kind=EventKind.DELETION_CANCELLED)
    assert (event.user_uuid, event.by_uuid) == (alice.uuid, ada.uuid)
    mail = Message.objects.get(topic="deletion_cancelled")
    assert "An administrator has stopped the deletion" in mail.text
    assert "Your exam is still to be marked." in mail.text


def test_who_may_only_look_keeps_nothing(db: None, alice: User) -> None:
    helga = make_person("helga", is_staff=True)
    helga.user_permissions.add(Permission.objects.get(codename="view_accountdeletion"))
    browser = sign_in(new_browser(), "helga")
    row = ask_for_deletion(alice)
    browser.post(LIST, {"action": "keep_accounts", "_selected_action": [row.pk], "confirmed": "yes", "reason": "x"})
    assert AccountDeletion.objects.exists()
