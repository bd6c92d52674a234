"""The registry of attributes."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from myaccount.claims.builtin import WORDS
from myaccount.claims.models import Claim, ClaimType
from myaccount.claims.selectors import editable_claim, labels_of, profile_claims

MANUAL = [
    "First Name",
    "Last Name",
    "Organization",
    "Country",
    "Email",
    "Telephone",
    "Mobile",
    "IM",
    "URL",
    "Department",
    "Role",
]


def test_the_fields_of_the_manual_are_there_in_its_order(db: None) -> None:
    with translation.override("en"):
        labels = [str(claim.shown_label) for claim in profile_claims()]
    assert [label for label in labels if label in MANUAL] == MANUAL


def test_every_built_in_attribute_has_words(db: None) -> None:
    built_in = set(Claim.objects.filter(is_built_in=True).values_list("name", flat=True))
    assert built_in == set(WORDS)
    assert built_in >= {"username", "birthdate", "picture", "locale", "zoneinfo", "address"}


@pytest.mark.parametrize("name", ["username", "role", "picture", "no_such", "", "user", "is_staff"])
def test_people_cannot_edit_read_only_or_unknown_attributes(db: None, name: str) -> None:
    """Security 22."""
    assert editable_claim(name) is None


def test_an_attribute_taken_out_of_the_profile_cannot_be_edited(db: None) -> None:
    """Security 22."""
    assert editable_claim("im") is not None
    Claim.objects.filter(name="im").update(is_in_profile=False)
    assert editable_claim("im") is None
    assert "im" not in [claim.name for claim in profile_claims()]


def test_a_custom_attribute_stands_where_its_order_says(db: None) -> None:
    Claim.objects.create(name="staff_number", label="Staff number", order=15)
    names = [claim.name for claim in profile_claims()]
    assert names.index("staff_number") == names.index("username") + 1


@pytest.mark.parametrize(
    ("language", "label", "help_text"),
    [
        ("en", "Staff number", "On your badge."),
        ("de", "Personalnummer", "On your badge."),
        ("de-at", "Personalnummer", "On your badge."),
    ],
)
def test_words_are_shown_in_the_language_in_use(db: None, language: str, label: str, help_text: str) -> None:
    translations = {"de": {"label": "Personalnummer", "help_text": 7}}
    claim = Claim(name="staff_number", label="Staff number", help_text="On your badge.", translations=translations)
    with translation.override(language):
        assert (claim.shown_label, claim.shown_help_text) == (label, help_text)


def test_an_attribute_without_words_is_called_by_its_name() -> None:
    assert (Claim(name="badge").shown_label, Claim(name="badge").shown_help_text) == ("badge", "")


def test_labels_keep_the_order_asked_for_and_unknown_names_stand_for_themselves(db: None) -> None:
    with translation.override("en"):
        assert labels_of(["im", "gone", "given_name"]) == ["IM", "gone", "First Name"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("pattern", {"pattern": "["}),
        ("choices", {"choices": {"a": 1}}),
        ("choices", {"choices": ["", "b"]}),
        ("choices", {"choices": [1]}),
        ("choices", {"type": ClaimType.CHOICE}),
        ("translations", {"translations": ["de"]}),
        ("translations", {"translations": {"de": "Personalnummer"}}),
        ("name", {"name": "Staff Number"}),
        ("name", {"name": "given_name"}),
        ("type", {"type": "colour"}),
    ],
)
def test_nonsense_is_refused_and_says_where(db: None, field: str, values: dict[str, Any]) -> None:
    claim = Claim(**{"name": "badge", "label": "Badge", **values})
    with pytest.raises(ValidationError) as refusal:
        claim.full_clean()
    assert field in refusal.value.message_dict


def test_two_attributes_of_one_name_are_impossible(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(name="given_name")
