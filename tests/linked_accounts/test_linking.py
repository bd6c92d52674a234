"""Adding and removing linked accounts (manual, “Linked accounts”)."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from linked_accounts.local import services
from linked_accounts.local.models import LocalLink
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.deletion.models import AccountDeletion
from myaccount.limits.models import AttemptBudget
from myaccount.outbox.models import Message
from myaccount.users.models import User
from security.models import PasswordDemand
from security.policy.models import Requirement, SignInPolicy
from tests.deletion.support import ask_for_deletion
from tests.linked_accounts.support import ADD, PAGE, STEP, delete_url, link, who_is_in
from tests.registration import support as registration
from tests.security.factors.devices_support import registered
from tests.support.authenticators import Authenticator
from tests.support.browsing import SECOND_STEP, SIGN_IN, make_stale, new_browser, sign_in
from tests.support.factors import add_app, add_codes, add_sms, code_of, sms_code, wrong_code
from tests.support.parallel import in_parallel
from tests.support.people import PASSPHRASE, make_person

CAROLS = {"identifier": "carol", "password": PASSPHRASE}


@pytest.fixture
def carol(db: None) -> User:
    return make_person("carol", display_name="Carol Liddell")


def kinds_of(user: User) -> list[str]:
    return list(Event.objects.filter(user_uuid=user.uuid).order_by("id").values_list("kind", flat=True))


def test_an_account_is_linked_by_its_username_and_password(alices: Client, alice: User, carol: User) -> None:
    """Both histories and both mailboxes tell (security 70)."""
    response = alices.post(ADD, CAROLS)
    assert response["Location"] == f"{PAGE}#linked-accounts"
    made = LocalLink.objects.get()
    assert {made.first, made.second} == {alice, carol}
    page = alices.get(PAGE).content.decode()
    assert "Carol Liddell" in page
    assert "The account was linked." in page
    for person, other in ((alice, "carol"), (carol, "alice")):
        event = Event.objects.get(user_uuid=person.uuid, kind=EventKind.ACCOUNT_LINKED)
        assert event.data == {"account": other}
        message = Message.objects.get(user=person, topic="account_linked")
        assert other in message.subject
        assert "If this was not you" in message.text


@pytest.mark.parametrize(
    "form", [{"identifier": "carol", "password": "wrong"}, {"identifier": "nobody", "password": "wrong"}]
)
def test_a_wrong_password_links_nothing_and_tells_nothing(
    form: dict[str, str], alices: Client, alice: User, carol: User
) -> None:
    """The same reply for an account that is not there (security 1, 70)."""
    response = alices.post(ADD, form)
    assert response.status_code == 422
    assert "The username or the password is wrong" in response.content.decode()
    assert not LocalLink.objects.exists()
    assert EventKind.ACCOUNT_LINK_REFUSED in kinds_of(alice)
    assert who_is_in(alices) == "alice"


def test_the_other_account_reads_that_somebody_tried_to_link_it(alices: Client, carol: User) -> None:
    """Security 70: it is no sign-in, and does not tell whose account it was tried from."""
    alices.post(ADD, {"identifier": "carol", "password": "wrong"})
    assert kinds_of(carol) == [EventKind.SIGN_IN_FAILED]
    page = sign_in(new_browser(), "carol").get("/myaccount/security/history/").content.decode()
    assert "Somebody tried to link this account with a wrong password" in page
    assert "tried to sign in" not in page
    assert "alice" not in page


def test_a_disabled_account_gets_the_reply_of_a_wrong_password(alices: Client, carol: User) -> None:
    """Locked and disabled hold on this door, too (security 6)."""
    wrong = alices.post(ADD, {"identifier": "carol", "password": "wrong"})
    User.objects.filter(pk=carol.pk).update(is_active=False)
    right = alices.post(ADD, CAROLS)
    assert right.status_code == wrong.status_code == 422
    assert right.context["form"].non_field_errors() == wrong.context["form"].non_field_errors()


def test_guesses_count_in_the_limiter_of_signing_in(alices: Client, carol: User) -> None:
    """Five from one place, here and at the sign-in page together; then the right password fails, too (3, 70)."""
    stranger = new_browser()
    for door in (ADD, ADD, ADD, "", ""):
        client = alices if door else stranger
        client.post(door or "/myaccount/sign-in/", {"identifier": "carol", "password": "wrong"})
    assert alices.post(ADD, CAROLS).status_code == 422
    assert not LocalLink.objects.exists()


def test_not_oneself_and_not_twice(alices: Client, alice: User, carol: User) -> None:
    response = alices.post(ADD, {"identifier": "alice", "password": PASSPHRASE})
    assert "This is the account you are in." in response.content.decode()
    link(alice, carol)
    twice = alices.post(ADD, CAROLS)
    assert "This account is linked to yours already." in twice.content.decode()
    for no_guess in (response, twice, alices.post(ADD, {"identifier": "carol", "password": ""})):
        assert "data-captcha" not in no_guess.content.decode()
    assert "data-captcha" in alices.post(ADD, {**CAROLS, "password": "wrong"}).content.decode()
    assert LocalLink.objects.count() == 1


@pytest.mark.parametrize("name", ["alice", "carol"])
def test_a_right_password_that_links_nothing_is_no_guess(name: str, alices: Client, alice: User, carol: User) -> None:
    """However often: nobody is made to wait for it (security 5)."""
    link(alice, carol)
    words = "This is the account you are in." if name == "alice" else "This account is linked to yours already."
    for _ in range(12):
        response = alices.post(ADD, {"identifier": name, "password": PASSPHRASE})
        assert words in response.content.decode()
    assert not AttemptBudget.objects.filter(failures__gt=0).exists()


def test_an_account_that_still_waits_for_approval_cannot_be_linked_yet(alices: Client, alice: User) -> None:
    """Told to who gives its password; to anybody else it is not there (security 1, 6, 70)."""
    registration.allow()
    with registration.gate():
        registration.prove(new_browser())
        wrong = alices.post(ADD, {"identifier": "dora", "password": "a guess of somebody"})
        nobody = alices.post(ADD, {"identifier": "nobody", "password": "a guess of somebody"})
        right = alices.post(ADD, {"identifier": "dora", "password": PASSPHRASE})
    assert wrong.context["form"].non_field_errors() == nobody.context["form"].non_field_errors()
    assert (right.status_code, wrong.status_code) == (422, 422)
    assert "This account still waits for approval." in right.content.decode()
    assert kinds_of(alice).count(EventKind.ACCOUNT_LINK_REFUSED) == 2
    assert not LocalLink.objects.exists()


@pytest.mark.parametrize("has_factor", [False, True])
def test_an_account_that_is_about_to_be_deleted_is_not_linked(has_factor: bool, alices: Client, carol: User) -> None:
    """Its person decides first whether to keep it, by signing in (security 6)."""
    ask_for_deletion(carol)
    if has_factor:
        add_app(carol)
        assert alices.post(ADD, CAROLS)["Location"] == STEP
        response = alices.post(f"{STEP}totp/", {"code": code_of()}, follow=True)
    else:
        response = alices.post(ADD, CAROLS)
    assert "Sign in to it, then link it." in response.content.decode()
    assert not LocalLink.objects.exists()
    assert AccountDeletion.objects.exists()


def test_it_asks_for_proof_of_ones_own_account_first(alices: Client, carol: User) -> None:
    """Security 20: on the POST itself, and what is kept of it holds no password."""
    make_stale(alices)
    response = alices.post(ADD, CAROLS)
    assert response["Location"].startswith("/myaccount/confirm/")
    assert not LocalLink.objects.exists()
    assert PASSPHRASE not in str(dict(alices.session))


@pytest.mark.parametrize("kind", ["totp", "sms", "backup-code"])
def test_the_second_factor_of_the_other_account_is_asked_for(kind: str, alices: Client, carol: User) -> None:
    """The full sign-in, not the password alone; the half-way state holds no password and opens nothing (10, 70)."""
    if kind == "sms":
        add_sms(carol)
    else:
        add_app(carol)
    codes = add_codes(carol) if kind == "backup-code" else []
    assert alices.post(ADD, CAROLS)["Location"] == STEP
    assert not LocalLink.objects.exists()
    assert PASSPHRASE not in str(dict(alices.session))
    page = alices.get(alices.get(STEP)["Location"])
    assert "This is the second step of the account carol" in page.content.decode()
    refused = alices.post(f"{STEP}{kind}/", {"code": wrong_code()})
    assert refused.status_code == 422
    assert not LocalLink.objects.exists()
    code = codes[0] if codes else sms_code() if kind == "sms" else code_of()
    assert alices.post(f"{STEP}{kind}/", {"code": code})["Location"] == f"{PAGE}#linked-accounts"
    assert LocalLink.objects.count() == 1
    assert who_is_in(alices) == "alice"


def test_a_security_device_is_the_second_factor_of_the_other_account(alices: Client, bob: User, carol: User) -> None:
    """Its own one: neither somebody else's, nor an answer to another challenge (security 64, 70)."""
    device, bobs = Authenticator(), Authenticator()
    registered(carol, device)
    registered(bob, bobs)
    assert alices.post(ADD, CAROLS)["Location"] == STEP
    assert alices.get(STEP)["Location"] == f"{STEP}device/"
    assert "This is the second step of the account carol" in alices.get(f"{STEP}device/").content.decode()
    options = alices.post(f"{STEP}device/options/").json()
    for form in (
        {"challenge": options["id"], "credential": json.dumps(bobs.get(options))},
        {"challenge": str(uuid4()), "credential": json.dumps(device.get(options))},
    ):
        assert alices.post(f"{STEP}device/", form).status_code == 422
    assert not LocalLink.objects.exists()
    options = alices.post(f"{STEP}device/options/").json()
    form = {"challenge": options["id"], "credential": json.dumps(device.get(options))}
    assert alices.post(f"{STEP}device/", form)["Location"] == f"{PAGE}#linked-accounts"
    assert LocalLink.objects.count() == 1
    assert who_is_in(alices) == "alice"


