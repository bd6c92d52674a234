"""Changing one's password: every rule, one at a time, and what follows from it."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.limits.models import AttemptBudget
from myaccount.outbox.models import Message
from myaccount.users.hashers import PortalArgon2PasswordHasher
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from security.models import PastPassword
from security.password.validators import (
    BreachedPasswordValidator,
    CommonValidator,
    LengthValidator,
    WordsValidator,
    is_listed,
)
from sessions_app.models import EndReason, LoginSession
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.hashers import CountingPasswordHasher
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, PASSPHRASE, make_person
from tests.web.test_errors import words_of

CHANGE = "/myaccount/security/change-password/"
NEW = "eleven loud copper trumpets"


def change(client: Client, new: str = NEW, *, current: str = PASSPHRASE, again: str | None = None) -> Any:
    form = {"current_password": current, "new_password": new, "confirm_new_password": new if again is None else again}
    return client.post(CHANGE, form)


def code_of(validator: Any, password: str, user: User | None = None) -> str:
    """Why it is refused; empty when it is not."""
    try:
        validator.validate(password, user)
    except ValidationError as refusal:
        return refusal.code or "no code"
    return ""


# The rules


@pytest.mark.parametrize(
    ("password", "code"),
    [("x" * 14, "too_short"), ("x" * 15, ""), ("é" * 15, ""), ("x" * 64, ""), ("x" * 1000, ""), ("😀" * 15, "")],
)
def test_fifteen_characters_are_enough_and_a_thousand_not_too_many(password: str, code: str) -> None:
    """Security 32."""
    assert code_of(LengthValidator(), password) == code


@pytest.mark.parametrize(
    "password",
    [
        "alllowercaseletters",
        "1357924680864213579",
        "!!\"§$%&/()=?+*#'",
        "пароль из простых слов",
        "with spaces in between",
        "🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆",
    ],
)
def test_no_kind_of_character_is_demanded(alices: Client, password: str) -> None:
    """Security 32: no rules of composition."""
    assert change(alices, password).status_code == 302


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("password1234567", ""),  # not a common one itself; its words are judged by another rule
        ("passwordpassword", "common"),
        ("PASSWORDpassword", "common"),
        ("qwertyqwertyqwerty", "common"),
        ("123456789123456789", "common"),
        ("aaaaaaaaaaaaaaaaaa", "repetitive"),
        ("abababababababababab", "repetitive"),
        ("abcdabcdabcdabcd", "repetitive"),
        (PASSPHRASE, ""),
    ],
)
def test_what_many_people_use_is_refused(password: str, code: str) -> None:
    """Security 33."""
    assert code_of(CommonValidator(), password) == code


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("alice alice alice", "similar"),
        ("ALICE-liddell-2026!", "similar"),
        ("aliceliddellalice", "similar"),
        ("example.org-alice-1", "similar"),
        ("my-account-my-account", "context"),
        ("localhost-password", "context"),
        ("password1234567", "context"),
        ("acme portal 2026!!!", "context"),
        ("alice likes wooden lanterns", ""),
        (PASSPHRASE, ""),
    ],
)
def test_ones_own_names_and_the_sites_are_not_enough(alice: User, password: str, code: str) -> None:
    """Security 33: words of the person and of the place."""
    if "acme" in password:
        PortalSettings(product_name="Acme Portal").save()
    assert code_of(WordsValidator(), password, alice) == code


def test_what_was_seen_in_a_leak_is_refused(tmp_path: Path, settings: Settings) -> None:
    """Security 33."""
    leaked = ["one leaked passphrase", "two leaked passphrases", "drei geleakte Passwörter"]
    digests = sorted(hashlib.sha1(password.encode()).hexdigest().upper() for password in leaked)
    file = tmp_path / "leaked.txt"
    file.write_text("".join(f"{digest}:{number}\r\n" for number, digest in enumerate(digests)))
    settings.BREACHED_PASSWORDS_FILE = str(file)
    assert [code_of(BreachedPasswordValidator(), password) for password in leaked] == ["breached"] * 3
    assert code_of(BreachedPasswordValidator(), PASSPHRASE) == ""
    settings.BREACHED_PASSWORDS_FILE = ""
    assert code_of(BreachedPasswordValidator(), leaked[0]) == ""


@given(
    listed=st.sets(st.text(max_size=5), max_size=40),
    asked=st.text(max_size=5),
    ending=st.sampled_from(["\n", "\r\n", ":7\n"]),
)
def test_the_search_by_halving_finds_what_is_there_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, listed: set[str], asked: str, ending: str
) -> None:
    """Security 33."""
    listed = {text for text in listed if text.isprintable()}
    file = tmp_path_factory.getbasetemp() / "halving.txt"
    file.write_text("".join(sorted(hashlib.sha1(text.encode()).hexdigest().upper() + ending for text in listed)))
    asked = asked if asked.isprintable() else "x"
    assert is_listed(file, asked) == (asked in listed)
    assert all(is_listed(file, text) for text in listed)


@pytest.mark.parametrize("validator", [LengthValidator, CommonValidator, WordsValidator, BreachedPasswordValidator])
def test_every_rule_says_in_a_sentence_what_it_asks(validator: Any) -> None:
    assert validator().get_help_text().endswith(".")


# On the page


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("short", "It is too short: use at least 15 characters."),
        ("passwordpassword", "It is one of the passwords many people use."),
        ("alice alice alice", "It is too similar to your name, username or e-mail address."),
        (PASSPHRASE, "You have used it before."),
        ("x" * 1001, "It is too long: use at most 1000 characters."),
        ("", "Enter a new password."),
    ],
)
def test_the_reason_for_a_refusal_is_named(alices: Client, alice: User, new: str, reason: str) -> None:
    """Security 33."""
    page = change(alices, new)
    assert page.status_code == 422
    assert reason in words_of(page)
    alice.refresh_from_db()
    assert alice.check_password(PASSPHRASE)


def test_every_reason_is_named_at_once(alices: Client) -> None:
    """Security 33."""
    words = words_of(change(alices, "alicealice"))
    assert "too short" in words
    assert "too similar" in words


def test_nothing_typed_here_comes_back_in_the_page(alices: Client) -> None:
    """Security 20, 90."""
    page = change(alices, NEW, current="wrong-current-1", again="something-else-2").content.decode()
    for typed in (NEW, "wrong-current-1", "something-else-2"):
        assert typed not in page


def test_the_two_new_ones_have_to_be_the_same(alices: Client) -> None:
    assert "The two new passwords are not the same." in words_of(change(alices, again=NEW + "!"))


def test_a_new_password_typed_in_another_form_of_unicode_is_the_same(alices: Client, alice: User) -> None:
    """Security 32: NFC."""
    composed, decomposed = "sept lanternes ét\u00e9", "sept lanternes ét\u0065\u0301"
    assert change(alices, decomposed, again=composed).status_code == 302
    for spelling in (composed, decomposed):
        assert (
            new_browser().post("/myaccount/sign-in/", {"identifier": "alice", "password": spelling}).status_code == 302
        )


def test_spaces_around_a_password_belong_to_it(alices: Client, alice: User) -> None:
    """Security 32: compared as it was typed."""
    assert change(alices, f" {NEW} ").status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(f" {NEW} ")
    assert not alice.check_password(NEW)


# The current one


def test_the_current_password_is_asked_for_on_the_form_itself(alices: Client, alice: User) -> None:
    """Security 20, 34."""
    page = change(alices, current="not the current one")
    assert page.status_code == 422
    assert "That is not your current password." in words_of(page)
    alice.refresh_from_db()
    assert alice.check_password(PASSPHRASE)
    assert Event.objects.filter(kind=EventKind.PASSWORD_CHANGE_REFUSED, user_uuid=alice.uuid).count() == 1


def test_wrong_current_passwords_are_counted_and_stop_the_guessing(alices: Client, settings: Settings) -> None:
    """Security 3, 34."""
    for number in range(5):
        change(alices, current=f"guess {number}")
    settings.PASSWORD_HASHERS = [
        "tests.support.hashers.CountingPasswordHasher",
        "tests.support.hashers.FastPasswordHasher",
    ]
    page = change(alices)
    assert page.status_code == 422
    assert "too many tries" in words_of(page)


def test_guesses_here_and_at_the_confirmation_share_one_budget(alices: Client) -> None:
    """Security 34, 56."""
    for number in range(3):
        change(alices, current=f"guess {number}")
    for number in range(2):
        alices.post("/myaccount/confirm/", {"password": f"guess {number}"})
    assert "too many tries" in words_of(change(alices))
    assert "too many tries" in words_of(alices.post("/myaccount/confirm/", {"password": PASSPHRASE}))


def test_guesses_in_several_stolen_sessions_share_one_budget(alice: User) -> None:
    """Security 56: wherever the signed-in browsers are."""
    browsers = [sign_in(new_browser(address=f"198.51.100.{number}")) for number in range(6)]
    for number, browser in enumerate(browsers[:5]):
        change(browser, current=f"guess {number}")
    assert "too many tries" in words_of(change(browsers[5]))


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_of_the_current_password_are_evaluated_five_times(settings: Settings) -> None:
    """Security 3, 34, 56."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    make_person()
    owner = sign_in(new_browser())

    def guess(number: int) -> int:
        browser = new_browser()
        browser.cookies = owner.cookies
        if number % 2:
            return int(change(browser, current=f"guess {number}").status_code)
        return int(browser.post("/myaccount/confirm/", {"password": f"guess {number}"}).status_code)

    before = CountingPasswordHasher.calls
    assert in_parallel(guess, 20) == [422] * 20
    assert CountingPasswordHasher.calls - before == 5


