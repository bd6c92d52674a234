"""Signing in: one answer for every failure, one count for every spelling, one new session for every success."""

from __future__ import annotations

import re
import statistics
import time
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.limits.models import AttemptBudget
from myaccount.outbox.models import Message
from myaccount.users.models import User
from security import pending
from security.sign_in import stages
from sessions_app.models import BrowserSession, EndReason, LoginSession
from tests.support.addresses import addresses
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.hashers import CountingPasswordHasher
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, PASSPHRASE, make_person

VOLATILE = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"|name="identifier" value="[^"]*"')
WRONG = "not the password at all"


def try_in(client: Client, identifier: str = "alice", password: str = WRONG, **form: str) -> Any:
    return client.post(SIGN_IN, {"identifier": identifier, "password": password, **form})


def earlier_failures(key: str, count: int) -> None:
    """As if that many guesses had been made a moment ago."""
    AttemptBudget.objects.create(key=key, failures=count, last_attempt_at=timezone.now())


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/myaccount/").status_code == 200)


def reply(response: Any) -> tuple[int, bytes, dict[str, str], dict[str, dict[str, Any]]]:
    """All of an answer that somebody outside sees, without what differs each time."""
    cookies = {name: dict(morsel, value="") for name, morsel in response.cookies.items()}
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    return response.status_code, VOLATILE.sub(b"", response.content), headers, cookies


# One answer


def test_every_failure_gets_the_same_answer(alice: User, settings: Settings, time_machine: Any) -> None:
    """Security 1: unknown, wrong, disabled, without password, locked by our limits, locked by axes."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)  # cookies say when they end, to the second
    make_person("disabled", is_active=False)
    make_person("unusable", password=None)
    make_person("victim")
    wrong = reply(try_in(new_browser()))
    assert wrong[0] == 422
    assert wrong == reply(try_in(new_browser(), "nobody"))
    assert wrong == reply(try_in(new_browser(), "disabled", PASSPHRASE))
    assert wrong == reply(try_in(new_browser(), "disabled"))
    assert wrong == reply(try_in(new_browser(), "unusable"))
    assert wrong == reply(try_in(new_browser(), "unusable", "!"))
    for _ in range(5):
        try_in(new_browser(), "victim")
    assert wrong == reply(try_in(new_browser(), "victim"))
    assert wrong == reply(try_in(new_browser(), "victim", PASSPHRASE))
    settings.AXES_FAILURE_LIMIT = 1
    elsewhere = "198.51.100.20"
    try_in(new_browser(address=elsewhere), "victim")
    assert wrong == reply(try_in(new_browser(address=elsewhere), "victim", PASSPHRASE))
    assert not LoginSession.objects.exists()


def test_a_failed_try_keeps_what_was_typed_but_never_the_password(alice: User) -> None:
    page = try_in(new_browser(), "ALICE").content.decode()
    assert 'value="ALICE"' in page
    assert WRONG not in page


@pytest.mark.parametrize(("identifier", "password"), [("", "x"), ("alice", ""), ("", ""), ("  ", "x")])
def test_an_empty_field_is_named_and_counts_against_nobody(alice: User, identifier: str, password: str) -> None:
    """axes#261: an empty name locked everybody out."""
    for _ in range(7):
        response = try_in(new_browser(), identifier, password)
        assert response.status_code == 422
        assert "Enter your" in response.content.decode()
    assert not AttemptBudget.objects.exists()
    assert not AccessAttempt.objects.exists()


def test_every_failure_costs_the_same_work(alice: User, settings: Settings) -> None:
    """Security 2: one hash and as many queries, whoever it is."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    make_person("counted")
    make_person("disabled", is_active=False)
    make_person("unusable", password=None)
    work = set()
    for name in ("counted", "nobody", "disabled", "unusable"):
        browser = new_browser(address="198.51.100.77")
        AttemptBudget.objects.all().delete()
        AccessAttempt.objects.all().delete()
        before = CountingPasswordHasher.calls
        with CaptureQueriesContext(connection) as queries:
            try_in(browser, name)
        work.add((CountingPasswordHasher.calls - before, len(queries)))
    assert len(work) == 1
    assert work.pop()[0] == 1


def test_every_failure_takes_the_same_time(db: None, settings: Settings) -> None:
    """Security 2: with the real hash, medians of interleaved tries within 10 %; time of this process only."""
    settings.PASSWORD_HASHERS = ["myaccount.users.hashers.PortalArgon2PasswordHasher"]
    make_person("known")
    make_person("unusable", password=None)
    names = ["known", "nobody", "unusable"]

    def spread() -> float:
        taken: dict[str, list[float]] = {name: [] for name in names}
        for round_ in range(9):
            for name in names:
                AttemptBudget.objects.all().delete()
                browser = new_browser(address=f"198.51.100.{round_}")
                start = time.process_time()
                try_in(browser, name)
                taken[name].append(time.process_time() - start)
        medians = [statistics.median(times) for times in taken.values()]
        return max(medians) / min(medians)

    assert any(spread() < 1.1 for _ in range(5))  # a real difference would show each time


# One count


@pytest.mark.django_db(transaction=True)
def test_thirty_parallel_guesses_are_evaluated_five_times(settings: Settings) -> None:
    """Security 3, 4, 56: in as many spellings of name and address."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    make_person()
    spellings = ["alice", "ALICE", " Alice", "ａｌｉｃｅ", "alice@example.org", "Alice@EXAMPLE.org"]
    before = CountingPasswordHasher.calls
    results = in_parallel(lambda n: try_in(new_browser(), spellings[n % 6], f"guess {n}").status_code, 30)
    assert results == [422] * 30
    assert CountingPasswordHasher.calls - before == 5
    assert Event.objects.filter(kind=EventKind.SIGN_IN_FAILED).count() == 5


@pytest.mark.django_db(transaction=True)
def test_thirty_parallel_guesses_with_the_right_one_last_do_not_get_in(settings: Settings) -> None:
    """Security 3: after the cap not even the right password is looked at."""
    make_person()
    in_parallel(lambda n: try_in(new_browser(), "alice", f"guess {n}").status_code, 10)
    assert try_in(new_browser(), "alice", PASSPHRASE).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_a_person_signs_in_in_many_tabs_at_once() -> None:
    """The right password is never held against anybody."""
    make_person()
    owner = sign_in(new_browser())

    def again(number: int) -> int:
        browser = new_browser()
        browser.cookies["known"] = owner.cookies["known"].value
        return int(try_in(browser, "alice", PASSPHRASE).status_code)

    assert in_parallel(again, 6) == [302] * 6
    assert LoginSession.objects.filter(ended_at=None).count() == 7


@pytest.mark.parametrize(
    "spellings",
    [
        ["alice", "Alice", "ALICE", "aLiCe", "alicE"],
        ["alice", "alice@example.org", "ALICE@example.org", " alice ", "ａｌｉｃｅ"],
        ["nobody", "NOBODY", " nobody", "nobody\u00a0", "ｎobody"],
    ],
)
def test_spellings_share_one_count(alice: User, spellings: list[str], settings: Settings) -> None:
    """Security 4: of people and of names nobody has."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    for spelling in spellings:
        try_in(new_browser(), spelling)
    before = CountingPasswordHasher.calls
    try_in(new_browser(), spellings[0])
    assert CountingPasswordHasher.calls == before


def test_a_network_is_one_place(alice: User, settings: Settings) -> None:
    """Security 3: the addresses of one household's IPv6 network count together."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    for number in range(5):
        try_in(new_browser(address=f"2001:db8:0:7::{number:x}"))
    before = CountingPasswordHasher.calls
    try_in(new_browser(address="2001:db8:0:7:ffff::1"))
    assert CountingPasswordHasher.calls == before
    try_in(new_browser(address="2001:db8:0:8::1"))
    assert CountingPasswordHasher.calls == before + 1


def test_an_account_guessed_at_from_everywhere_is_guarded_as_a_whole(alice: User, settings: Settings) -> None:
    """Security 3."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    before = CountingPasswordHasher.calls
    for number in range(35):
        try_in(new_browser(address=f"198.51.{number}.1"))
    assert CountingPasswordHasher.calls - before == 30


def test_a_network_that_guesses_at_everybody_is_slowed_down(db: None, settings: Settings) -> None:
    """Security 3: one guess at each of many names."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    earlier_failures("network:192.0.2.10", 57)
    before = CountingPasswordHasher.calls
    for number in range(6):
        try_in(new_browser(), f"name{number}")
    assert CountingPasswordHasher.calls - before == 3


def test_the_pause_ends_by_itself(alice: User, time_machine: Any) -> None:
    """Security 5: back-off, at most an hour, never permanent."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    for _ in range(5):
        try_in(new_browser())
    assert try_in(new_browser(), "alice", PASSPHRASE).status_code == 422
    time_machine.shift(60)
    assert try_in(new_browser(), "alice", PASSPHRASE).status_code == 302


def test_however_many_failures_an_hour_is_enough(alice: User, time_machine: Any) -> None:
    """Security 5: axes' own lock ends in that time, too."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    for _ in range(25):  # each is evaluated, so axes' limit of 20 is passed as well
        try_in(new_browser())
        time_machine.shift(3601)
    for _ in range(10):
        try_in(new_browser())
    time_machine.shift(3601)
    assert try_in(new_browser(), "alice", PASSPHRASE).status_code == 302


# Nobody locks the owner out


@pytest.mark.parametrize("address", ["192.0.2.10", "203.0.113.50"])
def test_the_owner_passes_from_a_known_browser_whatever_strangers_do(
    alice: User, settings: Settings, address: str
) -> None:
    """Security 5: also from the stranger's own network, and also where axes has locked it."""
    owner = sign_in(new_browser(address=address))
    owner.post("/myaccount/sign-out/")
    settings.AXES_FAILURE_LIMIT = 3
    for number in range(45):
        try_in(new_browser(address="203.0.113.50" if number < 10 else f"198.51.{number}.1"))
    assert try_in(new_browser(address=address), "alice", PASSPHRASE).status_code == 422
    assert AccessAttempt.objects.filter(failures_since_start__gte=3).exists()
    assert try_in(owner, "alice", PASSPHRASE).status_code == 302


def test_a_known_browser_has_a_limit_of_its_own(alice: User, settings: Settings) -> None:
    """Security 3: the cookie is no way round the count."""
    owner = sign_in(new_browser())
    owner.post("/myaccount/sign-out/")
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    for number in range(10):
        try_in(owner, "alice", f"guess {number}")
    before = CountingPasswordHasher.calls
    try_in(owner, "alice", "one more")
    assert CountingPasswordHasher.calls == before


def test_a_known_browser_is_known_for_its_own_people_only(alice: User, bob: User, settings: Settings) -> None:
    """Security 5: signing in to one's own account opens no second budget for another's."""
    mallory = sign_in(new_browser(), "bob")
    for _ in range(5):
        try_in(mallory)
    assert try_in(mallory, "alice", PASSPHRASE).status_code == 422


@pytest.mark.parametrize("cookie", ["", "x", "a:b:c", "é" * 10, "x" * 5000, "\x00", '"\\000"'])
def test_a_forged_cookie_makes_no_browser_known(alice: User, cookie: str) -> None:
    """Security 5, 90."""
    browser = new_browser()
    browser.cookies["known"] = cookie
    for _ in range(5):
        try_in(browser)
    assert try_in(browser, "alice", PASSPHRASE).status_code == 422


def test_at_most_five_people_are_remembered_and_by_no_name(db: None) -> None:
    browser = new_browser()
    for number in range(7):
        make_person(f"person{number}")
        sign_in(browser, f"person{number}")
    content = signing.loads(browser.cookies["known"].value, salt="security.known-browser")
    newest = [str(User.objects.get(username=f"person{number}").uuid) for number in (6, 5, 4, 3, 2)]
    assert content["people"] == newest
    assert set(content) == {"id", "people"}


def test_ones_own_success_does_not_clear_what_ones_network_did(alice: User, bob: User, settings: Settings) -> None:
    """Security 8: guess at everybody, sign in oneself, go on guessing: no."""
    earlier_failures("network:192.0.2.10", 59)
    sign_in(new_browser(), "bob")
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    before = CountingPasswordHasher.calls
    for number in range(5):
        try_in(new_browser(), f"other{number}")
    assert CountingPasswordHasher.calls - before == 1


def test_ones_own_success_is_not_held_against_ones_network(alice: User) -> None:
    """An office full of people who sign in is no attack."""
    earlier_failures("network:192.0.2.10", 58)
    for _ in range(5):
        sign_in(new_browser())
    assert AttemptBudget.objects.get(key="network:192.0.2.10").failures == 58


# Other doors


def test_what_is_locked_or_disabled_is_so_at_every_door(alice: User) -> None:
    """Security 6: the sign-in page of the administration is the portal's."""
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    for _ in range(5):
        try_in(new_browser())
    browser = new_browser()
    assert browser.get("/admin/", follow=True).request["PATH_INFO"] == SIGN_IN
    assert browser.post("/admin/login/", {"username": "alice", "password": PASSPHRASE}).status_code == 302
    assert try_in(browser, "alice", PASSPHRASE, next="/admin/").status_code == 422
    assert not LoginSession.objects.exists()


# A new session


def test_signing_in_changes_the_key_and_kills_the_old_one(alice: User) -> None:
    """Security 9: a session an attacker planted is not the one that is signed in."""
    attacker, victim = new_browser(), new_browser()
    planted = attacker.session
    planted["planted"] = True
    planted.save()
    victim.cookies["session"] = attacker.cookies["session"] = planted.session_key or ""
    sign_in(victim)
    assert victim.cookies["session"].value != planted.session_key
    assert is_signed_in(victim)
    assert not is_signed_in(attacker)
    assert not BrowserSession.objects.filter(session_key=planted.session_key).exists()


def test_confirming_changes_the_key_and_kills_the_old_one(alices: Client) -> None:
    """Security 9."""
    before = alices.cookies["session"].value
    alices.post("/myaccount/confirm/", {"password": PASSPHRASE})
    assert alices.cookies["session"].value != before
    thief = new_browser()
    thief.cookies["session"] = before
    assert is_signed_in(alices)
    assert not is_signed_in(thief)


def test_another_person_in_the_same_browser_gets_another_session(alices: Client, bob: User) -> None:
    """Security 21: and the first one is over, with nothing of it left."""
    first, cookie = LoginSession.objects.get(), alices.cookies["session"].value
    session = alices.session
    session["of alice"] = "something"
    session.save()
    sign_in(alices, "bob")
    second = LoginSession.objects.get(user=bob)
    assert second.uuid != first.uuid
    first.refresh_from_db()
    assert first.end_reason == EndReason.REPLACED
    assert "of alice" not in alices.session
    old = new_browser()
    old.cookies["session"] = cookie
    assert not is_signed_in(old)
    assert "bob" in alices.get("/myaccount/").content.decode()


def test_the_same_person_signing_in_again_gets_another_session_too(alices: Client, alice: User) -> None:
    """Security 21."""
    sign_in(alices)
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1
    assert LoginSession.objects.filter(user=alice, end_reason=EndReason.REPLACED).count() == 1


def test_a_sign_in_tells_where_when_and_how(alice: User) -> None:
    sign_in(new_browser(CHROME, address="2001:db8::7"))
    row = LoginSession.objects.get()
    assert (row.browser, row.operating_system, row.ip, row.methods) == ("Chrome", "Linux", "2001:db8::7", ["pwd"])
    event = Event.objects.get(kind=EventKind.SIGNED_IN)
    assert (event.user_uuid, event.session_uuid, event.ip) == (alice.uuid, row.uuid, "2001:db8::7")


def test_a_failure_is_an_event_of_the_person_or_of_nobody(alice: User) -> None:
    try_in(new_browser())
    try_in(new_browser(), "nobody")
    people = Event.objects.filter(kind=EventKind.SIGN_IN_FAILED).values_list("user_uuid", flat=True)
    assert list(people.order_by("id")) == [alice.uuid, None]
    assert "nobody" not in str(list(Event.objects.values()))


def test_a_browser_not_seen_before_is_told_by_mail_from_the_second_on(alice: User) -> None:
    first = sign_in(new_browser())
    assert not Message.objects.exists()
    sign_in(first)
    assert not Message.objects.exists()
    sign_in(new_browser(CHROME, address="198.51.100.9"))
    message = Message.objects.get()
    assert (message.topic, message.recipient) == ("new_sign_in", "alice@example.org")
    assert "Chrome on Linux" in message.text
    assert "198.51.100.9" in message.text


def test_axes_keeps_no_secret_and_no_name(alice: User) -> None:
    """Security 90."""
    browser = new_browser()
    browser.post(f"{SIGN_IN}?next=/myaccount/%3Ftoken=sesame", {"identifier": "alice", "password": WRONG, "next": "/x"})
    stored = str(list(AccessAttempt.objects.values()))
    assert str(alice.uuid) in stored
    for secret in (WRONG, "alice", "sesame"):
        assert secret not in stored


# Between the stages


@pytest.fixture
def half_signed_in(alice: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser whose person has shown the password where another stage follows."""
    never = stages.Stage("second", "signed-out", lambda situation: False)
    monkeypatch.setattr(stages, "STAGES", (stages.FIRST_FACTOR, never))
    browser = new_browser()
    response = try_in(browser, "alice", PASSPHRASE, next="/myaccount/security/")
    assert response["Location"] == reverse("signed-out")
    return browser


def test_half_a_sign_in_holds_who_when_and_how_only(half_signed_in: Client, alice: User) -> None:
    """Security 10."""
    session = dict(half_signed_in.session.items())
    kept = session.pop("pending_sign_in")
    assert session == {}
    assert kept.pop("at") == pytest.approx(time.time(), abs=30)
    flags = ("is_known_browser", "is_trusted_browser", "wants_trust", "has_postponed")
    assert [kept.pop(flag) for flag in flags] == [False] * 4
    assert [kept.pop(of_others) for of_others in ("switched_from", "proven_at", "came_by")] == ["", None, {}]
    who = {"user_uuid": str(alice.uuid), "methods": ["password"], "next": "/myaccount/security/", "stage": "second"}
    assert kept == who
    assert not LoginSession.objects.exists()


def test_half_a_sign_in_opens_nothing(half_signed_in: Client) -> None:
    """Security 10, 52."""
    private = [a for a in addresses() if hasattr(a.view, "requires_sign_in") or a.path.startswith("/admin/")]
    assert len(private) > 30
    for address in private:
        for answer in (half_signed_in.get(address.path), half_signed_in.post(address.path)):
            assert answer.status_code in (302, 307, 405), address
            if answer.status_code != 405:
                assert answer["Location"].split("?")[0] in (
                    SIGN_IN,
                    "/admin/",
                    "/myaccount/sign-out/",
                    "/myaccount/security/change-password/edit/",
                )


@pytest.mark.parametrize("why", ["too old", "from the future", "password changed", "disabled", "deleted", "garbage"])
def test_half_a_sign_in_dies(half_signed_in: Client, alice: User, time_machine: Any, why: str) -> None:
    """Security 10: at most ten minutes, and with the password or the account."""
    now = timezone.now()
    session = half_signed_in.session
    assert pending.load(session, now=now) is not None
    if why == "too old":
        now += timedelta(minutes=10)
    elif why == "from the future":
        now -= timedelta(minutes=1)
    elif why == "password changed":
        User.objects.update(password_changed_at=now)
    elif why == "disabled":
        User.objects.update(is_active=False)
    elif why == "deleted":
        alice.delete()
    else:
        session["pending_sign_in"] = {"user_uuid": "x", "at": "y", "what": 1}
    assert pending.load(session, now=now) is None


@pytest.mark.parametrize(
    "kept", [None, "x", [], {}, {"user_uuid": "not a uuid", "at": 0.0}, {"user_uuid": 1, "at": "x"}]
)
def test_unreadable_state_starts_over(db: None, kept: Any) -> None:
    """Security 10."""
    session = new_browser().session
    session["pending_sign_in"] = kept
    assert pending.load(session, now=timezone.now()) is None
