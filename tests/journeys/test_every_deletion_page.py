"""Every page of deleting accounts in every state: nothing for axe to report, nothing wider than the window."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from myaccount.deletion.models import DeletionSettings, Ending
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from tests.consent.support import consent_to, make_application
from tests.deletion.support import DELETE, ask_for_deletion
from tests.journeys.test_every_factor_page import OF_ADMIN
from tests.journeys.test_every_page import State, check
from tests.journeys.visitor import PERSONAL_INFO, Visitor
from tests.support.lives import make_settled_person
from tests.support.people import make_person

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


@state
def section_to_delete(visitor: Visitor) -> None:
    somebody(visitor)
    visitor.open(f"{PERSONAL_INFO}#delete-account")


@state
def section_read_only(visitor: Visitor) -> None:
    somebody(visitor)
    PortalSettings(features={"personal-info.delete-account": "read-only"}).save()
    visitor.open(f"{PERSONAL_INFO}#delete-account")


@state
def deletion_explained(visitor: Visitor) -> None:
    alice = somebody(visitor)
    for name in ("Pickup", LONG):
        consent_to(alice, make_application(name))
    visitor.open(DELETE)


@state
def deletion_without_applications(visitor: Visitor) -> None:
    DeletionSettings(cooling_off_days=1, ending=Ending.MAKE_ANONYMOUS, event_days=90).save()
    somebody(visitor)
    visitor.open(DELETE)


@state
def deletion_without_having_read(visitor: Visitor) -> None:
    somebody(visitor)
    visitor.open(DELETE).get_by_role("button", name="Delete my account").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("Tick the box")


@state
def deletion_of_an_administrator(visitor: Visitor) -> None:
    make_person("ada", is_staff=True, is_superuser=True)
    visitor.already_signed_in("ada")
    visitor.open(DELETE)


@state
def account_to_be_deleted(visitor: Visitor) -> None:
    somebody(visitor)
    visitor.open(DELETE).get_by_role("checkbox").check()
    visitor.page.get_by_role("button", name="Delete my account").click()
    expect(visitor.heading).to_have_text("Your account will be deleted")


@state
def keep_or_leave(visitor: Visitor) -> None:
    ask_for_deletion(make_person("alice-with-a-name-that-is-rather-long-for-a-phone"))
    visitor.give_password("alice-with-a-name-that-is-rather-long-for-a-phone")
    expect(visitor.heading).to_have_text("Keep your account?")


# Administration


def as_ada(path: str) -> State:
    def act(visitor: Visitor) -> None:
        make_person("ada", is_staff=True, is_superuser=True)
        deletion = ask_for_deletion(make_settled_person())
        visitor.already_signed_in("ada")
        visitor.open(path.format(deletion=deletion.pk))

    return act


STATES["admin_deletion_settings"] = as_ada("/admin/deletion/deletionsettings/1/change/")
STATES["admin_deletion"] = as_ada("/admin/deletion/accountdeletion/{deletion}/change/")


@state
def admin_keep_accounts(visitor: Visitor) -> None:
    as_ada("/admin/deletion/accountdeletion/")(visitor)
    page = visitor.page
    page.get_by_role("checkbox").nth(1).check()
    page.get_by_label("Action:").select_option("keep_accounts")
    page.get_by_role("button", name="Go").click()
    expect(visitor.heading).to_have_text("Keep accounts")


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name, OF_ADMIN if "/admin/" in visitor.page.url else None)
