"""What administrators do to people, and what the person and the record get of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.claims.models import Claim
from myaccount.outbox.models import Message
from myaccount.users.models import User
from profile.models import PendingContact, Profile
from sessions_app.models import BrowserSession, EndReason, LoginSession
from tests.support.admin_forms import errors_of, filled_in
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.people import CHROME, PASSPHRASE, SAFARI_PHONE, make_person

LIST = "/admin/users/user/"
ADD = "/admin/users/user/add/"
TAKEN = "Somebody else signs in with this, as username or as e-mail address, perhaps spelled differently."


def form_of(user: User) -> str:
    return f"/admin/users/user/{user.pk}/change/"


def change(client: Client, user: User, **changes: Any) -> Any:
    """Save the person's form with these changes, and expect it to be taken."""
    response = client.post(form_of(user), filled_in(client, form_of(user), **changes))
    assert response.status_code == 302, errors_of(response)
    user.refresh_from_db()
    return response


def refused(client: Client, user: User, **changes: Any) -> dict[str, list[str]]:
    """The errors after saving the person's form with these changes."""
    return errors_of(client.post(form_of(user), filled_in(client, form_of(user), **changes)))


def add(client: Client, **values: Any) -> Any:
    return client.post(ADD, values)


def kinds_of(user: User) -> list[str]:
    return list(Event.objects.filter(user_uuid=user.uuid).order_by("id").values_list("kind", flat=True))


def last_event(user: User) -> Event:
    found = Event.objects.filter(user_uuid=user.uuid).order_by("id").last()
    assert found is not None
    return found


# The list


def test_the_list_shows_who_is_who(alice: User, adas: Client) -> None:
    page = adas.get(LIST).content.decode()
    for text in ("alice", "Alice Liddell", "alice@example.org"):
        assert text in page


@pytest.mark.parametrize("query", ["élodie", "ÉLODIE", "É", "  e\u0301lodie ", "ELODIE@example", "Elodie@Example.org"])
def test_people_are_found_by_the_beginning_of_a_name_in_any_spelling(adas: Client, query: str) -> None:
    """Security 4."""
    make_person("Élodie", email="elodie@example.org")
    make_person("zoe")
    found = adas.get(LIST, {"q": query}).context["cl"].result_list
    assert [user.username for user in found] == ["Élodie"]


def test_people_are_found_by_their_id(alice: User, adas: Client) -> None:
    assert list(adas.get(LIST, {"q": str(alice.uuid)}).context["cl"].result_list) == [alice]


