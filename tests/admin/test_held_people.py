"""What administrators do to people that waits for approval: what they are told, and what is carried out."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.operations import services as operations
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import OperationImpossible
from myaccount.users.models import User
from profile.models import Profile
from tests.support.admin_forms import filled_in
from tests.support.approving import held
from tests.support.browsing import new_browser, sign_in
from tests.support.people import PASSPHRASE, make_person

LIST = "/admin/users/user/"
NEW = {"username": "dora", "given_name": "Dora", "email": "dora@example.org", "password": PASSPHRASE}


def form_of(user: User) -> str:
    return f"{LIST}{user.pk}/change/"


def save(client: Client, user: User, **changes: Any) -> str:
    """Save the person's form with these changes; the page after it."""
    page: str = client.post(form_of(user), filled_in(client, form_of(user), **changes), follow=True).content.decode()
    user.refresh_from_db()
    return page


# Adding


def test_a_person_who_waits_is_kept_as_they_would_be_made(ada: User, adas: Client) -> None:
    """Security 88: of the password nothing is kept but its hash, and the approver does not see that."""
    with held(OperationKind.ADD_USER) as desk:
        page = adas.post(f"{LIST}add/", NEW, follow=True).content.decode()
        assert "“dora” was not added yet: it waits for approval." in page
        assert "was added successfully" not in page
        assert not User.objects.filter(username="dora").exists()
        assert not LogEntry.objects.exists()
        assert PASSPHRASE not in json.dumps(dict(desk.asked.payload))
        assert desk.asked.attributes == {"username": "dora", "given_name": "Dora", "email": "dora@example.org"}
        described = operations.describe(desk.asked)
        assert {one.label: one.wanted for one in described.properties} == {
            "Username": "dora", "First Name": "Dora", "Email": "dora@example.org",
            "Address known to be theirs": "No", "First password": "Given",
        }  # fmt: skip
        assert desk.asked.payload["password_hash"] not in str(described)
        desk.agree()
    dora = User.objects.get(username="dora")
    assert Profile.objects.get(user=dora).values == {"given_name": "Dora"}
    event = Event.objects.get(user_uuid=dora.uuid)
    assert (event.kind, event.by_uuid) == (EventKind.ACCOUNT_CREATED, ada.uuid)
    sign_in(new_browser(), "dora")


def test_a_name_taken_meanwhile_is_impossible(adas: Client) -> None:
    """Security 29."""
    with held(OperationKind.ADD_USER) as desk:
        adas.post(f"{LIST}add/", NEW)
        make_person("DORA")
        reason = "Somebody else signs in with this username or e-mail address by now."
        assert operations.describe(desk.asked).why_impossible == reason
        with pytest.raises(OperationImpossible, match=reason):
            desk.agree()


def test_nothing_else_of_the_form_is_kept(adas: Client) -> None:
    """Security 22."""
    with held(OperationKind.ADD_USER) as desk:
        adas.post(f"{LIST}add/", {**NEW, "is_superuser": "on", "groups": "1", "password_hash": "x", "by": "1"})
        assert desk.asked.payload.keys() == {"username", "email", "is_email_proven", "password_hash", "values"}
        desk.agree()
    dora = User.objects.get(username="dora")
    assert not dora.is_superuser
    assert dora.has_usable_password()


# Deleting


def test_a_person_who_is_to_be_deleted_stays_until_people_agree(alice: User, ada: User, adas: Client) -> None:
    with held(OperationKind.DELETE_USER) as desk:
        response = adas.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"}, follow=True)
        assert response.redirect_chain[-1][0] == form_of(alice)
        page = response.content.decode()
        assert "“alice” was not deleted yet: it waits for approval." in page
        assert "deleted successfully" not in page
        assert not LogEntry.objects.exists()
        username, name = operations.describe(desk.asked).properties
        assert (username.was, name.was, name.is_now) == ("alice", "Alice Liddell", "Alice Liddell")
        User.objects.filter(pk=alice.pk).update(display_name="Alice Hargreaves")
        assert operations.describe(desk.asked).properties[1].has_changed_meanwhile
        desk.agree()
    assert not User.objects.filter(username="alice").exists()
    event = Event.objects.get(user_uuid=alice.uuid, kind=EventKind.ACCOUNT_DELETED)
    assert event.by_uuid == ada.uuid


def test_somebody_who_became_an_administrator_is_not_deleted(alice: User, adas: Client) -> None:
    with held(OperationKind.DELETE_USER) as desk:
        adas.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"})
        User.objects.filter(pk=alice.pk).update(is_staff=True)
        with pytest.raises(OperationImpossible, match="may not delete this person any more"):
            desk.agree()


# Roles and rights


