"""Every page of the side panel, and what it costs."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/myaccount/", 5),
        ("/myaccount/personal-info/", 6),
        ("/myaccount/personal-info/?edit=given_name", 6),
        ("/myaccount/security/", 4),
        ("/myaccount/security/?edit=password", 4),
        ("/myaccount/security/history/", 3),
        ("/myaccount/personal-info/picture/", 2),
    ],
)
def test_a_page_costs_this_many_queries(
    alices: Client, path: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries):
        assert alices.get(path).status_code == 200
