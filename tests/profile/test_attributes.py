"""Changing one's attributes, each in its row."""

from __future__ import annotations

from collections.abc import Mapping
from html import unescape
from typing import cast

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.claims.models import Claim, ClaimType
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from profile.models import Profile
from profile.services import fingerprint
from tests.support.browsing import sign_in
from tests.support.people import make_person

PAGE = "/myaccount/personal-info/"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}'


def change(
    client: Client, name: str, value: str, *, was: str = "", extra: Mapping[str, str] | None = None
) -> HttpResponse:
    """Save the row's form as it was opened when the value was `was`."""
    fields = {"value": value, "opened_with": fingerprint(was), **(extra or {})}
    return cast("HttpResponse", client.post(f"{PAGE}profile/{name}/", fields))


def values_of(user: User) -> dict[str, str]:
    values: dict[str, str] = Profile.objects.get(user=user).values
    return values


@pytest.mark.parametrize(
    ("name", "typed", "stored", "shown"),
    [
        ("organization", " Wonderland Ltd ", "Wonderland Ltd", "Wonderland Ltd"),
        ("country", "CH", "CH", "Switzerland"),
        ("telephone", "+44 20 7946 0000", "+442079460000", "+44 20 7946 0000"),
        ("im", "alice@chat.example", "alice@chat.example", "alice@chat.example"),
        ("url", "https://alice.example/", "https://alice.example/", "https://alice.example/"),
        ("department", "Tea & Parties", "Tea & Parties", "Tea & Parties"),
        ("birthdate", "1990-11-22", "1990-11-22", "22 Nov 1990"),
        ("address", "1 High Street\r\nOxford", "1 High Street\nOxford", "1 High Street"),
    ],
)
def test_a_person_adds_a_detail(alice: User, alices: Client, name: str, typed: str, stored: str, shown: str) -> None:
    response = change(alices, name, typed)
    assert response.status_code == 302
    assert response["Location"] == f"{PAGE}#{name}"
    assert values_of(alice)[name] == stored
    assert shown in unescape(alices.get(PAGE).content.decode())
    event = Event.objects.get(kind=EventKind.PROFILE_CHANGED)
    assert event.user_uuid == alice.uuid
    assert name in str(event.data)
    assert stored not in str(event.data), "the history says what changed, not into what"


def test_a_person_updates_a_detail_and_is_told_once(alice: User, alices: Client) -> None:
    change(alices, "given_name", "Alicia", was="Alice")
    page = alices.get(PAGE).content.decode()
    assert page.count("First Name was updated.") == 1
    assert "First Name was updated." not in alices.get(PAGE).content.decode()
    assert values_of(alice)["given_name"] == "Alicia"
    alice.refresh_from_db()
    assert alice.display_name == "Alicia Liddell", "what the shell shows follows"


def test_a_detail_can_be_taken_away(alice: User, alices: Client) -> None:
    change(alices, "family_name", "", was="Liddell")
    assert "family_name" not in values_of(alice)
    alice.refresh_from_db()
    assert alice.display_name == "Alice"


def test_saving_what_is_there_already_changes_and_says_nothing(alice: User, alices: Client) -> None:
    version = Profile.objects.get(user=alice).version
    assert change(alices, "given_name", "Alice", was="Alice").status_code == 302
    assert Profile.objects.get(user=alice).version == version
    assert not Event.objects.filter(kind=EventKind.PROFILE_CHANGED).exists()


def test_language_and_time_zone_live_with_the_person_and_count_at_once(alice: User, alices: Client) -> None:
    change(alices, "zoneinfo", "Asia/Tokyo")
    change(alices, "locale", "en")
    alice.refresh_from_db()
    assert (alice.time_zone, alice.language) == ("Asia/Tokyo", "en")


@pytest.mark.parametrize("name", ["given_name", "country", "birthdate", "address", "telephone", "locale"])
def test_the_pencil_opens_the_row_as_a_form_without_script(alices: Client, name: str) -> None:
    page = alices.get(f"{PAGE}?edit={name}").content.decode()
    assert f'action="{PAGE}profile/{name}/"' in page
    assert 'id="id_value"' in page