def test_the_list_takes_as_many_queries_for_many_people_as_for_few(
    alice: User, adas: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(10) as few:
        adas.get(LIST)
    for number in range(40):
        make_person(f"person{number}")
    with django_assert_max_num_queries(len(few)):
        adas.get(LIST)


# Adding


def test_a_person_added_with_a_password_can_sign_in(ada: User, adas: Client) -> None:
    response = add(
        adas, username="dora", given_name="Dora", family_name="Maar", email="dora@example.org", password=PASSPHRASE
    )
    assert response.status_code == 302, errors_of(response)
    dora = User.objects.get(username="dora")
    assert (dora.name, dora.email, dora.email_verified_at) == ("Dora Maar", "dora@example.org", None)
    assert Profile.objects.get(user=dora).values == {"given_name": "Dora", "family_name": "Maar"}
    assert kinds_of(dora) == [EventKind.ACCOUNT_CREATED]
    assert last_event(dora).by_uuid == ada.uuid
    page = sign_in(new_browser(), "dora").get("/myaccount/personal-info/").content.decode()
    assert "Maar" in page


def test_an_address_known_to_be_theirs_can_be_signed_in_with(adas: Client) -> None:
    add(adas, username="dora", email="Dora@example.org", email_is_proven="on", password=PASSPHRASE)
    sign_in(new_browser(), "dora@EXAMPLE.org")


def test_a_person_added_without_a_password_cannot_sign_in_with_one(adas: Client) -> None:
    assert add(adas, username="dora").status_code == 302
    dora = User.objects.get(username="dora")
    assert not dora.has_usable_password()
    response = new_browser().post(SIGN_IN, {"identifier": "dora", "password": ""})
    assert response.status_code == 422
    assert "cannot sign in with a password" in adas.get(form_of(dora)).content.decode()


@pytest.mark.parametrize(
    ("password", "reason"),
    [("short", "too short"), ("passwordpassword", "many people use"), ("dora maar dora maar", "similar to your")],
)
def test_a_first_password_has_to_meet_the_rules(adas: Client, password: str, reason: str) -> None:
    """Security 32, 33."""
    errors = errors_of(add(adas, username="dora", given_name="Dora", family_name="Maar", password=password))
    assert any(reason in text for text in errors["password"]), errors
    assert not User.objects.filter(username="dora").exists()


def test_a_refused_form_does_not_send_the_password_back(adas: Client) -> None:
    page = add(adas, username="", password=PASSPHRASE).content.decode()
    assert PASSPHRASE not in page


@pytest.mark.parametrize(
    "username", ["alice", "ALICE", " alice ", "ａｌｉｃｅ", "Alice@Example.ORG", "alice@example.org"]
)
def test_a_username_somebody_signs_in_with_in_any_spelling_is_refused(alice: User, adas: Client, username: str) -> None:
    """Security 4, 29: no collision between usernames and addresses."""
    assert errors_of(add(adas, username=username, password=PASSPHRASE))["username"] == [TAKEN]
    assert User.objects.count() == 2


@pytest.mark.parametrize("address", ["alice@example.org", "ALICE@example.org", "pat@example.org"])
def test_an_address_somebody_signs_in_with_is_refused(alice: User, adas: Client, address: str) -> None:
    """Security 29."""
    make_person("Pat@example.org", email="")
    assert errors_of(add(adas, username="dora", email=address))["email"] == [TAKEN]


def test_an_address_somebody_has_not_proven_is_free(adas: Client) -> None:
    """Nobody reserves another's address by typing it."""
    make_person("bob", email="dora@example.org", email_verified_at=None)
    assert add(adas, username="dora", email="dora@example.org", email_is_proven="on").status_code == 302


@pytest.mark.parametrize("username", ["", " ", "do\u202era", "do\u200bra", "x" * 151])
def test_a_username_that_cannot_be_one_is_refused(adas: Client, username: str) -> None:
    assert "username" in errors_of(add(adas, username=username))


def test_rights_cannot_be_slipped_in_when_adding(adas: Client) -> None:
    """Security 22."""
    add(adas, username="dora", is_superuser="on", is_staff="on", email_verified_at="2020-01-01", groups="1")
    dora = User.objects.get(username="dora")
    assert (dora.is_staff, dora.is_superuser, dora.email_verified_at) == (False, False, None)


# Attributes


def test_an_administrator_changes_what_people_cannot(alice: User, ada: User, adas: Client, alices: Client) -> None:
    Claim.objects.create(
        name="badge", label="Badge", is_read_only=True, pattern=r"B-\d+", pattern_hint="B, dash, digits."
    )
    change(adas, alice, attribute_badge="B-17", attribute_given_name="Alicia")
    page = alices.get("/myaccount/personal-info/").content.decode()
    assert "B-17" in page
    assert "Alicia Liddell" in page
    events = Event.objects.filter(user_uuid=alice.uuid, kind=EventKind.PROFILE_CHANGED)
    assert sorted(event.data["claims"][0] for event in events) == ["badge", "given_name"]
    assert {event.by_uuid for event in events} == {ada.uuid}
    assert "By an administrator" in alices.get("/myaccount/security/history/").content.decode()


def test_the_person_does_not_learn_where_the_administrator_sits(alice: User, adas: Client, alices: Client) -> None:
    change(adas, alice, attribute_given_name="Alicia")
    page = alices.get("/myaccount/security/history/").content.decode()
    assert "By an administrator" in page
    assert "192.0.2.99" not in page
    assert "Chrome" not in page


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("attribute_badge", "17", "B, dash, digits."),
        ("attribute_url", "javascript:alert(1)", "https://"),
        ("attribute_telephone", "12", "plus sign and the country code"),
        ("attribute_given_name", "Al\u202eice", "invisible"),
        ("attribute_given_name", "x" * 151, "too long"),
        ("attribute_birthdate", "2999-01-01", "in the past"),
        ("attribute_country", "XX", "XX"),
        ("mobile", "+442079460123", "not a mobile number"),
        ("email", "alice", "e"),
    ],
)
def test_values_are_checked_as_they_are_for_people(
    alice: User, adas: Client, field: str, value: str, reason: str
) -> None:
    """Security 22, 24, 27."""
    Claim.objects.create(name="badge", label="Badge", pattern=r"B-\d+", pattern_hint="B, dash, digits.")
    errors = refused(adas, alice, **{field: value})
    assert list(errors) == [field]
    assert reason in errors[field][0]


