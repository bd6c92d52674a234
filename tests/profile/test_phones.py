"""Telephone numbers: read as people write them, stored as machines want them."""

from __future__ import annotations

import phonenumbers
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from profile.phones import normalize, readable


def refused_as(text: str, *, region: str = "", must_be_mobile: bool = False) -> str:
    with pytest.raises(ValidationError) as refusal:
        normalize(text, region=region, must_be_mobile=must_be_mobile)
    return str(refusal.value.code)


@pytest.mark.parametrize(
    ("typed", "region", "stored"),
    [
        ("+44 7400 123456", "", "+447400123456"),
        ("+44 (0)7400 123456", "", "+447400123456"),
        ("07400 123456", "GB", "+447400123456"),
        ("0041 79 123 45 67", "CH", "+41791234567"),
        ("079 123 45 67", "CH", "+41791234567"),
        ("+1-202-555-0143", "", "+12025550143"),
        ("tel:+44-7400-123456", "", "+447400123456"),
        ("＋４４ ７４００ １２３４５６", "", "+447400123456"),
        ("+٤٤ ٧٤٠٠ ١٢٣٤٥٦", "", "+447400123456"),
    ],
)
def test_a_mobile_number_is_stored_as_e164(typed: str, region: str, stored: str) -> None:
    """Security 27."""
    assert normalize(typed, region=region, must_be_mobile=True) == stored


@pytest.mark.parametrize("typed", ["+1 900 234 5678", "+44 909 879 0123", "+49 900 1 123456", "+44 871 200 0000"])
def test_a_number_that_costs_who_calls_it_is_refused_everywhere(typed: str) -> None:
    """Security 27: valid to the library, and a bill for whoever sends codes there."""
    number = phonenumbers.parse(typed)
    assert phonenumbers.is_valid_number(number), "else this test shows nothing"
    assert refused_as(typed) == "invalid"
    assert refused_as(typed, must_be_mobile=True) == "invalid"


@pytest.mark.parametrize("typed", ["+44 20 7946 0000", "+41 44 668 18 00", "+49 30 901820", "+44 800 111 1111"])
def test_a_line_that_takes_no_text_messages_is_a_telephone_but_no_mobile(typed: str) -> None:
    """Security 27: mobile means MOBILE or FIXED_LINE_OR_MOBILE."""
    assert normalize(typed).startswith("+")
    assert refused_as(typed, must_be_mobile=True) == "not_mobile"


def test_numbers_of_countries_that_do_not_tell_mobiles_apart_are_mobiles() -> None:
    assert normalize("+1 202 555 0143", must_be_mobile=True) == "+12025550143"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("07400 123456", "no_country"),
        ("hello", "not_a_number"),
        ("", "not_a_number"),
        ("+", "not_a_number"),
        ("+999 123456", "not_a_number"),
        ("+44 1", "not_a_number"),
        ("+44 7400 12345", "invalid"),
        ("+44 7400 123456 ext. 7", "extension"),
        ("+44 7400 123456;ext=7", "extension"),
        ("+44 7400 123456 x7", "extension"),
        ("112", "no_country"),
        ("+44 7400 123456" + " " * 40, "too_long"),
        ("1" * 10_000, "too_long"),
    ],
)
def test_what_is_no_number_is_refused_and_says_why(typed: str, code: str) -> None:
    assert refused_as(typed, must_be_mobile=True) == code


def test_emergency_numbers_of_ones_own_country_are_no_contact() -> None:
    assert refused_as("112", region="GB") in ("invalid", "not_a_number")


@given(st.text(max_size=45), st.sampled_from(["", "GB", "US", "XX", "zz", "1"]), st.booleans())
def test_no_text_makes_the_check_fail_other_than_with_a_sentence(text: str, region: str, mobile: bool) -> None:
    """Security 90; and what is accepted is E.164 whatever was typed."""
    try:
        stored = normalize(text, region=region, must_be_mobile=mobile)
    except ValidationError:
        return
    assert stored[0] == "+"
    assert stored[1:].isascii()
    assert stored[1:].isdigit()
    assert len(stored) <= 16
    assert normalize(stored, must_be_mobile=mobile) == stored


def test_a_stored_number_is_shown_as_people_write_it() -> None:
    assert readable("+447400123456") == "+44 7400 123456"
    assert readable("not a number") == "not a number"