@pytest.mark.parametrize("name", ["username", "role", "nonsense", "", "picture", "<script>", "given_name'--"])
def test_the_row_of_what_cannot_be_changed_does_not_open(alices: Client, name: str) -> None:
    page = alices.get(PAGE, {"edit": name})
    assert page.status_code == 200
    assert b'id="id_value"' not in page.content


@pytest.mark.parametrize(
    "name", ["username", "role", "picture", "email", "mobile", "is_staff", "email_verified", "user"]
)
def test_only_what_people_may_change_this_way_has_an_address(alice: User, alices: Client, name: str) -> None:
    """Security 22: enforced for the URL, whatever the page shows."""
    before = User.objects.filter(pk=alice.pk).values().get()
    assert change(alices, name, "x").status_code == 404
    assert User.objects.filter(pk=alice.pk).values().get() == before
    assert set(values_of(alice)) == {"given_name", "family_name"}


def test_other_fields_posted_along_are_ignored(alice: User, bob: User, alices: Client) -> None:
    """Security 22."""
    before = User.objects.filter(pk=alice.pk).values().get()
    extra = {
        "is_staff": "1", "is_superuser": "on", "email": "e@evil.example", "email_verified": "1", "username": "root",
        "email_verified_at": "2020-01-01", "user": str(bob.pk), "role": "admins", "name": "role", "version": "99",
        "groups": "1", "tenant": "2", "picture": "https://evil.example/x.png",
    }  # fmt: skip
    change(alices, "im", "alice", extra=extra)
    assert values_of(alice) == {"given_name": "Alice", "family_name": "Liddell", "im": "alice"}
    assert User.objects.filter(pk=alice.pk).values().get() == before
    assert values_of(bob) == {}


@pytest.mark.parametrize("name", ["username", "role", "picture"])
def test_what_others_decide_stays_theirs_even_if_the_registry_says_otherwise(
    alice: User, alices: Client, name: str
) -> None:
    """Security 22: an administrator's slip in the registry neither opens these nor breaks the page."""
    Claim.objects.filter(name=name).update(is_read_only=False, is_in_profile=True)
    assert change(alices, name, "x").status_code == 404
    page = alices.get(f"{PAGE}?edit={name}")
    assert page.status_code == 200
    assert b'id="id_value"' not in page.content


def test_a_read_only_attribute_says_who_can_change_it(alice: User, alices: Client) -> None:
    Claim.objects.filter(name="department").update(is_read_only=True)
    page = alices.get(PAGE).content.decode()
    assert "Edit Department" not in page
    assert "Add Department" not in page
    assert "Only an administrator can change this." in page
    assert change(alices, "department", "x").status_code == 404


def test_an_attribute_that_is_not_in_the_profile_is_neither_shown_nor_changed(alices: Client) -> None:
    Claim.objects.filter(name="im").update(is_in_profile=False)
    assert 'id="im"' not in alices.get(PAGE).content.decode()
    assert change(alices, "im", "x").status_code == 404


def test_the_roles_are_the_persons_groups(alice: User, alices: Client) -> None:
    alice.groups.add(Group.objects.create(name="Gardeners"), Group.objects.create(name="Cooks"))
    page = alices.get(PAGE).content.decode()
    assert "Gardeners" in page
    assert "Cooks" in page


def test_a_required_attribute_cannot_be_emptied(alice: User, alices: Client) -> None:
    Claim.objects.filter(name="family_name").update(is_required=True)
    response = change(alices, "family_name", "   ", was="Liddell")
    assert response.status_code == 422
    assert response.content.decode().count("Last Name is required.") == 2, "in the summary and at the field"
    assert values_of(alice)["family_name"] == "Liddell"


