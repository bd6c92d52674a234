"""Attributes an administrator adds are there at once; built-in ones cannot be broken."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from myaccount.claims.models import Claim, ClaimType
from myaccount.users.models import User
from profile.models import Profile
from tests.support.admin_forms import errors_of, filled_in
from tests.support.worker import work_once

ADD = "/admin/claims/claim/add/"
PAGE = "/myaccount/personal-info/"


def form_of(name: str) -> str:
    return f"/admin/claims/claim/{Claim.objects.get(name=name).pk}/change/"


def add(client: Client, **values: Any) -> Any:
    return client.post(ADD, filled_in(client, ADD, **{"name": "badge", "label": "Badge number", **values}))


def change(client: Client, name: str, **values: Any) -> None:
    response = client.post(form_of(name), filled_in(client, form_of(name), **values))
    assert response.status_code == 302, errors_of(response)


def test_a_custom_attribute_is_on_the_profile_page_at_once(alice: User, alices: Client, adas: Client) -> None:
    assert "Badge number" not in alices.get(PAGE).content.decode()
    assert add(adas, help_text="As on your badge.", order=5).status_code == 302
    page = alices.get(f"{PAGE}?edit=badge").content.decode()
    assert "Badge number" in page
    assert "As on your badge." in page
    assert page.index("Badge number") < page.index("First Name")
    assert 'name="attribute_badge"' in adas.get(f"/admin/users/user/{alice.pk}/change/").content.decode()


def test_a_translation_is_shown_to_whoever_reads_that_language(adas: Client) -> None:
    add(adas, translations='{"de": {"label": "Ausweisnummer", "help_text": "Wie auf dem Ausweis."}}')
    claim = Claim.objects.get(name="badge")
    assert claim.shown_label == "Badge number"
    with translation.override("de"):
        assert claim.shown_label == "Ausweisnummer"
        assert claim.shown_help_text == "Wie auf dem Ausweis."


@pytest.mark.parametrize("kind", [kind for kind in ClaimType if kind != ClaimType.CHOICE])
def test_every_kind_can_be_added_and_opened(alices: Client, adas: Client, kind: ClaimType) -> None:
    assert add(adas, type=kind.value).status_code == 302
    assert alices.get(f"{PAGE}?edit=badge").status_code == 200


def test_a_list_offers_its_choices(alices: Client, adas: Client) -> None:
    add(adas, type="choice", choices='["Red", "Green <b>"]')
    page = alices.get(f"{PAGE}?edit=badge").content.decode()
    assert '<option value="Red">' in page
    assert "Green &lt;b&gt;" in page


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "Badge"}),
        ("name", {"name": "given_name"}),
        ("name", {"name": "x" * 51}),
        ("label", {"label": ""}),
        ("choices", {"type": "choice", "choices": "[]"}),
        ("choices", {"type": "choice", "choices": '{"a": 1}'}),
        ("choices", {"choices": "[1, 2]"}),
        ("choices", {"choices": "Red, Green"}),
        ("pattern", {"pattern": "("}),
        ("translations", {"translations": "[]"}),
        ("translations", {"translations": '{"de": "Ausweis"}'}),
        ("translations", {"translations": "de: Ausweis"}),
        ("type", {"type": "picture"}),
    ],
)
def test_what_would_not_work_is_refused_at_its_field(adas: Client, field: str, values: dict[str, str]) -> None:
    assert field in errors_of(add(adas, **values))
    assert not Claim.objects.filter(is_built_in=False).exists()


def test_rules_hold_for_people_at_once(alice: User, alices: Client, adas: Client) -> None:
    add(adas, pattern=r"B-\d{3}", pattern_hint="B, a dash, three digits.", is_required="on")
    path = f"{PAGE}profile/badge/"
    assert "B, a dash, three digits." in alices.post(path, {"value": "17"}).content.decode()
    assert "Badge number is required." in alices.post(path, {"value": ""}).content.decode()
    change(adas, "badge", is_read_only="on")
    assert alices.post(path, {"value": "B-123"}).status_code == 404
    change(adas, "badge", is_in_profile=None)
    assert "Badge number" not in alices.get(PAGE).content.decode()


@pytest.mark.parametrize("name", ["given_name", "email", "username", "role"])
def test_built_in_attributes_cannot_be_removed_or_become_something_else(adas: Client, name: str) -> None:
    claim = Claim.objects.get(name=name)
    assert adas.post(f"/admin/claims/claim/{claim.pk}/delete/", {"post": "yes"}).status_code == 403
    adas.post("/admin/claims/claim/", {"action": "delete_selected", "_selected_action": [claim.pk], "post": "yes"})
    data = {**filled_in(adas, form_of(name)), "name": "other", "type": "boolean", "is_built_in": ""}
    assert adas.post(form_of(name), data).status_code == 302
    after = Claim.objects.get(pk=claim.pk)
    assert (after.name, after.type, after.is_built_in) == (name, claim.type, True)


def test_built_in_attributes_can_be_renamed_hidden_and_made_required(alices: Client, adas: Client) -> None:
    change(adas, "organization", label="Employer", is_required="on")
    change(adas, "im", is_in_profile=None)
    page = alices.get(PAGE).content.decode()
    assert "Employer" in page
    assert 'id="im"' not in page


@pytest.mark.parametrize("name", ["username", "role"])
def test_what_people_may_never_change_stays_read_only(adas: Client, name: str) -> None:
    assert adas.post(form_of(name), filled_in(adas, form_of(name))).status_code == 302
    assert Claim.objects.get(name=name).is_read_only


def test_kind_and_name_are_fixed_once_there_may_be_values(adas: Client) -> None:
    add(adas)
    data = {**filled_in(adas, form_of("badge")), "name": "other", "type": "date"}
    adas.post(form_of("badge"), data)
    assert Claim.objects.get(is_built_in=False).type == ClaimType.TEXT


@pytest.mark.django_db(transaction=True)
def test_removing_an_attribute_removes_what_people_had_in_it(
    alice: User, bob: User, alices: Client, adas: Client
) -> None:
    add(adas)
    alices.post(f"{PAGE}profile/badge/", {"value": "17", "opened_with": ""})
    Profile.objects.filter(user=alice).update(values={"given_name": "Alice", "badge": "17"})
    pk = Claim.objects.get(name="badge").pk
    assert adas.post(f"/admin/claims/claim/{pk}/delete/", {"post": "yes"}).status_code == 302
    assert "Badge number" not in alices.get(PAGE).content.decode()
    work_once()
    assert Profile.objects.get(user=alice).values == {"given_name": "Alice"}
    assert Profile.objects.get(user=bob).values == {}


def test_a_value_left_from_before_does_not_break_the_page(alice: User, alices: Client, adas: Client) -> None:
    """The attribute was removed and added anew as a date before the worker came by."""
    Profile.objects.filter(user=alice).update(values={"badge": "seventeen"})
    add(adas, type="date")
    assert "seventeen" in alices.get(PAGE).content.decode()
