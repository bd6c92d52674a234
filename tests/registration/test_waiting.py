"""Where people have to agree first: waiting, told so at sign-in, approved or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from consent.receipts.models import ConsentReceipt
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.limits.models import AttemptBudget
from myaccount.operations import services as operations
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Execution, OperationImpossible, action_of
from myaccount.outbox.models import Message
from myaccount.registration.models import Registration, State
from myaccount.users.models import User
from tests.registration.support import ADDRESS, RESULT, Gate, allow, gate, newest, prove, refuse, register
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.hashers import CountingPasswordHasher
from tests.support.people import CHROME, PASSPHRASE, make_person

pytestmark = pytest.mark.django_db
STILL = "Somebody of your organisation has to approve your account"


@pytest.fixture
def held(db: None) -> Iterator[Gate]:
    """Dora has registered and proven her address, and waits."""
    allow()
    with gate() as holding:
        browser = new_browser()
        assert prove(browser)["Location"] == RESULT
        assert "Waiting for approval" in browser.get(RESULT).content.decode()
        yield holding


def approve(held: Gate) -> User:
    user = operations.carry_out(held.only[1], Execution(by=None, now=timezone.now()))
    assert isinstance(user, User)
    return user


def try_to_sign_in(identifier: str, password: str, browser: Client | None = None) -> Any:
    return (browser or new_browser()).post(SIGN_IN, {"identifier": identifier, "password": password})


def words(response: Any) -> str:
    return str(response.content.decode())


def test_nothing_of_an_account_exists_while_it_waits(held: Gate) -> None:
    assert not User.objects.exists()
    row = Registration.objects.get()
    assert (row.state, row.request_uuid) == (State.WAITING, held.only[0])
    assert newest("registration_waiting").recipient == ADDRESS


def test_who_decides_reads_what_was_said_and_no_secret(held: Gate) -> None:
    """Security 88: a request holds no hash, only where it is."""
    _, submission = held.only
    assert action_of(submission).kind == OperationKind.SELF_REGISTER_USER
    described = operations.describe(submission)
    assert [(each.label, each.wanted) for each in described.properties] == [
        ("Username", "dora"), ("First Name", "Dora"), ("Last Name", "Explorer"), ("Email", ADDRESS),
    ]  # fmt: skip
    assert described.why_impossible == ""
    assert Registration.objects.get().password not in str(submission)
    assert submission.attributes["email"] == ADDRESS
    with translation.override("en-xa"):
        assert operations.describe(submission).properties[0].label != "Username"
    make_person("dora")
    assert "has been taken meanwhile" in operations.describe(submission).why_impossible


def test_who_is_approved_signs_in(held: Gate) -> None:
    """The account begins then, with its first receipt and a mail; where it was asked for is what its events say."""
    dora = approve(held)
    assert sign_in(new_browser(), "dora").get("/myaccount/").status_code == 200
    assert newest("welcome").recipient == ADDRESS
    assert ConsentReceipt.objects.filter(user_uuid=dora.uuid).count() == 1
    registered = Event.objects.get(kind=EventKind.REGISTERED, user_uuid=dora.uuid)
    assert registered.ip == "192.0.2.10"
    with pytest.raises(OperationImpossible):
        approve(held)
    assert User.objects.count() == 1


def test_who_is_refused_hears_why(held: Gate) -> None:
    """And nothing that opens an account stays; the name is free again."""
    refuse(held, "We do not know you.")
    refuse(held, "Twice")
    message = newest("registration_refused")
    assert (message.recipient, "We do not know you." in message.text) == (ADDRESS, True)
    assert Message.objects.filter(topic="registration_refused").count() == 1
    row = Registration.objects.get()
    assert (row.state, row.password, row.values) == (State.REFUSED, "", {})
    with pytest.raises(OperationImpossible):
        approve(held)
    assert STILL not in words(try_to_sign_in("dora", PASSPHRASE))
    with gate():
        assert prove(new_browser(CHROME))["Location"] == RESULT


def test_a_name_taken_while_it_waited_cannot_be_made(held: Gate) -> None:
    make_person("other", email=ADDRESS)
    with pytest.raises(OperationImpossible, match="taken meanwhile"):
        approve(held)
    assert User.objects.count() == 1
    assert not Message.objects.filter(topic="welcome").exists()


def test_what_somebody_waits_for_is_theirs(held: Gate) -> None:
    """The username is told to be taken; the address is not: its owner hears that they wait."""
    browser = new_browser(CHROME)
    assert "username" in register(browser, username="DORA", email="d@example.net").context["form"].errors
    assert register(browser, username="dora2", email=ADDRESS.upper()).status_code == 302
    assert Message.objects.filter(topic="registration_waiting").count() == 2
    assert Message.objects.filter(topic="registration_code").count() == 1


# At the sign-in page


@pytest.mark.parametrize("identifier", ["dora", "DORA", ADDRESS])
def test_the_right_password_tells_that_approval_is_pending(held: Gate, identifier: str) -> None:
    """By the username or the address; nobody is signed in."""
    browser = new_browser()
    answer = try_to_sign_in(identifier, PASSPHRASE, browser)
    assert (answer.status_code, STILL in words(answer)) == (200, True)
    assert browser.get("/myaccount/").status_code == 302


def test_a_wrong_password_tells_nothing(held: Gate, alice: User) -> None:
    """Security 1: the same reply as for anybody else, and for nobody."""
    replies = [try_to_sign_in(name, "a guess of somebody") for name in ("dora", "alice", "nobody")]
    pages = {
        "\n".join(line for line in words(r).replace(name, "NAME").splitlines() if "csrfmiddlewaretoken" not in line)
        for r, name in zip(replies, ("dora", "alice", "nobody"), strict=True)
    }
    assert {r.status_code for r in replies} == {422}
    assert len(pages) == 1


def test_it_is_the_same_work_for_everybody(held: Gate, alice: User, settings: Any, count_queries: Any) -> None:
    """Security 2: one hash, and as many queries, for somebody who waits, a person, and nobody."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    Registration.objects.update(password="")
    alice.set_password(PASSPHRASE)
    alice.save()
    Registration.objects.update(password=alice.password)
    hashes, queries = [], []
    for name in ("dora", "alice", "nobody"):
        before = CountingPasswordHasher.calls
        queries.append(count_queries(lambda name=name: try_to_sign_in(name, "a guess of somebody")))
        hashes.append(CountingPasswordHasher.calls - before)
    assert hashes == [1, 1, 1]
    assert len(set(queries)) == 1, queries


def test_guesses_at_somebody_who_waits_are_counted_under_one_name(held: Gate) -> None:
    """Security 3, 4: five from one place, whether username or address was given; then the right one waits, too."""
    for name in ("dora", ADDRESS, "DORA", ADDRESS.upper(), "dora"):
        try_to_sign_in(name, "a guess of somebody")
    for name in ("dora", ADDRESS):
        answer = try_to_sign_in(name, PASSPHRASE)
        assert (answer.status_code, STILL in words(answer)) == (422, False)
    assert AttemptBudget.objects.filter(key__startswith="account:nobody-").count() == 1


def test_an_account_of_the_same_name_comes_first(held: Gate) -> None:
    make_person("dora", email="", password="another quiet wooden lantern")
    assert STILL not in words(try_to_sign_in("dora", PASSPHRASE))
    sign_in(new_browser(CHROME), "dora", "another quiet wooden lantern")


def test_who_has_not_proven_their_address_is_nobody_yet(browser: Client) -> None:
    allow()
    register(browser)
    answer = try_to_sign_in("dora", PASSPHRASE)
    assert (answer.status_code, STILL in words(answer)) == (422, False)
