"""Every page of applications and consent in every state: nothing for axe to report, nothing wider than the window."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from consent.applications.models import ApplicationAccess, Favourite
from consent.consents import services
from consent.consents.models import Consent
from consent.purposes.models import Controller
from consent.receipts.models import ConsentReceipt
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from sessions_app.models import LoginSession
from tests.consent.support import ask_for, consent_to, make_application
from tests.journeys.test_every_factor_page import OF_ADMIN
from tests.journeys.test_every_page import State, check
from tests.journeys.visitor import SECURITY, Visitor
from tests.support.lives import make_settled_person
from tests.support.people import make_person
from tests.support.relying_party import RelyingParty, relying_party

pytestmark = pytest.mark.looks

LONG = "Booking of rooms, beamers and bicycles for guests of the faculty"
STATES: dict[str, State] = {}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


def somebody(visitor: Visitor) -> User:
    """Signed in, with a life."""
    alice = make_settled_person()
    visitor.already_signed_in()
    return alice


def asking_for_much() -> RelyingParty:
    """An application with a long name that asks for attributes of every kind."""
    application = relying_party(
        LONG,
        claims={"given_name": True, "family_name": False, "birthdate": False},
        description="Everything guests need, from the first morning to the last evening.",
        policy_url="https://pickup.example/privacy",
        is_first_party=True,
        may_work_offline=True,
    )
    ask_for(application.application, "email", purpose="Contacting you", is_mandatory=True)
    ask_for(application.application, "address", purpose="Contacting you")
    return application


def with_consents(visitor: Visitor) -> User:
    """In force, running out, run out, and revoked."""
    alice, now = somebody(visitor), timezone.now()
    consent_to(alice, asking_for_much().application, valid_until=now + timedelta(days=90))
    consent_to(alice, make_application("Pickup"), ["given_name"])
    earlier = now - timedelta(days=2)
    consent_to(alice, make_application("Old"), valid_until=now - timedelta(days=1), now=earlier)
    revoked = consent_to(alice, make_application("Gone"))
    services.revoke(consent=revoked, origin=SYSTEM, now=now)
    return alice


# Signing in to an application


@state
def consent_asked(visitor: Visitor) -> None:
    somebody(visitor)
    visitor.open(asking_for_much().request(scope="openid profile email address offline_access"))
    expect(visitor.heading).to_have_text(f"Sign in to {LONG}")


@state
def consent_refused_in_part(visitor: Visitor) -> None:
    consent_asked(visitor)
    visitor.page.get_by_role("checkbox", name="First Name").uncheck()
    visitor.page.get_by_role("button", name="Allow").click()
    expect(visitor.page.locator("[data-error-summary]")).to_be_visible()


@state
def values_missing(visitor: Visitor) -> None:
    make_person(email="")
    visitor.already_signed_in()
    claims = {"given_name": True, "birthdate": True, "department": True, "mobile": True}
    visitor.open(relying_party(claims=claims).request(scope="openid profile phone"))
    expect(visitor.heading).to_have_text("Something is missing for Pickup")


@state
def not_for_somebody(visitor: Visitor) -> None:

    somebody(visitor)
    pickup = relying_party()
    pickup.application.groups.add(Group.objects.create(name="Others"))
    visitor.open(pickup.request())


@state
def unanswerable(visitor: Visitor) -> None:
    visitor.open(relying_party().request(redirect_uri="https://evil.example/"))


@state
def logout_asked(visitor: Visitor) -> None:
    somebody(visitor)
    visitor.open(reverse("openid-logout"))


# Manage consent


@state
def section_manage_consent(visitor: Visitor) -> None:
    with_consents(visitor)
    visitor.open(SECURITY)
    visitor.page.locator("#revoked-consents > summary").click()


def at_detail_of(name: str) -> State:
    def act(visitor: Visitor) -> None:
        with_consents(visitor)
        consent = Consent.objects.get(application__name=name)
        visitor.open(reverse("consent-detail", args=[consent.pk]))

    return act


STATES["consent_detail"] = at_detail_of(LONG)
STATES["consent_run_out"] = at_detail_of("Old")


@state
def consent_detail_refused(visitor: Visitor) -> None:
    at_detail_of(LONG)(visitor)
    visitor.page.get_by_role("checkbox", name="First Name").uncheck()
    visitor.page.get_by_role("button", name="Update").click()
    expect(visitor.page.locator("[data-error-summary]")).to_be_visible()


@state
def system_consent(visitor: Visitor) -> None:
    with_consents(visitor)
    visitor.open(reverse("system-consent"))


@state
def revocation_asked(visitor: Visitor) -> None:
    with_consents(visitor)
    visitor.open(SECURITY)
    visitor.section("Manage consent").get_by_role("link", name="Revoke").first.click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()


@state
def receipts(visitor: Visitor) -> None:
    with_consents(visitor)
    gone = Consent.objects.get(application__name="Gone")
    visitor.open(reverse("consent-receipts", args=[gone.pk]))


@state
def receipt(visitor: Visitor) -> None:
    Controller(name="Wonderland Press", street="12 River Lane", locality="Oxford", country="GB").save()
    with_consents(visitor)
    issued = ConsentReceipt.objects.filter(document__services__0__service=LONG)[0]
    visitor.open(reverse("consent-receipt", args=[issued.pk]))


# Applications, and those used in sessions


@state
def applications(visitor: Visitor) -> None:
    alice = with_consents(visitor)
    for name in (LONG + " and friends", "Expenses"):
        offered = make_application(name, is_discoverable=True, access_url="https://pickup.example/", description=LONG)
        Favourite.objects.get_or_create(user=alice, application=offered)
    visitor.open("/myaccount/applications/")


@state
def no_applications(visitor: Visitor) -> None:
    somebody(visitor)
    visitor.open("/myaccount/applications/")


@state
def session_with_applications(visitor: Visitor) -> None:
    somebody(visitor)
    now = timezone.now()
    for application in (asking_for_much().application, make_application("Pickup")):
        ApplicationAccess.objects.create(
            login_session=LoginSession.objects.latest("started_at"), application=application, first_at=now, last_at=now
        )
    visitor.open(SECURITY)
    visitor.section("Active user sessions").get_by_text("Show more").first.click()
    expect(visitor.page.get_by_text("Pickup").first).to_be_visible()


# Administration


def as_ada(path: str) -> State:
    def act(visitor: Visitor) -> None:
        make_person("ada", is_staff=True, is_superuser=True)
        visitor.already_signed_in("ada")
        visitor.open(path.format(application=asking_for_much().application.pk))

    return act


STATES["admin_applications"] = as_ada("/admin/consent/application/")
STATES["admin_new_application"] = as_ada("/admin/consent/application/add/")
STATES["admin_application"] = as_ada("/admin/consent/application/{application}/change/")
STATES["admin_controller"] = as_ada("/admin/consent/controller/")
STATES["admin_purpose"] = as_ada("/admin/consent/purpose/1/change/")


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name, OF_ADMIN if "/admin/" in visitor.page.url else None)