def test_attributes_of_every_kind_can_be_set_and_emptied(alice: User, adas: Client, alices: Client) -> None:
    Claim.objects.create(name="newsletter", label="Newsletter", type="boolean")
    Claim.objects.create(name="size", label="Size", type="choice", choices=["S", "M"])
    values = {
        "attribute_birthdate": "1992-05-04", "attribute_country": "JP", "attribute_telephone": "03-1234-5678",
        "attribute_newsletter": "on", "attribute_size": "M", "attribute_address": "1 Lane\nOxford",
        "attribute_zoneinfo": "Asia/Tokyo", "attribute_locale": "en",
    }  # fmt: skip
    change(adas, alice, attribute_country="JP")
    change(adas, alice, **values)
    stored = Profile.objects.get(user=alice).values
    assert stored["birthdate"] == "1992-05-04"
    assert stored["telephone"] == "+81312345678"
    assert (stored["newsletter"], stored["size"], stored["country"]) == ("true", "M", "JP")
    assert (alice.time_zone, alice.language) == ("Asia/Tokyo", "en")
    assert alices.get("/myaccount/personal-info/").status_code == 200
    change(adas, alice, attribute_birthdate="", attribute_size="", attribute_newsletter=None, attribute_zoneinfo="")
    stored = Profile.objects.get(user=alice).values
    assert "birthdate" not in stored
    assert "size" not in stored
    assert stored["newsletter"] == "false"
    alice.refresh_from_db()
    assert alice.time_zone == ""


def test_an_attribute_that_is_required_does_not_hold_up_an_administrator(alice: User, adas: Client) -> None:
    Claim.objects.filter(name="organization").update(is_required=True)
    change(adas, alice, is_active=None)
    assert not alice.is_active


def test_saving_without_changes_writes_nothing(alice: User, adas: Client) -> None:
    before = kinds_of(alice)
    change(adas, alice)
    assert kinds_of(alice) == before
    assert Profile.objects.get(user=alice).version == 0


def test_an_account_without_a_profile_can_be_edited(adas: Client) -> None:
    user = User.objects.create_user("console")
    change(adas, user, attribute_given_name="Con")
    assert Profile.objects.get(user=user).values == {"given_name": "Con"}


def test_what_the_person_changed_meanwhile_is_not_lost(alice: User, adas: Client) -> None:
    """Security 28: only what was edited is written, and not over somebody else's change."""
    stale = filled_in(adas, form_of(alice), attribute_department="Rights")
    Profile.objects.filter(user=alice).update(values={"given_name": "Alice", "family_name": "Hargreaves"})
    assert adas.post(form_of(alice), stale).status_code == 302
    assert Profile.objects.get(user=alice).values == {
        "given_name": "Alice", "family_name": "Hargreaves", "department": "Rights",
    }  # fmt: skip
    stale["attribute_department"] = "Sales"
    errors = errors_of(adas.post(form_of(alice), stale))
    assert "Somebody else changed this since you opened the page" in errors["attribute_department"][0]
    assert Profile.objects.get(user=alice).values["department"] == "Rights"


def test_a_form_of_one_person_cannot_be_sent_for_another(alice: User, bob: User, adas: Client) -> None:
    data = filled_in(adas, form_of(alice))
    assert "opened" in errors_of(adas.post(form_of(bob), data))
    assert "opened" in errors_of(adas.post(form_of(bob), {**data, "opened": "x"}))
    bob.refresh_from_db()
    assert bob.username == "bob"


def test_admins_own_record_names_what_was_changed(alice: User, adas: Client) -> None:
    """Security 88: changes are audited."""
    change(adas, alice, attribute_department="Rights", is_active=None)
    assert LogEntry.objects.get().get_change_message() == "Changed Active and Department."


# Username and contacts


