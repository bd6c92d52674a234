"""Self-registration in Django admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.registration.models import Registration, RegistrationSettings
from myaccount.users.models import User
from tests.registration.support import ADDRESS, allow, code_of, link_of, newest, register
from tests.support.admin_forms import errors_of, filled_in

SETTINGS = "/admin/registration/registrationsettings/1/change/"
REGISTRATIONS = "/admin/registration/registration/"


def test_an_administrator_allows_it_and_says_how(ada: User, adas: Client) -> None:
    guests = Group.objects.create(name="Guests")
    changes = {"is_allowed": True, "domains": "@Example.ORG, example.com\nexample.org", "groups": [guests.pk]}
    assert adas.post(SETTINGS, filled_in(adas, SETTINGS, **changes)).status_code == 302
    row = RegistrationSettings.objects.get()
    assert (row.is_allowed, row.asks_captcha, row.domains) == (True, True, "example.org\nexample.com")
    assert list(row.groups.all()) == [guests]
    event = Event.objects.get(kind=EventKind.REGISTRATION_SETTINGS_CHANGED)
    assert (event.by_uuid, sorted(event.data["changed"])) == (ada.uuid, ["domains", "groups", "is_allowed"])
    adas.post(SETTINGS, filled_in(adas, SETTINGS))
    assert Event.objects.filter(kind=EventKind.REGISTRATION_SETTINGS_CHANGED).count() == 1
    adas.post(SETTINGS, filled_in(adas, SETTINGS, groups=[]))
    assert row.groups.count() == 0


def test_what_makes_no_sense_is_refused(adas: Client) -> None:
    bad = {"domains": "not a domain!", "code_minutes": 3, "policy_url": "javascript:alert(1)"}
    assert set(errors_of(adas.post(SETTINGS, filled_in(adas, SETTINGS, **bad)))) == set(bad)


def test_settings_opened_before_somebody_else_saved_change_nothing(adas: Client) -> None:
    """Security 28."""
    stale = filled_in(adas, SETTINGS, is_allowed=True)
    allow(asks_captcha=True, code_minutes=30)
    assert "Somebody else changed the settings" in adas.post(SETTINGS, stale, follow=True).content.decode()
    assert RegistrationSettings.objects.get().code_minutes == 30


def test_only_who_has_all_rights_chooses_the_roles_of_new_people(helpdesk: User, helpdesks: Client) -> None:
    """Or whoever may change these settings could register with any role."""
    allow()
    helpdesk.groups.get().permissions.add(
        *Permission.objects.filter(codename__in=["view_registrationsettings", "change_registrationsettings"])
    )
    powerful = Group.objects.create(name="Powerful")
    sent = {**filled_in(helpdesks, SETTINGS), "groups": [powerful.pk], "code_minutes": 45}
    assert helpdesks.post(SETTINGS, sent).status_code == 302
    row = RegistrationSettings.objects.get()
    assert (row.code_minutes, row.groups.count()) == (45, 0)


def test_registrations_are_read_and_show_no_secret(browser: Client, adas: Client) -> None:
    """Security 23, 88."""
    allow()
    register(browser, attribute_given_name="<script>alert(1)</script>")
    row = Registration.objects.get()
    secrets = {code_of(newest()), link_of(newest()), row.password, row.code_digest, row.token_digest}
    page = f"{REGISTRATIONS}{row.pk}/change/"
    for path in (REGISTRATIONS, f"{REGISTRATIONS}?q=DORA", f"{REGISTRATIONS}?q={ADDRESS}", page):
        shown = adas.get(path).content.decode()
        assert ADDRESS in shown
        assert "<script>alert" not in shown
        assert not any(secret in shown for secret in secrets)
    assert "&lt;script&gt;alert(1)" in adas.get(page).content.decode()
    assert adas.get(f"{REGISTRATIONS}add/").status_code == 403
    assert adas.post(f"{REGISTRATIONS}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ADDRESS not in adas.get(f"{REGISTRATIONS}?q=nobody").content.decode()


@pytest.mark.parametrize("name", ["username", "role", "picture"])
def test_people_are_not_asked_for_what_they_may_not_say(adas: Client, name: str) -> None:
    from myaccount.claims.models import Claim

    path = f"/admin/claims/claim/{Claim.objects.get(name=name).pk}/change/"
    sent = filled_in(adas, path, is_asked_at_registration=True)
    assert "is_asked_at_registration" in errors_of(adas.post(path, sent))