def test_the_history_tells_nothing_to_somebody_without_the_current_password(alices: Client) -> None:
    """Security 34: no oracle for old passwords."""
    change(alices)
    for new in (PASSPHRASE, NEW, "never used by anybody"):
        words = words_of(change(alices, new, current="wrong"))
        assert "That is not your current password." in words
        assert "used it before" not in words


def test_the_last_few_passwords_are_refused_and_older_ones_are_forgotten(alices: Client, alice: User) -> None:
    """Security 34."""
    used = [PASSPHRASE, *(f"{number} loud copper trumpets" for number in "abcdefg")]
    for current, new in pairwise(used):
        assert change(alices, new, current=current).status_code == 302
    for recent in used[-6:]:
        assert "You have used it before." in words_of(change(alices, recent, current=used[-1]))
    assert PastPassword.objects.filter(user=alice).count() == 5
    assert change(alices, used[0], current=used[-1]).status_code == 302


def test_somebody_without_a_password_cannot_change_it_here(db: None) -> None:
    person = make_person()
    browser = sign_in(new_browser())
    person.set_unusable_password()
    person.save()
    assert browser.get("/myaccount/").status_code == 302  # what they signed in with is gone


# What follows


def test_a_change_is_told_written_down_and_dated(alices: Client, alice: User) -> None:
    """Security 35, 47."""
    assert change(alices)["Location"] == "/myaccount/security/#change-password"
    page = words_of(alices.get("/myaccount/security/"))
    assert "Your password was changed. Your other sessions were ended." in page
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert alice.password_changed_at is not None
    assert Event.objects.filter(kind=EventKind.PASSWORD_CHANGED, user_uuid=alice.uuid).count() == 1
    message = Message.objects.get(topic="password_changed")
    assert message.recipient == "alice@example.org"
    assert NEW not in message.text + message.html
    assert "Firefox on Windows" in message.text