def test_wrong_codes_count_in_the_one_budget_of_the_other_account(alices: Client, carol: User) -> None:
    """Five at this door and at the sign-in page together; then the right one is not looked at (security 56, 70)."""
    app, stranger = add_app(carol), new_browser()
    alices.post(ADD, CAROLS)
    stranger.post(SIGN_IN, CAROLS)
    for number in range(5):
        browser, step = (stranger, SECOND_STEP) if number % 2 else (alices, STEP)
        assert browser.post(f"{step}totp/", {"code": wrong_code()}).status_code == 422
    refused = alices.post(f"{STEP}totp/", {"code": code_of()})
    assert refused.status_code == 422
    assert "too many tries" in refused.content.decode()
    app.refresh_from_db()
    assert app.last_used_at is None
    assert not LocalLink.objects.exists()


def test_what_was_shown_of_the_other_account_dies_in_ten_minutes(alices: Client, carol: User) -> None:
    """And with a change of its password (security 10)."""
    add_app(carol)
    alices.post(ADD, CAROLS)
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=True):
        session = alices.session
        session["step_up_confirmed_at"] = timezone.now().timestamp()  # she has just proven that alice's is hers
        session.save()
        assert alices.post(f"{STEP}totp/", {"code": code_of()})["Location"] == STEP
        assert alices.get(STEP)["Location"] == ADD
    carol.password_changed_at = timezone.now() + timedelta(seconds=1)
    carol.save()
    assert alices.get(STEP)["Location"] == ADD
    assert not LocalLink.objects.exists()


