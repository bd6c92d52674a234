"""`manage.py demo` gives every page something to show, once, and in development only."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import phonenumbers
import pytest
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings
from time_machine import travel

from consent.applications.models import Application, ApplicationAccess, ApplicationClaim
from consent.consents.models import Consent
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.claims.models import Claim
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from profile.models import Profile
from profile.phones import normalize
from profile.values import stored_value
from sessions_app.models import LoginSession
from tests.admin.test_site import admin_pages
from tests.support.browsing import new_browser, sign_in
from tests.support.factors import add_app

PEOPLE = ("alice", "bob", "carol", "admin")
TABLES: tuple[type[Model], ...] = (User, Profile, Claim, Group, Event, LoginSession, PortalSettings, Message,
                                    Application, ApplicationAccess, ApplicationClaim, Consent)  # fmt: skip


@pytest.fixture
def demo(db: None) -> None:
    call_command("demo", stdout=io.StringIO())


def passphrase(username: str) -> str:
    return f"{username}-demo-passphrase"


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in TABLES}


@pytest.mark.parametrize("username", PEOPLE)
def test_each_demo_person_signs_in_by_name_and_by_address(demo: None, username: str) -> None:
    sign_in(new_browser(), username, passphrase(username))
    sign_in(new_browser(), f"{username}@example.org", passphrase(username))


def test_running_it_twice_doubles_nothing(demo: None) -> None:
    before = counts()
    call_command("demo")
    assert counts() == before


def test_what_somebody_changed_stays(demo: None) -> None:
    alice = User.objects.get(username="alice")
    alice.set_password("something of her own")
    alice.save()
    Profile.objects.filter(user=alice).update(values={"given_name": "Alicia"})
    PortalSettings.objects.get().save()
    PortalSettings.objects.update(product_name="Wonderland")
    call_command("demo")
    alice.refresh_from_db()
    assert alice.check_password("something of her own")
    assert Profile.objects.get(user=alice).values == {"given_name": "Alicia"}
    assert PortalSettings.objects.get().product_name == "Wonderland"


def test_it_refuses_outside_development(db: None, settings: Settings) -> None:
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="in development only"):
        call_command("demo")
    assert not User.objects.exists()


def test_alice_has_a_past_of_a_month_in_order(demo: None) -> None:
    alice = User.objects.get(username="alice")
    events = list(Event.objects.filter(user_uuid=alice.uuid).order_by("id"))
    times = [event.at for event in events]
    assert times == sorted(times)
    now = timezone.now()
    assert now - times[0] > timedelta(days=28)
    assert all(at <= now for at in times)
    kinds = {event.kind for event in events}
    assert kinds >= {
        EventKind.SIGNED_IN, EventKind.SIGN_IN_FAILED, EventKind.PASSWORD_CHANGED, EventKind.PROFILE_CHANGED,
        EventKind.SESSION_ENDED, EventKind.MOBILE_CHANGED,
    }  # fmt: skip
    assert alice.password_changed_at is not None
    assert (now - alice.password_changed_at).days in (19, 20)
    assert [event.at for event in Event.objects.order_by("id")] == sorted(Event.objects.values_list("at", flat=True))


def test_alice_is_signed_in_on_her_phone_too(demo: None) -> None:
    browser = sign_in(new_browser(), "alice", passphrase("alice"))
    page = browser.get("/myaccount/security/").content.decode()
    assert "Mobile Safari on iOS" in page
    assert "Firefox on Windows" in page
    assert "198.51.100.23" in page


def test_a_phone_session_that_ran_out_is_replaced_and_never_doubled(demo: None) -> None:
    alice = User.objects.get(username="alice")
    with travel(timezone.now() + timedelta(hours=2)):
        call_command("demo")
        call_command("demo")
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1
    assert LoginSession.objects.filter(user=alice).count() == 2


def test_the_values_are_ones_the_profile_would_take(demo: None) -> None:
    claims = {claim.name: claim for claim in Claim.objects.all()}
    for profile in Profile.objects.select_related("user"):
        for name, value in profile.values.items():
            if claims[name].type != "date":
                assert stored_value(claims[name], value) == value, (profile.user, name)
        mobile = profile.user.mobile
        if mobile:
            assert normalize(mobile, must_be_mobile=True) == mobile
            assert phonenumbers.is_valid_number(phonenumbers.parse(mobile))


def test_something_is_left_to_fill_in_and_to_do(demo: None) -> None:
    browser = sign_in(new_browser(), "alice", passphrase("alice"))
    page = browser.get("/myaccount/").content.decode()
    completion = browser.get("/myaccount/").context["sections"]
    (section,) = [section for section in completion if section.id == "profile-completion"]
    assert 5 <= section.data["completion"].done < section.data["completion"].total
    assert "Alice" in page


def test_there_is_a_custom_attribute_in_two_languages_that_only_administrators_change(demo: None) -> None:
    claim = Claim.objects.get(name="employee_number")
    assert (claim.is_read_only, claim.is_built_in, claim.shown_label) == (True, False, "Employee number")
    with translation.override("de"):
        assert claim.shown_label == "Personalnummer"
    page = sign_in(new_browser(), "alice", passphrase("alice")).get("/myaccount/personal-info/").content.decode()
    assert "WP-1042" in page
    assert "Staff" in page


def test_every_page_works_for_everybody(demo: None) -> None:
    for username in PEOPLE:
        browser = sign_in(new_browser(), username, passphrase(username))
        for path in ("", "personal-info/", "security/", "security/history/", "personal-info/picture/",
                     "applications/"):  # fmt: skip
            assert browser.get(f"/myaccount/{path}").status_code == 200, (username, path)
        # Administrators first set up a second factor, the demonstration's too.
        assert browser.get("/admin/").status_code == (302 if username == "admin" else 403)


def test_every_page_of_administration_works_for_the_demo_admin(demo: None) -> None:
    add_app(User.objects.get(username="admin"))
    browser: Client = sign_in(new_browser(), "admin", passphrase("admin"))
    paths: list[Any] = admin_pages()
    assert len(paths) > 40
    for path in paths:
        assert browser.get(path, follow=True).status_code == 200, path


# Applications


def test_there_are_applications_to_open_and_one_alice_has_agreed_to(demo: None) -> None:
    browser = sign_in(new_browser(), "alice", passphrase("alice"))
    page = browser.get("/myaccount/applications/").content.decode()
    for name in ("Pickup", "Team calendar", "Expenses"):
        assert f'<span translate="no">{name}</span>' in page
    assert "May know 3 of your attributes" in page
    consent = Consent.objects.get(user__username="alice", application__isnull=False)
    assert consent.application is not None
    assert consent.application.name == "Team calendar"
    assert "Team calendar" in browser.get("/myaccount/security/").content.decode()


def test_pickup_asks_for_what_the_demonstration_shows(demo: None) -> None:
    asked = ApplicationClaim.objects.filter(application__client_id="pickup").values_list("claim__name", "is_mandatory")
    assert dict(asked) == {"email": True, "given_name": True, "mobile": False, "country": False}


def test_pickup_learns_where_it_runs_and_its_secret_is_kept_as_a_digest(
    demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICKUP_ADDRESS", "http://localhost:9001")
    monkeypatch.setenv("PICKUP_SECRET", "a secret of this installation")
    call_command("demo")
    pickup = Application.objects.get(client_id="pickup")
    assert pickup.redirect_uris == "http://localhost:9001/callback"
    assert pickup.backchannel_logout_uri == "http://localhost:9001/backchannel-logout"
    assert check_password("a secret of this installation", pickup.client_secret)
    call_command("demo")
    assert Application.objects.get(client_id="pickup").updated == pickup.updated


def test_a_consent_that_was_revoked_is_not_given_again(demo: None) -> None:
    Consent.objects.filter(application__isnull=False).update(state="revoked")
    with travel(timezone.now() + timedelta(hours=2)):
        call_command("demo")
    assert Consent.objects.get(application__isnull=False).state == "revoked"
