"""One key for every spelling of a name."""

from __future__ import annotations

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from myaccount.users.models import User
from myaccount.users.names import canonical_key, has_forbidden_characters, validate_username
from myaccount.users.selectors import find_by_identifier, is_name_taken
from tests.support.people import make_person


@pytest.mark.parametrize(
    "spelling",
    ["Renée", "renée", "RENÉE", " renée ", "rene\u0301e", "Ｒｅｎéｅ", "renée\t", "\u2003renée\u00a0"],
)
def test_spellings_of_a_name_share_one_key(spelling: str) -> None:
    """Security 4: case, outer space and Unicode forms are one account."""
    assert canonical_key(spelling) == "renée"


def test_folding_that_undoes_normalisation_still_gives_one_key() -> None:
    """Security 4: case folding of ΐ decomposes it."""
    assert canonical_key("\u0390") == canonical_key("\u1fd3") == canonical_key("\u03b9\u0308\u0301")


def test_inner_space_counts_once() -> None:
    assert canonical_key("ada  \t lovelace") == "ada lovelace"


@given(st.text(max_size=60))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    key = canonical_key(name)
    assert canonical_key(key) == key


@given(st.text(max_size=60))
def test_no_form_of_a_name_escapes_its_key(name: str) -> None:
    """Security 4."""
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert canonical_key(unicodedata.normalize(form, name)) == canonical_key(name)


@pytest.mark.parametrize(
    "character", ["\x00", "\n", "\x7f", "\u202e", "\u200b", "\ufeff", "\ue000", "\u2028", "\ud800"]
)
def test_characters_nobody_sees_are_refused_in_user_names(character: str) -> None:
    """Security 90."""
    assert has_forbidden_characters(f"al{character}ice")
    with pytest.raises(ValidationError):
        validate_username(f"al{character}ice")


@pytest.mark.parametrize("name", ["", "   ", "\u3000"])
def test_a_blank_user_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        validate_username(name)


def test_a_user_name_whose_key_no_column_holds_is_refused() -> None:
    """One character may become eighteen: the database would refuse with an error page."""
    with pytest.raises(ValidationError):
        validate_username("\ufdfa" * 150)


@pytest.mark.parametrize("name", ["alice", "Åsa Öberg", "山田太郎", "o'neil", "a.b-c_d+e", "😀"])
def test_ordinary_user_names_are_fine(name: str) -> None:
    validate_username(name)


def test_the_database_refuses_a_second_spelling_of_a_name(alice: User) -> None:
    """Security 4, 62."""
    with pytest.raises(IntegrityError), transaction.atomic():
        make_person("ÅLICE".replace("Å", "A"), email="")


def test_people_are_found_by_any_spelling_of_name_or_proven_address(alice: User) -> None:
    """Security 4."""
    for spelling in ("alice", "ALICE", " Alice ", "ａｌｉｃｅ", "alice@example.org", "ALICE@EXAMPLE.ORG"):
        assert find_by_identifier(spelling) == alice


@pytest.mark.parametrize("identifier", ["", " ", "nobody", "alice@example.com", "alice\u0000", "%", "*"])
def test_nobody_is_found_by_other_names(alice: User, identifier: str) -> None:
    """Security 4; axes#261: a blank name is nobody's."""
    assert find_by_identifier(identifier) is None


def test_an_address_that_is_not_proven_identifies_nobody(db: None) -> None:
    """Security 43: nobody can reserve another's address."""
    make_person("mallory", email="alice@example.org", email_verified_at=None)
    owner = make_person("alice")
    assert find_by_identifier("alice@example.org") == owner


def test_two_people_cannot_both_have_proven_one_address(alice: User) -> None:
    """Security 29."""
    with pytest.raises(IntegrityError), transaction.atomic():
        make_person("mallory", email="ALICE@example.org")


def test_a_user_name_wins_over_an_address(alice: User) -> None:
    """Security 29: whoever has the name is meant."""
    namesake = make_person("alice@example.org", email="")
    assert find_by_identifier("Alice@Example.org") == namesake


def test_names_in_use_are_taken_in_any_spelling(alice: User) -> None:
    """Security 29."""
    assert is_name_taken("ALICE")
    assert is_name_taken("Alice@Example.Org")
    assert not is_name_taken("alice", other_than=alice)
    assert not is_name_taken("bob")


def test_saving_parts_of_a_person_keeps_the_keys_in_step(alice: User) -> None:
    alice.email = "New@Example.org"
    alice.save(update_fields=["email"])
    alice.refresh_from_db()
    assert alice.email_key == "new@example.org"
    alice.email_verified_at = None
    alice.save(update_fields=["email_verified_at"])
    alice.refresh_from_db()
    assert alice.email_key is None


@pytest.mark.parametrize(
    ("display_name", "initials"), [("Alice Liddell", "AL"), ("", "AL"), ("Ada King Lovelace", "AL"), ("山田", "山")]
)
def test_initials_stand_for_a_person(display_name: str, initials: str) -> None:
    expected = initials if display_name else "A"
    assert User(username="alice", display_name=display_name).initials == expected
