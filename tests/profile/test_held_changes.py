"""Changes of attributes that wait for approval: what the person sees, what the approver reads, what is carried out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.operations import services as operations
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import OperationImpossible
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from profile.models import PendingContact, Profile
from profile.services import change_attribute, fingerprint
from sessions_app.models import LoginSession
from tests.support.approving import Desk, held
from tests.support.browsing import new_browser, sign_in
from tests.support.people import make_person

PAGE = "/myaccount/personal-info/"


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Every change of an attribute waits."""
    with held(OperationKind.UPDATE_CLAIMS) as desk:
        yield desk


def save(client: Client, name: str, value: str, *, was: str = "", **extra: str) -> Any:
    data = {"value": value, "opened_with": fingerprint(was), **extra}
    return client.post(f"{PAGE}profile/{name}/", data, follow=True)


def code_sent_to(recipient: str) -> str:
    message = Message.objects.filter(recipient=recipient, is_secret=True).latest("pk")
    found = re.search(r"\b\d{6}\b", message.text)
    assert found
    return found[0]


def prove_email(client: Client, address: str) -> Any:
    """Ask for a new address and enter the code."""
    client.post(f"{PAGE}contact/email/", {"value": address, "opened_with": ""})
    data = {"code": code_sent_to(address), "about": fingerprint(address)}
    return client.post(f"{PAGE}contact/email/prove/", data, follow=True)


def values_of(user: User) -> dict[str, str]:
    values: dict[str, str] = Profile.objects.get(user=user).values
    return values


# Attributes


def test_a_held_change_waits_and_the_page_says_so(alice: User, alices: Client, desk: Desk) -> None:
    page = save(alices, "family_name", "Hargreaves", was="Liddell").content.decode()
    assert "Your change waits for approval." in page
    assert "was updated" not in page
    assert re.search(r"Waiting for approval</span>\s*<span[^>]*>Hargreaves</span>", page)
    assert values_of(alice)["family_name"] == "Liddell"
    assert not Event.objects.filter(user_uuid=alice.uuid, kind=EventKind.PROFILE_CHANGED).exists()
    assert desk.asked.payload == {"claim": "family_name", "value": "Hargreaves", "was": "Liddell"}
    assert (desk.asked.requester, desk.asked.claims) == (alice, frozenset(["family_name"]))
    assert desk.asked.attributes["given_name"] == "Alice"


def test_what_people_agreed_to_is_carried_out_with_its_event(alice: User, alices: Client, desk: Desk) -> None:
    save(alices, "family_name", "Hargreaves", was="Liddell")
    desk.agree()
    assert values_of(alice)["family_name"] == "Hargreaves"
    event = Event.objects.get(user_uuid=alice.uuid, kind=EventKind.PROFILE_CHANGED)
    assert (event.data, event.by_uuid) == ({"claims": ["family_name"]}, alice.uuid)
    page = alices.get(PAGE).content.decode()
    assert "Alice Hargreaves" in page
    assert "Waiting for approval" not in page


def test_what_no_workflow_holds_is_done_at_once(alice: User, alices: Client) -> None:
    with held(OperationKind.UPDATE_CLAIMS, claims=["country"]) as desk:
        assert "Last Name was updated." in save(alices, "family_name", "Hargreaves", was="Liddell").content.decode()
        save(alices, "country", "GB")
        assert values_of(alice) == {"given_name": "Alice", "family_name": "Hargreaves"}
        assert desk.asked.payload["value"] == "GB"
        assert "United Kingdom" in alices.get(PAGE).content.decode()


