"""Every page of the side panel, and what it costs."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, record
from sessions_app.services import start
from tests.support.browsing import new_browser
from tests.support.people import make_person
from tests.web.test_errors import words_of

COSTS = [
    ("/myaccount/", 6),
    ("/myaccount/personal-info/", 9),  # linked accounts, identity providers and what waits are one each
    ("/myaccount/personal-info/?edit=given_name", 9),
    ("/myaccount/security/", 9),
    ("/myaccount/security/?edit=password", 9),
    ("/myaccount/applications/", 5),
    ("/myaccount/security/history/", 3),
    ("/myaccount/personal-info/picture/", 2),
]


@pytest.mark.parametrize(("path", "queries"), COSTS)
def test_a_page_costs_this_many_queries(
    alices: Client, path: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries):
        assert alices.get(path).status_code == 200


@pytest.mark.parametrize(("path", "queries"), COSTS)
def test_other_people_and_their_doings_cost_a_page_nothing(
    alices: Client, path: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        other = make_person(f"other{number}")
        for _ in range(3):
            start(user=other, origin=SYSTEM, methods=["pwd"], now=timezone.now())
            record(EventKind.PICTURE_CHANGED, user=other, origin=SYSTEM, now=timezone.now())
    with django_assert_num_queries(queries):
        assert "other0" not in words_of(alices.get(path))


def test_a_stranger_costs_next_to_nothing(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    browser = new_browser()
    # The portal's settings, whether anything can be recovered, whether one registers, which providers there are.
    with django_assert_num_queries(4):
        assert browser.get("/myaccount/sign-in/").status_code == 200
    with django_assert_num_queries(0):
        assert browser.get("/myaccount/").status_code == 302
