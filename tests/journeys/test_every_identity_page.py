"""Every page of accounts at identity providers in every state: nothing for axe to report, nothing too wide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from linked_accounts.federated.asked import Found, keep_found
from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from myaccount.users.models import User
from tests.journeys.test_every_factor_page import OF_ADMIN
from tests.journeys.test_every_page import State, check
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.support.lives import make_settled_person
from tests.support.people import make_person

pytestmark = pytest.mark.looks

SIGN_IN = "/myaccount/sign-in/"
STATES: dict[str, State] = {}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


def providers() -> tuple[IdentityProvider, IdentityProvider]:
    """Nobody answers there."""
    university = IdentityProvider.objects.create(
        name="University", slug="university", issuer="http://127.0.0.1:9", client_id="portal"
    )
    long = IdentityProvider.objects.create(
        name="Federation of the libraries of all small islands", slug="libraries", issuer="http://127.0.0.1:9/libraries",
        client_id="portal",
    )  # fmt: skip
    return university, long


def connected(visitor: Visitor) -> User:
    """Alice, with an account at one of two providers."""
    alice = make_settled_person()
    university, _ = providers()
    now = timezone.now()
    FederatedIdentity.objects.create(
        user=alice, provider=university, issuer=university.issuer, subject="u-4711", account_name="alice@uni.example",
        connected_at=now - timedelta(days=30), last_used_at=now - timedelta(hours=2),
    )  # fmt: skip
    visitor.already_signed_in()
    return alice


@state
def connected_and_not(visitor: Visitor) -> None:
    connected(visitor)
    visitor.open(PERSONAL_INFO)
    expect(visitor.section("Linked accounts")).to_contain_text("alice@uni.example")


@state
def removal_asked(visitor: Visitor) -> None:
    connected_and_not(visitor)
    visitor.section("Linked accounts").get_by_role("link", name="Delete University").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()


@state
def connection_asked(visitor: Visitor) -> None:
    connected(visitor)
    long, session, now = IdentityProvider.objects.get(slug="libraries"), visitor.session, timezone.now().timestamp()
    found = Found(long.pk, long.issuer, "u-4711", "alice@libraries.example", now, session["login_session"])
    keep_found(session, found)
    session.save()
    visitor.open("/myaccount/personal-info/identities/connect/")
    expect(visitor.heading).to_contain_text("Connect your account")


@state
def sign_in_with(visitor: Visitor) -> None:
    providers()
    visitor.open(SIGN_IN)


@state
def provider_that_is_down(visitor: Visitor) -> None:
    sign_in_with(visitor)
    visitor.page.get_by_role("button", name="Sign in with University").click()
    expect(visitor.heading).to_have_text("University cannot be reached")


@state
def answer_nobody_asked_for(visitor: Visitor) -> None:
    providers()
    visitor.open(f"{SIGN_IN}with/university/callback/?state=x&code=y")


@state
def confirm_with_a_provider(visitor: Visitor) -> None:
    connected(visitor)
    visitor.open("/myaccount/confirm/?next=/myaccount/")


@state
def admin_providers(visitor: Visitor) -> None:
    make_person("ada", is_staff=True, is_superuser=True)
    providers()
    visitor.already_signed_in("ada")
    visitor.open("/admin/linked_accounts/identityprovider/add/")


@state
def admin_provider(visitor: Visitor) -> None:
    make_person("ada", is_staff=True, is_superuser=True)
    university, _ = providers()
    visitor.already_signed_in("ada")
    visitor.open(f"/admin/linked_accounts/identityprovider/{university.pk}/change/")


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name, OF_ADMIN if "/admin/" in visitor.page.url else None)