def test_renaming_keeps_everything_but_the_name(alice: User, ada: User, adas: Client) -> None:
    change(adas, alice, username="Alice.Hargreaves")
    assert alice.username_key == "alice.hargreaves"
    sign_in(new_browser(), "ALICE.hargreaves")
    event = Event.objects.get(user_uuid=alice.uuid, kind=EventKind.PROFILE_CHANGED)
    assert (event.data, event.by_uuid) == ({"claims": ["username"]}, ada.uuid)
    assert Profile.objects.get(user=alice).values["given_name"] == "Alice"


@pytest.mark.parametrize("name", ["BOB", "bob@example.org", " bob"])
def test_renaming_to_somebody_elses_name_is_refused(alice: User, bob: User, adas: Client, name: str) -> None:
    """Security 29."""
    assert refused(adas, alice, username=name)["username"] == [TAKEN]


def test_another_spelling_of_ones_own_name_is_free(alice: User, adas: Client) -> None:
    change(adas, alice, username="Alice")
    assert alice.username == "Alice"


def test_a_new_address_is_not_proven_by_itself_and_the_old_one_is_told(alice: User, ada: User, adas: Client) -> None:
    """Security 29."""
    change(adas, alice, email="alice@new.example")
    assert (alice.email, alice.email_verified_at) == ("alice@new.example", None)
    assert Message.objects.get(topic="email_changed").recipient == "alice@example.org"
    event = last_event(alice)
    assert event.kind == EventKind.EMAIL_CHANGED
    assert event.by_uuid == ada.uuid
    response = new_browser().post(SIGN_IN, {"identifier": "alice@new.example", "password": PASSPHRASE})
    assert response.status_code == 422


def test_an_administrator_can_vouch_for_an_address(alice: User, adas: Client) -> None:
    change(adas, alice, email="alice@new.example", email_is_proven="on")
    sign_in(new_browser(), "alice@new.example")


def test_an_administrator_can_vouch_for_what_is_there(adas: Client) -> None:
    bob = make_person("bob", email_verified_at=None, mobile="+447400123456")
    change(adas, bob, email_is_proven="on", mobile_is_proven="on")
    assert bob.email_verified_at
    assert bob.mobile_verified_at
    assert bob.email_key == "bob@example.org"


def test_vouching_for_nothing_or_for_what_is_proven_changes_nothing(alice: User, adas: Client) -> None:
    before, since = kinds_of(alice), alice.email_verified_at
    change(adas, alice, email_is_proven="on", mobile_is_proven="on")
    assert kinds_of(alice) == before
    assert (alice.email_verified_at, alice.mobile_verified_at) == (since, None)


def test_vouching_for_an_address_that_changed_meanwhile_is_refused(adas: Client) -> None:
    """Security 28, 29: nobody vouches for an address they have not seen."""
    bob = make_person("bob", email_verified_at=None)
    stale = filled_in(adas, form_of(bob), email_is_proven="on")
    User.objects.filter(pk=bob.pk).update(email="evil@example.org")
    assert "email" in errors_of(adas.post(form_of(bob), stale))
    bob.refresh_from_db()
    assert bob.email_verified_at is None


def test_somebody_elses_address_is_refused(alice: User, bob: User, adas: Client) -> None:
    """Security 29."""
    assert refused(adas, alice, email="BOB@example.org")["email"] == [TAKEN]


def test_a_new_address_ends_the_persons_sessions(alice: User, alices: Client, adas: Client) -> None:
    """Security 19."""
    change(adas, alice, email="alice@new.example")
    assert alices.get("/myaccount/").status_code == 302


def test_a_change_the_person_was_proving_dies(alice: User, alices: Client, adas: Client) -> None:
    alices.post("/myaccount/personal-info/contact/mobile/", {"value": "+447400123456", "opened_with": ""})
    assert PendingContact.objects.exists()
    change(adas, alice, mobile="+447911123456")
    assert not PendingContact.objects.exists()
    assert alice.mobile == "+447911123456"


# Off and on


def test_switching_off_ends_every_session_at_once(alice: User, ada: User, alices: Client, adas: Client) -> None:
    """Security 18."""
    change(adas, alice, is_active=None)
    session = LoginSession.objects.get(user=alice)
    assert session.end_reason == EndReason.NO_LONGER_VALID
    assert not BrowserSession.objects.filter(login_session=session).exists()
    assert alices.get("/myaccount/")["Location"].startswith(SIGN_IN)
    assert kinds_of(alice)[-2:] == [EventKind.ACCOUNT_DISABLED, EventKind.SESSION_ENDED]
    assert set(Event.objects.filter(user_uuid=alice.uuid).order_by("-id")[:2].values_list("by_uuid", flat=True)) == {
        ada.uuid
    }
    response = new_browser().post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE})
    assert response.status_code == 422