def test_ones_own_account_has_to_be_proven_at_the_second_step_as_well(alices: Client, carol: User) -> None:
    """It is the POST that links (security 20); and the session got a new key at the first step (security 9)."""
    add_app(carol)
    before = alices.session.session_key
    alices.post(ADD, CAROLS)
    assert alices.session.session_key != before
    make_stale(alices)
    assert alices.post(f"{STEP}totp/", {"code": code_of()})["Location"].startswith("/myaccount/confirm/")
    assert not LocalLink.objects.exists()


def test_what_one_session_has_shown_is_no_other_sessions(alices: Client, alice: User, carol: User) -> None:
    """Signing in anew in the same browser starts over."""
    add_app(carol)
    alices.post(ADD, CAROLS)
    sign_in(alices)
    assert alices.get(STEP)["Location"] == ADD


def test_an_account_with_something_to_be_done_first_is_not_linked(alices: Client, carol: User) -> None:
    """A new password, or a second factor to set up: that is done by signing in (security 53)."""
    PasswordDemand.objects.create(user=carol, asked_at=timezone.now())
    assert "Sign in to it, then link it." in alices.post(ADD, CAROLS).content.decode()
    PasswordDemand.objects.all().delete()
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=0).save()
    assert "Sign in to it, then link it." in alices.post(ADD, CAROLS).content.decode()
    assert not LocalLink.objects.exists()


def test_either_account_ends_the_link(alices: Client, alice: User, carol: User) -> None:
    made = link(alice, carol)
    carols = sign_in(new_browser(), "carol")
    assert "OK" in carols.get(delete_url(made)).content.decode()
    assert LocalLink.objects.exists()
    assert carols.post(delete_url(made))["Location"] == f"{PAGE}#linked-accounts"
    assert not LocalLink.objects.exists()
    for person in (alice, carol):
        assert EventKind.ACCOUNT_UNLINKED in kinds_of(person)
        assert Message.objects.filter(user=person, topic="account_unlinked").count() == 1
    assert alices.post(delete_url(made)).status_code == 404


def test_links_of_others_are_not_there(alices: Client, bob: User, carol: User) -> None:
    made = link(bob, carol)
    assert alices.get(delete_url(made)).status_code == 404
    assert alices.post(delete_url(made)).status_code == 404
    assert LocalLink.objects.exists()


def test_the_list_costs_one_query_however_long_it_is(alices: Client, alice: User) -> None:
    """Personal info needs nine with it, for one as for many."""
    counts = []
    for wanted in (1, 20):
        while LocalLink.objects.count() < wanted:
            link(alice, make_person(f"other{LocalLink.objects.count()}"))
        with CaptureQueriesContext(connection) as queries:
            assert alices.get(PAGE).status_code == 200
        counts.append(len(queries))
    assert counts == [9, 9]


@pytest.mark.django_db(transaction=True)
def test_of_parallel_requests_one_links(on_postgresql: None, alice: User) -> None:
    """One link, one event and one mail each (security 70)."""
    carol = make_person("carol")
    now = timezone.now()
    results = in_parallel(lambda _: services.link(user=alice, other=carol, origin=SYSTEM, now=now), 12)
    assert sum(isinstance(result, LocalLink) for result in results) == 1
    assert sum(isinstance(result, services.AlreadyLinked) for result in results) == 11
    assert Event.objects.filter(kind=EventKind.ACCOUNT_LINKED).count() == 2
    assert Message.objects.filter(topic="account_linked").count() == 2