def test_a_custom_attribute_appears_and_works_like_the_others(alice: User, alices: Client) -> None:
    Claim.objects.create(
        name="badge", label="Badge number", help_text="On the back of your card.", pattern=r"[A-Z]{2}\d{4}",
        pattern_hint="Two letters and four digits, like AB1234.",
        translations={"en-xa": {"label": "Bädge"}},
    )  # fmt: skip
    assert "Add Badge number" in alices.get(PAGE).content.decode()
    assert "On the back of your card." in alices.get(f"{PAGE}?edit=badge").content.decode()
    refused = change(alices, "badge", "1234")
    assert refused.status_code == 422
    assert "Two letters and four digits, like AB1234." in refused.content.decode()
    assert 'value="1234"' in refused.content.decode(), "what was typed is kept"
    assert change(alices, "badge", "AB1234").status_code == 302
    assert values_of(alice)["badge"] == "AB1234"


@pytest.mark.parametrize(
    ("kind", "typed", "stored", "shown"),
    [
        (ClaimType.CHOICE, "Red", "Red", "Red"),
        (ClaimType.BOOLEAN, "on", "true", "Yes"),
        (ClaimType.LONG_TEXT, "a\nb", "a\nb", "a\nb"),
        (ClaimType.MOBILE, "+44 7400 123456", "+447400123456", "+44 7400 123456"),
        (ClaimType.EMAIL, "second@example.org", "second@example.org", "second@example.org"),
        (ClaimType.TIME_ZONE, "Europe/Berlin", "Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_a_custom_attribute_may_be_of_any_kind(
    alice: User, alices: Client, kind: ClaimType, typed: str, stored: str, shown: str
) -> None:
    Claim.objects.create(name="thing", label="Thing", type=kind, choices=["Red"])
    assert change(alices, "thing", typed).status_code == 302
    assert values_of(alice)["thing"] == stored
    assert shown in alices.get(PAGE).content.decode()
    assert alices.get(f"{PAGE}?edit=thing").status_code == 200


def test_a_yes_can_be_taken_back(alice: User, alices: Client) -> None:
    Claim.objects.create(name="newsletter", label="Newsletter", type=ClaimType.BOOLEAN)
    change(alices, "newsletter", "on")
    assert b"checked" in alices.get(f"{PAGE}?edit=newsletter").content
    alices.post(f"{PAGE}profile/newsletter/", {"opened_with": fingerprint("true")})
    assert values_of(alice)["newsletter"] == "false"


def test_a_telephone_number_without_a_country_code_is_read_by_the_persons_country(alice: User, alices: Client) -> None:
    assert change(alices, "telephone", "044 668 18 00").status_code == 422
    change(alices, "country", "CH")
    assert change(alices, "telephone", "044 668 18 00").status_code == 302
    assert values_of(alice)["telephone"] == "+41446681800"


@pytest.mark.parametrize("name", ["given_name", "im", "department", "organization"])
def test_hostile_text_is_shown_as_text_everywhere(alice: User, alices: Client, name: str) -> None:
    """Security 23: inert on every page that shows it."""
    change(alices, name, HOSTILE, was="Alice" if name == "given_name" else "")
    for path in ("/myaccount/", PAGE, f"{PAGE}?edit={name}", "/myaccount/security/", "/myaccount/confirm/"):
        content = alices.get(path).content.decode()
        assert "<script>alert" not in content
        assert "<img src=x" not in content
    assert values_of(alice)[name] == HOSTILE


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("x" * 10_000, "This is too long: 10000 characters, where 150 are allowed."),
        ("Al\u202eecila", "Remove the invisible characters from this text."),
        ("Al\u200bice", "Remove the invisible characters from this text."),
        ("Al\x00ice", "Null characters are not allowed."),
    ],
)
def test_a_text_no_field_takes_is_refused_with_a_sentence_and_kept(
    alice: User, alices: Client, typed: str, said: str
) -> None:
    """Security 23, 90."""
    response = change(alices, "given_name", typed, was="Alice")
    assert response.status_code == 422
    assert response.content.decode().count(said) == 2
    assert values_of(alice)["given_name"] == "Alice"
    assert b"Error:" in response.content[: response.content.index(b"</title>")]