def test_switching_on_again_lets_the_person_sign_in_anew(alice: User, alices: Client, adas: Client) -> None:
    change(adas, alice, is_active=None)
    change(adas, alice, is_active="on")
    assert last_event(alice).kind == EventKind.ACCOUNT_ENABLED
    assert alices.get("/myaccount/").status_code == 302
    sign_in(new_browser(), "alice")


def test_nobody_locks_themselves_out(ada: User, adas: Client) -> None:
    assert refused(adas, ada, is_active=None)["is_active"] == ["You cannot switch off your own account."]
    assert "is_staff" in refused(adas, ada, is_staff=None)
    assert "is_superuser" in refused(adas, ada, is_superuser=None)
    assert adas.get("/admin/").status_code == 200


# Roles and rights


def test_groups_are_the_persons_roles(alice: User, ada: User, alices: Client, adas: Client) -> None:
    editors = Group.objects.create(name="Editors")
    change(adas, alice, groups=[editors.pk])
    assert "Editors" in alices.get("/myaccount/personal-info/").content.decode()
    event = last_event(alice)
    assert (event.kind, event.by_uuid) == (EventKind.RIGHTS_CHANGED, ada.uuid)
    assert event.data == {"roles": ["Editors"], "is_staff": False, "is_superuser": False}
    change(adas, alice, groups=[])
    assert not alice.groups.exists()


def test_making_somebody_an_administrator_is_recorded(alice: User, alices: Client, adas: Client) -> None:
    """Security 88."""
    change(adas, alice, is_staff="on")
    assert alices.get("/admin/")["Location"].startswith("/myaccount/security/factors/add/")  # the door is open for them
    assert last_event(alice).data["is_staff"] is True
    assert "Roles or rights changed" in alices.get("/myaccount/security/history/").content.decode()


def test_only_those_with_all_rights_give_rights(alice: User, helpdesk: User, helpdesks: Client) -> None:
    """Security 22: what is not in the form is not taken from it."""
    form = helpdesks.get(form_of(alice)).context["adminform"].form
    assert not {"groups", "is_staff", "is_superuser"} & form.fields.keys()
    extra = {"is_staff": "on", "is_superuser": "on", "groups": [helpdesk.groups.get().pk]}
    data = {**filled_in(helpdesks, form_of(alice), attribute_department="Rights"), **extra}
    assert helpdesks.post(form_of(alice), data).status_code == 302
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser, alice.groups.exists()) == (False, False, False)
    assert Profile.objects.get(user=alice).values["department"] == "Rights"


def test_the_helpdesk_cannot_touch_administrators(ada: User, helpdesk: User, helpdesks: Client) -> None:
    """An administrator's e-mail address leads to their rights."""
    for target in (ada, helpdesk):
        page = helpdesks.get(form_of(target))
        assert page.status_code == 200
        assert 'name="email"' not in page.content.decode()
        assert helpdesks.post(form_of(target), {"email": "evil@example.org"}).status_code == 403
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"


def test_who_may_only_look_sees_the_attributes(alice: User, helpdesk: User, helpdesks: Client) -> None:
    group = helpdesk.groups.get()
    group.permissions.remove(group.permissions.get(codename="change_user"))
    page = helpdesks.get(form_of(alice)).content.decode()
    assert "<dd>Liddell</dd>" in page
    assert 'name="attribute_family_name"' not in page
    assert helpdesks.post(form_of(alice), {}).status_code == 403


def test_groups_are_for_those_with_all_rights(helpdesk: User, helpdesks: Client) -> None:
    group = helpdesk.groups.get()
    for path in ("/admin/auth/group/add/", f"/admin/auth/group/{group.pk}/delete/"):
        assert helpdesks.post(path, {"name": "x"}).status_code == 403
    assert helpdesks.post(f"/admin/auth/group/{group.pk}/change/", {"name": "x"}).status_code == 403


# Passwords


