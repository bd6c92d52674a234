"""The data controller and the purposes in Django admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent.consents.selectors import may_release
from consent.purposes.models import Controller, Purpose, PurposeCategory
from consent.purposes.selectors import controller
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from tests.consent.support import asked_of, consent_to, make_application
from tests.support.admin_forms import errors_of, filled_in
from tests.web.test_errors import words_of

CONTROLLER = "/admin/consent/controller/1/change/"


def events() -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=EventKind.CONTROLLER_CHANGED).order_by("id").values_list("data", flat=True))


def page_of(purpose: Purpose) -> str:
    return reverse("admin:consent_purpose_change", args=[purpose.pk])


@pytest.fixture
def purpose(db: None) -> Purpose:
    return Purpose.objects.get(name="Providing the service")


# The controller


def test_the_list_leads_straight_to_the_one_form(adas: Client) -> None:
    assert adas.get("/admin/consent/controller/")["Location"] == CONTROLLER
    assert adas.get("/admin/consent/controller/add/").status_code == 403
    assert adas.get("/admin/consent/controller/2/change/").status_code == 302


def test_the_controller_is_saved_with_an_event_that_names_what_changed(ada: User, adas: Client) -> None:
    """Security 88: changes are audited."""
    form = filled_in(adas, CONTROLLER, name="Wonderland University", country="gb", receipt_years=7)
    assert adas.post(CONTROLLER, form).status_code == 302
    saved = controller()
    assert (saved.name, saved.country, saved.receipt_years, saved.version) == ("Wonderland University", "GB", 7, 1)
    assert events() == [{"changed": ["name", "country", "receipt_years"]}]
    assert Event.objects.get(kind=EventKind.CONTROLLER_CHANGED).by_uuid == ada.uuid


def test_a_save_that_changes_nothing_writes_nothing(adas: Client) -> None:
    adas.post(CONTROLLER, filled_in(adas, CONTROLLER))
    assert events() == []
    assert not Controller.objects.exists()


def test_of_two_administrators_the_second_is_told(adas: Client) -> None:
    """Security 28."""
    stale = filled_in(adas, CONTROLLER, name="Mine")
    adas.post(CONTROLLER, filled_in(adas, CONTROLLER, name="Theirs"))
    response = adas.post(CONTROLLER, stale, follow=True)
    assert "Somebody else changed the settings meanwhile." in words_of(response)
    assert controller().name == "Theirs"


@pytest.mark.parametrize(
    ("field", "value"),
    [("country", "Germany"), ("country", "1!"), ("receipt_years", "0"), ("receipt_years", "101"), ("email", "nobody"),
     ("policy_url", "javascript:alert(1)"), ("url", "ftp://x.example/"), ("name", "")],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused_at_its_field(adas: Client, field: str, value: str) -> None:
    """Security 24."""
    response = adas.post(CONTROLLER, {**filled_in(adas, CONTROLLER), field: value})
    assert field in errors_of(response)
    assert not Controller.objects.exists()


# Purposes


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Serving you"},
        {"description": "In other words."},
        {"translations": '{"de": {"name": "Dienst"}}'},
        {"third_party": "Parcel Service Ltd"},
        {"is_primary": None},
        {"categories": "another"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_people_agree_to_changed_is_a_new_version(
    alice: User, adas: Client, purpose: Purpose, changes: dict[str, Any]
) -> None:
    """Security 80: they are asked anew about mandatory attributes."""
    pickup = make_application()
    consent_to(alice, pickup)
    if changes.get("categories"):
        changes = {"categories": [PurposeCategory.objects.get(name="Security").pk]}
    form = {**filled_in(adas, page_of(purpose)), **changes}
    response = adas.post(page_of(purpose), {k: v for k, v in form.items() if v is not None}, follow=True)
    assert "This is version 2 of the purpose. People are asked about it anew." in words_of(response)
    purpose.refresh_from_db()
    assert purpose.version == 2
    assert events()[-1]["changed"] == list(changes)
    assert may_release(user=alice, application=pickup, now=timezone.now()) == frozenset()
    assert asked_of(alice, pickup).needs_page


def test_a_purpose_saved_as_it_was_keeps_its_version(alice: User, adas: Client, purpose: Purpose) -> None:
    pickup = make_application()
    consent_to(alice, pickup)
    adas.post(page_of(purpose), filled_in(adas, page_of(purpose)))
    purpose.refresh_from_db()
    assert purpose.version == 1
    assert events() == []
    assert not asked_of(alice, pickup).needs_page


def test_of_two_administrators_the_second_is_told_of_a_purpose(adas: Client, purpose: Purpose) -> None:
    """Security 28."""
    stale = filled_in(adas, page_of(purpose), description="Mine")
    adas.post(page_of(purpose), filled_in(adas, page_of(purpose), description="Theirs"))
    response = adas.post(page_of(purpose), stale, follow=True)
    assert "Somebody else changed this meanwhile." in words_of(response)
    purpose.refresh_from_db()
    assert (purpose.description, purpose.version) == ("Theirs", 2)


def test_a_new_purpose_is_version_one(adas: Client) -> None:
    category = PurposeCategory.objects.get(name="Contact")
    data = {"name": "Newsletter", "categories": [category.pk], "opened_version": "1", "translations": "{}"}
    assert adas.post("/admin/consent/purpose/add/", data).status_code == 302
    made = Purpose.objects.get(name="Newsletter")
    assert (made.version, made.is_of_account, list(made.categories.all())) == (1, False, [category])


def test_a_purpose_needs_a_category_and_translations_of_the_right_shape(adas: Client, purpose: Purpose) -> None:
    """A receipt names at least one category."""
    form = filled_in(adas, page_of(purpose), translations='["de"]')
    form.pop("categories")
    errors = errors_of(adas.post(page_of(purpose), form))
    assert {"categories", "translations"} <= set(errors)


@pytest.mark.parametrize("model", [Purpose, PurposeCategory])
def test_purposes_and_categories_stay(adas: Client, model: type[Purpose | PurposeCategory]) -> None:
    """Decisions and receipts name them."""
    name = model._meta.model_name
    for row in model.objects.all():
        assert adas.post(reverse(f"admin:consent_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in adas.get(reverse(f"admin:consent_{name}_changelist")).content.decode()


def test_posted_extras_are_ignored(adas: Client, purpose: Purpose) -> None:
    """Security 22."""
    adas.post(page_of(purpose), {**filled_in(adas, page_of(purpose)), "version": "9", "is_of_account": "on"})
    purpose.refresh_from_db()
    assert (purpose.version, purpose.is_of_account) == (1, False)