def test_bytes_that_are_no_text_do_no_harm(alice: User, alices: Client) -> None:
    """Security 90: invalid UTF-8."""
    body = b"opened_with=" + fingerprint("").encode() + b"&value=%ff%fe%80"
    response = alices.post(f"{PAGE}profile/im/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in (302, 400, 422)
    assert alices.get(PAGE).status_code == 200


def test_a_body_larger_than_any_form_is_refused(alices: Client) -> None:
    """Security 90."""
    response = change(alices, "im", "x" * 1_100_000)
    assert response.status_code in (400, 413)


def test_nobody_changes_anything_without_signing_in(alice: User, browser: Client) -> None:
    response = change(browser, "given_name", "Mallory", was="Alice")
    assert response.status_code == 302
    assert "/sign-in/" in response["Location"]
    assert values_of(alice)["given_name"] == "Alice"


def test_nothing_changes_without_the_forms_token(alice: User, alices: Client) -> None:
    """Security 12."""
    alices.handler.enforce_csrf_checks = True
    assert change(alices, "given_name", "Mallory", was="Alice").status_code == 403
    assert values_of(alice)["given_name"] == "Alice"


@pytest.mark.parametrize(("state", "status"), [("read-only", 403), ("off", 404)])
@pytest.mark.parametrize("feature", ["personal-info", "personal-info.profile"])
def test_an_administrator_switches_changing_off(
    alice: User, alices: Client, state: str, status: int, feature: str
) -> None:
    PortalSettings(features={feature: state}).save()
    assert change(alices, "given_name", "x", was="Alice").status_code == status
    assert values_of(alice)["given_name"] == "Alice"
    page = alices.get(f"{PAGE}?edit=given_name")
    assert b'id="id_value"' not in page.content
    assert b"Edit First Name" not in page.content


def test_fifty_attributes_cost_no_more_queries_than_one(
    alice: User, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Claim.objects.create(name="custom_0", label="Custom 0")
    for page in (PAGE, "/myaccount/", f"{PAGE}?edit=custom_0"):
        alices.get(page)
    queries = {PAGE: 9, "/myaccount/": 6, f"{PAGE}?edit=custom_0": 9}
    for page, count in queries.items():
        with django_assert_num_queries(count):
            alices.get(page)
    Claim.objects.bulk_create(Claim(name=f"custom_{n}", label=f"Custom {n}") for n in range(1, 51))
    Profile.objects.filter(user=alice).update(values={f"custom_{n}": "x" for n in range(51)})
    alice.groups.set(Group.objects.create(name=f"group {n}") for n in range(50))
    for page, count in queries.items():
        with django_assert_num_queries(count):
            assert alices.get(page).status_code == 200


def test_a_person_without_a_profile_row_gets_one(db: None, browser: Client) -> None:
    dora = make_person("dora")
    Profile.objects.filter(user=dora).delete()
    sign_in(browser, "dora")
    assert browser.get(PAGE).status_code == 200
    assert change(browser, "given_name", "Dora").status_code == 302
    assert values_of(dora) == {"given_name": "Dora"}


def test_the_message_is_in_the_language_just_chosen(alice: User, alices: Client) -> None:
    change(alices, "locale", "en-xa")
    assert "was updated." not in alices.get(PAGE).content.decode()
    change(alices, "locale", "en", was="en-xa")
    assert "Language was updated." in alices.get(PAGE).content.decode()


def test_the_history_tells_of_many_custom_attributes_with_one_query_more(
    alice: User, alices: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        Claim.objects.create(name=f"custom_{number}", label=f"Custom {number}")
        change(alices, f"custom_{number}", "x")
    alices.get("/myaccount/security/history/")
    with django_assert_num_queries(4):
        page = alices.get("/myaccount/security/history/").content.decode()
    assert "Custom 0" in page
    assert "Custom 11" in page