def test_no_page_takes_or_shows_a_password_of_somebody_who_has_an_account(alice: User, adas: Client) -> None:
    """Security 48."""
    page = adas.get(form_of(alice)).content.decode()
    assert 'type="password"' not in page
    assert alice.password not in page
    before = alice.password
    data = {**filled_in(adas, form_of(alice)), "password": "another long enough one", "password1": "x"}
    assert adas.post(form_of(alice), data).status_code == 302
    alice.refresh_from_db()
    assert alice.password == before
    assert adas.get(f"/admin/users/user/{alice.pk}/password/").status_code in (302, 404)


# Ending sessions


def end_sessions(client: Client, *users: User, **extra: Any) -> Any:
    data = {"action": "end_all_sessions", "_selected_action": [user.pk for user in users], **extra}
    return client.post(LIST, data)


def test_ending_all_sessions_asks_first(alice: User, alices: Client, adas: Client) -> None:
    page = end_sessions(adas, alice).content.decode()
    assert "alice (Alice Liddell)" in page
    assert "signed out everywhere at once" in page
    assert alices.get("/myaccount/").status_code == 200


def test_ending_all_sessions_signs_the_chosen_people_out(
    alice: User, bob: User, ada: User, alices: Client, adas: Client
) -> None:
    """Security 17, 88."""
    phone = sign_in(new_browser(SAFARI_PHONE), "alice")
    bobs = sign_in(new_browser(CHROME), "bob")
    response = end_sessions(adas, alice, confirmed="yes")
    assert response.status_code == 302
    assert "2 sessions were ended." in adas.get(LIST).content.decode()
    assert alices.get("/myaccount/").status_code == phone.get("/myaccount/").status_code == 302
    assert bobs.get("/myaccount/").status_code == 200
    reasons = set(LoginSession.objects.filter(user=alice).values_list("end_reason", flat=True))
    assert reasons == {EndReason.BY_ADMINISTRATOR}
    event = last_event(alice)
    assert (event.kind, event.by_uuid) == (EventKind.SESSION_ENDED, ada.uuid)
    assert event.data == {"reason": "by-administrator", "count": 2, "kept_one": False}


def test_ones_own_session_stays(ada: User, adas: Client) -> None:
    elsewhere = sign_in(new_browser(SAFARI_PHONE), "ada")
    end_sessions(adas, ada, confirmed="yes")
    assert adas.get("/admin/").status_code == 200
    assert elsewhere.get("/myaccount/").status_code == 302


def test_nobody_without_the_right_ends_sessions(alice: User, alices: Client, helpdesk: User, helpdesks: Client) -> None:
    group = helpdesk.groups.get()
    group.permissions.remove(group.permissions.get(codename="change_user"))
    end_sessions(helpdesks, alice, confirmed="yes")
    assert alices.get("/myaccount/").status_code == 200


# Deleting


def test_deleting_takes_everything_but_the_events(alice: User, ada: User, alices: Client, adas: Client) -> None:
    """Security 18, 62: the browser is out, and a new account of that name is another one."""
    uuid = alice.uuid
    path = f"/admin/users/user/{alice.pk}/delete/"
    assert "former passwords, for good. Security events stay." in adas.get(path).content.decode()
    assert adas.post(path, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="alice").exists()
    assert not LoginSession.objects.exclude(user=ada).exists()
    assert alices.get("/myaccount/").status_code == 302
    event = Event.objects.get(user_uuid=uuid, kind=EventKind.ACCOUNT_DELETED)
    assert event.by_uuid == ada.uuid
    add(adas, username="alice", password="another long passphrase here")
    response = new_browser().post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE})
    assert response.status_code == 422
    assert User.objects.get(username="alice").uuid != uuid


def test_administrators_are_not_deleted_and_nobody_in_bulk(
    alice: User, helpdesk: User, ada: User, adas: Client
) -> None:
    for target in (helpdesk, ada):
        assert adas.post(f"/admin/users/user/{target.pk}/delete/", {"post": "yes"}).status_code == 403
    adas.post(LIST, {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"})
    assert User.objects.filter(pk=alice.pk).exists()


def test_nobody_is_mailed_by_looking(alice: User, adas: Client) -> None:
    adas.get(form_of(alice))
    assert mail.outbox == []
    assert not Message.objects.exists()
