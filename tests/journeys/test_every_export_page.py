"""The pages of the export in every state: nothing for axe to report, nothing wider than the window."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myaccount.limits.models import AttemptBudget
from myaccount.users.models import User
from tests.export.support import PRINTED, somebody_with_everything
from tests.journeys.test_every_page import State, as_alice, check
from tests.journeys.visitor import PERSONAL_INFO, Visitor

pytestmark = pytest.mark.looks

STATES: dict[str, State] = {
    "export_json_ready": as_alice(f"{PERSONAL_INFO}export/json/"),
    "export_zip_ready": as_alice(f"{PERSONAL_INFO}export/zip/"),
    "export_page_ready": as_alice(PRINTED),
}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


@state
def export_explained(visitor: Visitor) -> None:
    as_alice(PERSONAL_INFO)(visitor)
    visitor.page.locator("#export-parts > summary").click()


@state
def export_too_often(visitor: Visitor) -> None:
    as_alice(PRINTED)(visitor)
    now = timezone.now()
    AttemptBudget.objects.create(
        key=f"export:{visitor_uuid()}", last_attempt_at=now, blocked_until=now + timedelta(hours=1)
    )
    visitor.page.get_by_role("button", name="View to print").click()
    expect(visitor.page.get_by_text("You can do it again from")).to_be_visible()


@state
def export_page_with_everything(visitor: Visitor) -> None:
    everything = somebody_with_everything()
    key = everything.browser.cookies["session"].value
    visitor.context.add_cookies([{"name": "session", "value": key, "url": visitor.base_url}])
    visitor.open(PRINTED)
    visitor.page.get_by_role("button", name="View to print").click()
    expect(visitor.heading).to_have_text("Your data")


def visitor_uuid() -> str:
    """Alice's id."""
    return str(User.objects.get(username="alice").uuid)


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name)
