"""Statements that are kept give what the queryset would, always as the database is now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.users.models import User
from myaccount.web.kept_queries import Given, KeptQuery, KeptRows
from myaccount.web.models import PortalSettings
from myaccount.web.selectors import shared_portal_settings
from profile.models import Profile
from sessions_app.models import LoginSession
from sessions_app.services import start


def test_it_gives_what_the_queryset_gives(
    alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    query = KeptQuery(lambda: Profile.objects.filter(user=Given("user")))
    for person in (alice, bob):
        with django_assert_num_queries(1):
            (found,) = query.fetch(user=person.pk)
        assert found == Profile.objects.get(user=person)
        assert found.values == Profile.objects.get(user=person).values
    assert query.fetch(user=0) == []


def test_related_objects_come_along(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    session = start(user=alice, origin=SYSTEM, methods=["pwd"], now=timezone.now())
    query = KeptQuery(lambda: LoginSession.objects.select_related("user").filter(pk=Given("uuid")))
    with django_assert_num_queries(1):
        (found,) = query.fetch(uuid=session.uuid)
        assert found.user == alice
    assert (found.uuid, found.started_at, found.methods) == (session.uuid, session.started_at, ["pwd"])


def test_annotations_come_along(alice: User, bob: User) -> None:
    alice.groups.add(Group.objects.create(name="a"))
    of_groups = User.groups.through.objects.filter(user=OuterRef("pk"))
    query: KeptQuery[Any] = KeptQuery(
        lambda: User.objects.filter(pk=Given("user")).defer("password").annotate(has_group=Exists(of_groups))
    )
    assert [query.fetch(user=person.pk)[0].has_group for person in (alice, bob)] == [True, False]
    (found,) = query.fetch(user=bob.pk)
    assert (found.username, found.password) == ("bob", bob.password)


def test_times_are_compared_as_times(alice: User) -> None:
    now = timezone.now()
    start(user=alice, origin=SYSTEM, methods=["pwd"], now=now)
    query = KeptQuery(lambda: LoginSession.objects.filter(started_at__gt=Given("since")))
    assert len(query.fetch(since=now - timedelta(seconds=1))) == 1
    assert query.fetch(since=now + timedelta(seconds=1)) == []


def test_order_and_number_are_the_querysets(db: None) -> None:
    Group.objects.bulk_create(Group(name=name) for name in "cab")
    query = KeptQuery(lambda: Group.objects.order_by("name")[:2])
    assert [group.name for group in query.fetch()] == ["a", "b"]


@pytest.mark.parametrize(
    "change",
    [
        lambda claims: claims.filter(name="im").update(label="Chat"),
        lambda claims: claims.filter(name="im").delete(),
        lambda claims: claims.create(name="custom", label="Custom"),
    ],
)
def test_kept_rows_are_never_stale(db: None, change: Callable[[QuerySet[Claim]], Any]) -> None:
    rows = KeptRows(Claim.objects.all)
    before = rows.fetch()
    assert rows.fetch() is before
    change(Claim.objects.all())
    assert rows.fetch() == list(Claim.objects.all())
    assert [claim.label for claim in rows.fetch()] == [claim.label for claim in Claim.objects.all()]
    assert rows.fetch() is not before


def test_settings_hold_from_the_next_request_on(db: None) -> None:
    assert shared_portal_settings().product_name == PortalSettings().product_name
    PortalSettings(product_name="Kiosk", features={"overview": "off"}).save()
    assert (shared_portal_settings().product_name, shared_portal_settings().features) == ("Kiosk", {"overview": "off"})
    PortalSettings.objects.update(product_name="Desk")
    assert shared_portal_settings().product_name == "Desk"