def test_the_approver_sees_what_changed_meanwhile(alice: User, alices: Client, desk: Desk) -> None:
    save(alices, "country", "GB")
    (before,) = operations.describe(desk.asked).properties
    assert (before.label, before.was, before.wanted, before.is_now) == (
        "Country", "Not given", "United Kingdom", "Not given",
    )  # fmt: skip
    assert not before.has_changed_meanwhile
    Profile.objects.filter(user=alice).update(values={"country": "FR"})
    (after,) = operations.describe(desk.asked).properties
    assert after.has_changed_meanwhile
    assert after.is_now == "France"
    desk.agree()
    assert values_of(alice)["country"] == "GB"


def test_what_changed_in_another_tab_is_a_conflict_before_anybody_is_asked(alices: Client, desk: Desk) -> None:
    """Security 28."""
    assert save(alices, "family_name", "Hargreaves", was="Somebody").status_code == 409
    assert desk.waiting == []


def test_nobody_is_asked_about_what_is_so_already(alices: Client, desk: Desk) -> None:
    page = save(alices, "family_name", "Liddell", was="Liddell").content.decode()
    assert "waits for approval" not in page
    assert desk.waiting == []


def test_nothing_else_of_a_form_is_kept(alices: Client, desk: Desk) -> None:
    """Security 22: what is asked for is the named attribute, whatever else is posted."""
    extra = {"claim": "email", "is_staff": "on", "proven_at": "x", "user": "1", "is_superuser": "on"}
    save(alices, "family_name", "Hargreaves", was="Liddell", **extra)
    assert desk.asked.payload == {"claim": "family_name", "value": "Hargreaves", "was": "Liddell"}
    for name in ("username", "role", "picture", "email"):
        assert save(alices, name, "evil@example.org").status_code == 404
    assert len(desk.waiting) == 1


@pytest.mark.parametrize("what", ["person", "attribute", "pattern", "read-only"])
def test_what_is_no_longer_possible_is_said_and_not_done(alice: User, alices: Client, desk: Desk, what: str) -> None:
    claim = Claim.objects.create(name="badge", label="Badge")
    save(alices, "badge", "17")
    match what:
        case "person":
            User.objects.filter(pk=alice.pk).delete()
        case "attribute":
            claim.delete()
        case "pattern":
            Claim.objects.filter(pk=claim.pk).update(pattern=r"B-\d+", pattern_hint="B, dash, digits.")
        case "read-only":
            Claim.objects.filter(pk=claim.pk).update(is_read_only=True)
    reason = {
        "person": "There is no such account any more.",
        "attribute": "There is no such attribute any more.",
        "pattern": "B, dash, digits.",
        "read-only": "Only an administrator can change this.",
    }[what]
    assert operations.describe(desk.asked).why_impossible == reason
    with pytest.raises(OperationImpossible, match=reason):
        desk.agree()
    assert not Profile.objects.filter(values__has_key="badge").exists()


def test_the_page_asks_once_for_all_that_waits(
    alice: User, alices: Client, desk: Desk, django_assert_num_queries: Any
) -> None:
    for value in ("One", "Two", "Two"):
        save(alices, "family_name", value, was="Liddell")
    with django_assert_num_queries(8):  # the reader of a test asks none
        page = alices.get(PAGE).content.decode()
    assert page.count("Waiting for approval") == 2


def test_what_waits_leads_to_its_request_also_in_the_form(alice: User, alices: Client, desk: Desk) -> None:
    page = save(alices, "family_name", "Hargreaves", was="Liddell").content.decode()
    link = f"/myaccount/approvals/requests/{desk.waiting[0].request_uuid}/"
    assert page.count(link) == 2  # the message and the row
    assert link in alices.get(f"{PAGE}?edit=family_name").content.decode()
    form = alices.get(f"{PAGE}?edit=family_name").content.decode().partition('class="edit"')[2]
    assert re.search(r"Waiting for approval</span>\s*<span[^>]*>Hargreaves</span>", form)
    assert "What you save now takes its place." in form
    assert "takes its place" not in alices.get(f"{PAGE}?edit=given_name").content.decode()


