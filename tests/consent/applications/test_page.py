"""The Applications page: what one can open, found again, and what one lets know something."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent.applications.models import Application, ApplicationAccess, Favourite
from consent.consents.models import Consent
from consent.tokens.models import RefreshToken
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from sessions_app.models import LoginSession
from tests.consent.support import consent_to, make_application
from tests.support.browsing import new_browser
from tests.support.people import make_person
from tests.support.relying_party import relying_party
from tests.web.test_errors import words_of

PAGE = "/myaccount/applications/"


def listed(name: str, **fields: Any) -> Application:
    return make_application(
        name, claims={}, **{"is_discoverable": True, "access_url": "https://app.example/", **fields}
    )


def names(client: Client, search: str = "") -> list[str]:
    """The names of the applications that can be opened, in order."""
    page = client.get(PAGE, {"q": search} if search else {}).content.decode()
    section = page[: page.index('id="authorized-applications"')]
    return re.findall(r'<div class="value"><span translate="no">([^<]+)', section)


def favourite(client: Client, application: Application, *, wanted: bool = True, **extra: str) -> Any:
    form = {"next": PAGE, **({"favourite": "1"} if wanted else {}), **extra}
    return client.post(f"{PAGE}{application.uuid}/favourite/", form)


# What can be opened


def test_listed_are_active_applications_for_everybody_or_for_ones_group(alices: Client, alice: User) -> None:
    mine, other = Group.objects.create(name="Mine"), Group.objects.create(name="Other")
    alice.groups.add(mine)
    listed("For all")
    listed("For mine").groups.set([mine, other])
    listed("For others").groups.add(other)
    listed("Switched off", is_active=False)
    listed("Hidden", is_discoverable=False)
    listed("Nowhere", access_url="")
    assert names(alices) == ["For all", "For mine"]


def test_an_application_opens_in_a_new_tab_that_cannot_reach_back(alices: Client) -> None:
    listed("Calendar", description="Who is where when.", access_url="https://calendar.example/start?a=1&b=2")
    page = alices.get(PAGE).content.decode()
    assert 'href="https://calendar.example/start?a=1&amp;b=2" target="_blank" rel="noopener"' in page
    assert "Who is where when." in page


def test_favourites_come_first_then_those_used_last_then_by_name(alices: Client, alice: User) -> None:
    applications = {name: listed(name) for name in ("Alpha", "beta", "Gamma", "Delta", "Éclair")}
    session = LoginSession.objects.get(user=alice)
    now = timezone.now()
    for name, hours in (("Delta", 5), ("Gamma", 1)):
        at = now - timedelta(hours=hours)
        ApplicationAccess.objects.create(application=applications[name], login_session=session, first_at=at, last_at=at)
    assert favourite(alices, applications["Éclair"])["Location"] == PAGE
    assert names(alices) == ["Éclair", "Gamma", "Delta", "Alpha", "beta"]
    assert "Last used 1 hour ago" in words_of(alices.get(PAGE))
    favourite(alices, applications["Éclair"])
    assert Favourite.objects.count() == 1
    favourite(alices, applications["Éclair"], wanted=False)
    assert names(alices) == ["Gamma", "Delta", "Alpha", "beta", "Éclair"]


def test_somebody_elses_favourites_and_use_do_not_count(alices: Client, bob: User) -> None:
    first, second = listed("First"), listed("Second")
    Favourite.objects.create(user=bob, application=second)
    session = LoginSession.objects.create(user=bob, started_at=timezone.now(), last_seen_at=timezone.now())
    ApplicationAccess.objects.create(
        application=second, login_session=session, first_at=timezone.now(), last_at=timezone.now()
    )
    assert names(alices) == [first.name, second.name]


def test_what_one_may_not_open_cannot_be_made_a_favourite(alices: Client) -> None:
    """Security 17: the same answer as for one that does not exist."""
    for application in (listed("Hidden", is_discoverable=False), Application(uuid=uuid.uuid4())):
        assert favourite(alices, application).status_code == 404
    assert not Favourite.objects.exists()


def test_a_favourite_leads_back_to_the_search_and_nowhere_else(alices: Client) -> None:
    """Security 11."""
    application = listed("Calendar")
    assert favourite(alices, application, next=f"{PAGE}?q=cal")["Location"] == f"{PAGE}?q=cal"
    assert favourite(alices, application, next="https://evil.example/")["Location"] == PAGE


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("cafe", ["Café Müller"]),
        ("CAFÉ", ["Café Müller"]),
        ("muller caf", ["Café Müller"]),
        ("straße", ["Strasse"]),
        ("trains", ["Timetable"]),
        ("a", ["Café Müller", "Strasse", "Timetable"]),
        ("nothing like it", []),
        ("' OR 1=1 --", []),
        ("x" * 5000, []),
    ],
)
def test_the_search_is_as_forgiving_as_people_expect(alices: Client, search: str, found: list[str]) -> None:
    listed("Café Müller")
    listed("Strasse")
    listed("Timetable", description="When trains leave.")
    assert names(alices, search) == found


def test_nothing_there_and_nothing_found_say_so_differently(alices: Client) -> None:
    assert "No applications yet" in words_of(alices.get(PAGE))
    listed("Calendar")
    page = words_of(alices.get(PAGE, {"q": "<b>zebra</b>"}))
    assert "No application matches" in page
    assert "“<b>zebra</b>”" in page
    assert "<b>zebra" not in alices.get(PAGE, {"q": "<b>zebra</b>"}).content.decode()


# Logos


def test_a_logo_is_shown_kept_by_the_browser_and_seen_by_people_only(alices: Client) -> None:
    application = listed("Calendar", logo=b"\x89PNG of ours")
    listed("Without")
    page = alices.get(PAGE).content.decode()
    (address,) = re.findall(r'<img src="([^"]+/logo/[^"]*)"', page)
    assert '<span aria-hidden="true" translate="no">W</span>' in page
    answer = alices.get(address.replace("&amp;", "&"))
    assert (answer.content, answer["Content-Type"]) == (b"\x89PNG of ours", "image/png")
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert new_browser().get(address).status_code == 302
    without = Application.objects.get(name="Without")
    assert alices.get(reverse("application-logo", args=[without.uuid])).status_code == 404
    Application.objects.filter(pk=application.pk).update(logo=b"another", updated=timezone.now() + timedelta(hours=1))
    assert address not in alices.get(PAGE).content.decode()


# What is authorised


def authorized(client: Client) -> str:
    page = words_of(client.get(PAGE))
    return page[page.index("Authorized applications") :]


def test_authorized_applications_say_what_they_may_do(alices: Client, alice: User) -> None:
    pickup = make_application("Pickup", claims={"given_name": True, "country": False})
    consent = consent_to(alice, pickup, ["given_name"], scope="openid profile email")
    Consent.objects.filter(pk=consent.pk).update(last_used_at=timezone.now() - timedelta(minutes=3))
    section = authorized(alices)
    for words in ("Pickup", "May know 1 of your attributes", "your profile, your e-mail address", "3 minutes ago"):
        assert words in section
    assert "Has access only while you are signed in" in section
    assert f'href="{reverse("remove-application", args=[consent.uuid])}"' in alices.get(PAGE).content.decode()


def test_offline_access_is_said(alices: Client, alice: User) -> None:
    now = timezone.now()
    pickup = make_application("Pickup", may_work_offline=True)
    consent_to(alice, pickup, scope="openid offline_access")
    token = {"user": alice, "application": pickup, "is_offline": True, "ends_at": now + timedelta(days=1)}
    RefreshToken.objects.create(token="first", **token)
    assert "Has access while you are not signed in, too" in authorized(alices)
    RefreshToken.objects.update(revoked=now)
    assert "Has access while you are not signed in, too" not in authorized(alices)


def test_consents_of_others_revoked_ones_and_those_that_ran_out_are_not_listed(
    alices: Client, alice: User, bob: User
) -> None:
    now = timezone.now()
    consent_to(bob, make_application("Of bob"))
    consent_to(alice, make_application("Ran out"), valid_until=now + timedelta(days=1))
    consent_to(alice, make_application("Revoked"))
    Consent.objects.filter(application__name="Ran out").update(valid_until=now - timedelta(seconds=1))
    Consent.objects.filter(application__name="Revoked").update(state="revoked")
    section = authorized(alices)
    assert "No authorized applications" in section
    assert not any(name in section for name in ("Of bob", "Ran out", "Revoked"))


def test_removing_an_application_ends_its_access(alices: Client, alice: User) -> None:
    """Security 17, 81: asked first, done by POST."""
    pickup = make_application("Pickup")
    consent = consent_to(alice, pickup)
    RefreshToken.objects.create(token="first", user=alice, application=pickup, is_offline=True)
    address = reverse("remove-application", args=[consent.uuid])
    assert "Remove “Pickup”?" in words_of(alices.get(address))
    assert "Remove Application : Pickup" in authorized(alices)
    done = alices.post(address)
    assert done["Location"] == f"{PAGE}#authorized-applications"
    assert "“Pickup” was removed" in words_of(alices.get(PAGE))
    assert "No authorized applications" in authorized(alices)
    assert alices.post(address).status_code == 404
    assert not RefreshToken.objects.filter(revoked=None).exists()


def test_nobody_removes_an_application_of_somebody_else(alices: Client, bob: User) -> None:
    """Security 17: the same answer as for one that does not exist."""
    foreign = consent_to(bob, make_application("Pickup"))
    for identifier in (foreign.uuid, uuid.uuid4()):
        address = reverse("remove-application", args=[identifier])
        assert (alices.get(address).status_code, alices.post(address).status_code) == (404, 404)
    foreign.refresh_from_db()
    assert foreign.state == "active"


# The page


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_the_same_however_much_there_is(
    alices: Client, alice: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = make_person("other")
    for number in range(count):
        application = listed(f"App {number}", logo=b"png")
        consent_to(alice, application)
        consent_to(other, application)
        Favourite.objects.create(user=alice, application=application)
    with django_assert_num_queries(6):
        assert len(re.findall("Remove Application", alices.get(PAGE).content.decode())) == count


def test_what_is_read_only_has_no_buttons(alices: Client, alice: User) -> None:
    application = listed("Calendar")
    consent_to(alice, application)
    PortalSettings(features={"applications": "read-only"}).save()
    page = alices.get(PAGE).content.decode()
    assert "Remove Application" not in page
    assert "favourite/" not in page
    assert favourite(alices, application).status_code == 403


def test_the_sign_in_page_says_where_one_is_going(browser: Client, db: None) -> None:
    pickup = relying_party("Pickup & more")
    page = browser.get(f"/myaccount/sign-in/?{urlencode({'next': pickup.request()})}").content.decode()
    assert "to go on to Pickup &amp; more" in page
    for path in ("/myaccount/security/", pickup.request(client_id="nobody"), pickup.request(client_id="a\x00b")):
        assert "to go on to" not in browser.get(f"/myaccount/sign-in/?{urlencode({'next': path})}").content.decode()
