"""Dates, times and the names of countries follow the language; times the person's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from myaccount.claims.models import Claim
from myaccount.outbox import services as outbox
from myaccount.web import formats
from profile.values import shown_value
from tests.support.people import make_person

NOON = datetime(2026, 11, 22, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day", "ago"),
    [
        ("en", "22 Nov 2026", "5 minutes ago"),
        ("de", "22.11.2026", "vor 5 Minuten"),
        ("fr", "22 nov. 2026", "il y a 5 minutes"),
        ("pt-br", "22 de nov. de 2026", "há 5 minutos"),
        ("ar-xb", "22\u200f/11\u200f/2026", "قبل 5 دقائق"),
    ],
)
def test_dates_are_written_as_people_of_the_language_write_them(language: str, day: str, ago: str) -> None:
    with translation.override(language):
        assert formats.day(date(2026, 11, 22)) == day
        assert formats.ago(NOON - timedelta(minutes=5), now=NOON) == ago


def test_a_language_nobody_knows_is_written_like_english() -> None:
    with translation.override("tlh"):
        assert formats.day(date(2026, 11, 22)) == "Nov 22, 2026"


def test_times_are_those_of_the_persons_time_zone() -> None:
    with translation.override("en"), timezone.override(ZoneInfo("Asia/Tokyo")):
        assert formats.moment(NOON) == "22 Nov 2026, 21:05"


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Olympus", "../etc/passwd", "x" * 300])
def test_an_unknown_time_zone_is_none(name: str) -> None:
    assert formats.zone(name) is None


@pytest.mark.django_db
def test_countries_are_named_in_the_language() -> None:
    country = Claim.objects.get(name="country")
    for language, name in (("en", "Germany"), ("de", "Deutschland"), ("fr", "Allemagne"), ("en-xa", "⟦Ĝéŕɱáñý öñé⟧")):
        with translation.override(language):
            assert shown_value(country, "DE") == name


@pytest.mark.django_db
def test_a_mail_is_in_the_language_and_the_time_zone_of_who_reads_it_not_of_who_caused_it() -> None:
    person = make_person(language="en-xa", time_zone="Asia/Tokyo")
    context = {"browser": "", "ip": "", "at": lambda: formats.moment(NOON)}
    with translation.override("de"), timezone.override(ZoneInfo("America/New_York")):
        message = outbox.send_email("password_changed", to="a@example.org", user=person, now=NOON, context=context)
        assert translation.get_language() == "de"
        assert timezone.get_current_timezone_name() == "America/New_York"
    assert message.subject.startswith("⟦")
    assert "9:05" in message.text  # in the evening