def test_roles_wait_and_the_rest_of_the_form_is_saved(alice: User, ada: User, adas: Client) -> None:
    editors = Group.objects.create(name="Editors")
    with held(OperationKind.CHANGE_ROLES) as desk:
        page = save(adas, alice, groups=[editors.pk], is_staff="on", attribute_department="Rights")
        assert "Not changed yet, but waiting for approval: Roles, Administrator. Everything else was saved." in page
        assert (alice.is_staff, alice.groups.count()) == (False, 0)
        assert Profile.objects.get(user=alice).values["department"] == "Rights"
        assert LogEntry.objects.get().get_change_message() == "Changed Department."
        roles, staff = operations.describe(desk.asked).properties
        assert (roles.was, roles.wanted, roles.is_now) == ("None", "Editors", "None")
        assert (staff.label, staff.was, staff.wanted) == ("Administrator", "No", "Yes")
        alice.groups.add(Group.objects.create(name="Readers"))
        assert operations.describe(desk.asked).properties[0].is_now == "Readers"
        desk.agree()
    alice.refresh_from_db()
    assert alice.is_staff
    assert [group.name for group in alice.groups.all()] == ["Editors"]
    event = Event.objects.get(user_uuid=alice.uuid, kind=EventKind.RIGHTS_CHANGED)
    assert (event.by_uuid, event.data["roles"]) == (ada.uuid, ["Editors"])


def test_where_all_waits_the_form_says_that_nothing_was_changed(alice: User, adas: Client) -> None:
    with held(OperationKind.CHANGE_ROLES):
        page = save(adas, alice, is_staff="on")
    assert "Nothing was changed yet: it waits for approval. (Administrator)" in page
    assert "changed successfully" not in page


def test_a_role_that_is_gone_is_impossible(alice: User, adas: Client) -> None:
    editors = Group.objects.create(name="Editors")
    with held(OperationKind.CHANGE_ROLES) as desk:
        save(adas, alice, groups=[editors.pk])
        editors.delete()
        reason = "There is no such role any more: Editors."
        assert operations.describe(desk.asked).why_impossible == reason
        with pytest.raises(OperationImpossible, match=reason):
            desk.agree()


@pytest.mark.parametrize("how", ["demoted", "switched off", "deleted"])
def test_rights_are_not_raised_for_somebody_who_lost_theirs(alice: User, ada: User, adas: Client, how: str) -> None:
    """Security 22, 88: asked again at the moment it is carried out."""
    with held(OperationKind.CHANGE_ROLES) as desk:
        save(adas, alice, is_superuser="on")
        if how == "deleted":
            LogEntry.objects.all().delete()
            ada.delete()
        else:
            User.objects.filter(pk=ada.pk).update(**{"demoted": {"is_superuser": False}}.get(how, {"is_active": False}))
        with pytest.raises(OperationImpossible, match="may not change roles and rights any more"):
            desk.agree()
    alice.refresh_from_db()
    assert not alice.is_superuser


def test_rights_cannot_be_slipped_into_what_waits(alice: User, helpdesk: User, helpdesks: Client) -> None:
    """Security 22: only somebody with all rights asks for rights."""
    with held(OperationKind.CHANGE_ROLES) as desk:
        data = {**filled_in(helpdesks, form_of(alice)), "is_superuser": "on", "groups": [helpdesk.groups.get().pk]}
        helpdesks.post(form_of(alice), data)
        assert desk.waiting == []
    alice.refresh_from_db()
    assert not alice.is_superuser


# Attributes


def test_held_attributes_wait_and_the_others_are_saved(alice: User, ada: User, adas: Client) -> None:
    with held(OperationKind.UPDATE_CLAIMS, claims=["family_name", "email"]) as desk:
        page = save(
            adas, alice, attribute_family_name="Hargreaves", attribute_department="Rights",
            email="alice@new.example", email_is_proven="on",
        )  # fmt: skip
        assert re.search(r"waiting for approval: .*Last Name. Everything else was saved", page)
        assert Profile.objects.get(user=alice).values == {
            "given_name": "Alice", "family_name": "Liddell", "department": "Rights",
        }  # fmt: skip
        assert alice.email == "alice@example.org"
        for kept in [*desk.waiting]:
            assert kept.submission.requester == ada
            desk.agree(kept.submission)
    alice.refresh_from_db()
    assert (alice.email, alice.email_verified_at is not None) == ("alice@new.example", True)
    assert Profile.objects.get(user=alice).values["family_name"] == "Hargreaves"
    events = Event.objects.filter(user_uuid=alice.uuid, kind__in=[EventKind.PROFILE_CHANGED, EventKind.EMAIL_CHANGED])
    assert {event.by_uuid for event in events} == {ada.uuid}


def test_an_administrators_change_is_not_made_once_they_may_not(alice: User, helpdesk: User, helpdesks: Client) -> None:
    """Security 22: neither without the right, nor when the person has become an administrator."""
    with held(OperationKind.UPDATE_CLAIMS) as desk:
        save(helpdesks, alice, attribute_family_name="Hargreaves")
        User.objects.filter(pk=alice.pk).update(is_staff=True)
        with pytest.raises(OperationImpossible, match="may not change this person any more"):
            desk.agree()
        User.objects.filter(pk=alice.pk).update(is_staff=False)
        helpdesk.groups.clear()
        with pytest.raises(OperationImpossible, match="may not change this person any more"):
            desk.agree()


def test_an_account_that_is_gone_is_impossible_for_all(alice: User, adas: Client) -> None:
    editors = Group.objects.create(name="Editors")
    with held(OperationKind.CHANGE_ROLES, OperationKind.DELETE_USER) as desk:
        save(adas, alice, groups=[editors.pk])
        adas.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"})
        User.objects.filter(pk=alice.pk).delete()
        for kept in [*desk.waiting]:
            assert operations.describe(kept.submission).why_impossible == "There is no such account any more."
            with pytest.raises(OperationImpossible):
                desk.agree(kept.submission)