def test_what_an_administrator_asked_for_is_named_without_its_request(alice: User, alices: Client, desk: Desk) -> None:
    """The request is its requester's."""
    ada = make_person("ada", is_staff=True, is_superuser=True)
    change_attribute(
        user=alice, claim=Claim.objects.get(name="family_name"), value="Hargreaves", by=ada, origin=SYSTEM,
        opened_with=fingerprint("Liddell"), now=timezone.now(),
    )  # fmt: skip
    page = alices.get(f"{PAGE}?edit=family_name").content.decode()
    assert re.search(r"Waiting for approval</span>\s*<span[^>]*>Hargreaves</span>", page)
    assert "See the request" not in page
    assert "takes its place" not in page


def test_where_my_requests_is_switched_off_nothing_leads_there(alices: Client, desk: Desk) -> None:
    PortalSettings(features={"approvals.requests": "off"}).save()
    page = save(alices, "family_name", "Hargreaves", was="Liddell").content.decode()
    assert "Your change waits for approval." in page
    assert "See the request" not in page


# Addresses and numbers


def test_a_proven_address_waits_with_its_proof(alice: User, alices: Client, desk: Desk) -> None:
    """Security 29: the approval comes after the person has shown that it is theirs."""
    alices.post(f"{PAGE}contact/email/", {"value": "alice@new.example", "opened_with": ""})
    assert desk.waiting == []
    page = prove_email(alices, "alice@new.example").content.decode()
    assert "Your change waits for approval." in page
    assert "alice@new.example" in page
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    assert not PendingContact.objects.exists()
    address, proof = operations.describe(desk.asked).properties
    assert (address.was, address.wanted, address.is_now) == (
        "alice@example.org", "alice@new.example", "alice@example.org",
    )  # fmt: skip
    assert proof.wanted == "Yes"
    desk.agree()
    alice.refresh_from_db()
    assert alice.email == "alice@new.example"
    assert alice.email_verified_at
    assert Event.objects.filter(user_uuid=alice.uuid, kind=EventKind.EMAIL_CHANGED).count() == 1
    assert Message.objects.get(topic="email_changed").recipient == "alice@example.org"
    assert not LoginSession.objects.filter(user=alice, ended_at=None).exists()


def test_a_code_sent_twice_is_answered_the_same_twice(alice: User, alices: Client, desk: Desk) -> None:
    prove_email(alices, "alice@new.example")
    data = {"code": "000000", "about": fingerprint("alice@new.example")}
    page = alices.post(f"{PAGE}contact/email/prove/", data, follow=True).content.decode()
    assert "Your change waits for approval." in page
    assert len(desk.waiting) == 1


def test_an_address_somebody_else_proved_meanwhile_is_impossible(alice: User, alices: Client, desk: Desk) -> None:
    """Security 29."""
    prove_email(alices, "alice@new.example")
    make_person("bob", email="ALICE@new.example")
    reason = "Somebody else signs in with this address by now."
    assert operations.describe(desk.asked).why_impossible == reason
    with pytest.raises(OperationImpossible, match=reason):
        desk.agree()
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_emptying_the_mobile_number_waits_too(alices: Client, alice: User, desk: Desk) -> None:
    User.objects.filter(pk=alice.pk).update(mobile="+447400123456")
    page = alices.post(f"{PAGE}contact/mobile/", {"value": "", "opened_with": ""}, follow=True).content.decode()
    assert re.search(r"Waiting for approval</span>\s*<span[^>]*>Not given</span>", page)
    desk.agree()
    alice.refresh_from_db()
    assert alice.mobile == ""


def test_proving_what_is_there_already_asks_nobody(db: None, desk: Desk) -> None:
    bob = make_person("bob", email_verified_at=None)
    bobs = sign_in(new_browser(), "bob")
    assert "Your e-mail address was updated." in prove_email(bobs, "bob@example.org").content.decode()
    bob.refresh_from_db()
    assert bob.email_verified_at
    assert desk.waiting == []