def test_other_sessions_end_and_this_one_stays_with_a_new_key(alices: Client, alice: User) -> None:
    """Security 9, 19."""
    other = sign_in(new_browser(CHROME))
    here, cookie = alices.session["login_session"], alices.cookies["session"].value
    change(alices)
    assert alices.get("/myaccount/").status_code == 200
    assert alices.session["login_session"] == here
    assert alices.cookies["session"].value != cookie
    old = new_browser()
    old.cookies["session"] = cookie
    assert old.get("/myaccount/").status_code == 302
    assert other.get("/myaccount/").status_code == 302
    ended = LoginSession.objects.exclude(uuid=here).get()
    assert ended.end_reason == EndReason.PASSWORD_CHANGED


def test_a_password_changed_behind_a_sessions_back_ends_it(alices: Client, alice: User) -> None:
    """Security 18, 19: by whatever way."""
    person = User.objects.get(pk=alice.pk)
    person.set_password(NEW)
    person.save()
    assert alices.get("/myaccount/").status_code == 302
    assert LoginSession.objects.get().end_reason == EndReason.NO_LONGER_VALID


def test_the_new_password_counts_as_a_fresh_proof(alices: Client) -> None:
    """Security 20."""
    session = alices.session
    session["step_up_confirmed_at"] = 0
    session.save()
    change(alices)
    assert alices.get("/myaccount/security/sessions/terminate-all/").status_code == 200


def test_a_refused_change_changes_no_key_and_ends_no_session(alices: Client) -> None:
    other = sign_in(new_browser(CHROME))
    change(alices, "short")
    change(alices, current="wrong")
    assert other.get("/myaccount/").status_code == 200
    assert alices.get("/myaccount/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_is_made_and_told_once() -> None:
    """Security 35: a double click, or two tabs."""
    person = make_person()
    owner = sign_in(new_browser())

    def once(number: int) -> str:
        browser = new_browser()
        browser.cookies = owner.cookies
        answer = change(browser, f"{NEW} number {number}")
        return str(answer.headers.get("Location", answer.status_code))

    answers = in_parallel(once, 4)
    assert answers.count("/myaccount/security/#change-password") == 1, answers
    # A late one finds the session's key changed, and is asked to sign in.
    assert set(answers) <= {"/myaccount/security/#change-password", "422", "400", SIGN_IN}
    assert Message.objects.filter(topic="password_changed").count() == 1
    assert PastPassword.objects.filter(user=person).count() == 1
    person.refresh_from_db()
    assert any(person.check_password(f"{NEW} number {number}") for number in range(4))


def test_confirming_with_a_hash_of_other_parameters_keeps_the_session(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Security 35: making the hash anew must not sign the person out."""
    settings.PASSWORD_HASHERS = ["myaccount.users.hashers.PortalArgon2PasswordHasher"]
    person = make_person()
    browser = sign_in(new_browser())
    monkeypatch.setattr(PortalArgon2PasswordHasher, "time_cost", 1)  # the parameters change with an update
    before = person.password
    assert browser.post("/myaccount/confirm/", {"password": PASSPHRASE}).status_code == 302
    person.refresh_from_db()
    assert person.password != before
    assert browser.get("/myaccount/").status_code == 200
    monkeypatch.undo()
    assert change(browser, PASSPHRASE).status_code == 422  # used before
    assert browser.get("/myaccount/").status_code == 200


def test_success_makes_the_budget_whole_again(alices: Client) -> None:
    for number in range(4):
        change(alices, current=f"guess {number}")
    assert change(alices).status_code == 302
    assert not AttemptBudget.objects.filter(key__startswith="confirm:", failures__gt=0).exists()
