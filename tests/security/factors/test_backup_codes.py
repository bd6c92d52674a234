"""Backup codes: made together, shown once, each good once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_otp import verify_token
from hypothesis import given
from hypothesis import strategies as st
from time_machine import TimeMachineFixture

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users.models import User
from security.factors.backup_codes import services
from security.factors.models import BackupCode, BackupCodes, TotpDevice
from security.factors.selectors import enrolled
from security.policy.models import SignInPolicy
from tests.security.factors.support import CODES, codes_of, open_page, post, text_of, topics
from tests.support.browsing import make_stale
from tests.support.factors import add_app, add_codes
from tests.support.parallel import in_parallel
from tests.support.people import make_person

MAKE = f"{CODES}make/"
DOWNLOAD = f"{CODES}download/"
SECTION = "/myaccount/security/#multi-factor"


def burn(user: User, code: str) -> bool:
    return verify_token(user, codes_of(user).persistent_id, code) is not None


def shown_on(page: str) -> list[str]:
    return re.findall(r"<li>((?:[0-9a-z]{4} ){3}[0-9a-z]{4})</li>", page)


def replaced_by(page: str) -> str:
    found = re.search(r'name="replaces" value="(\d+)"', page)
    assert found, page
    return found.group(1)


@pytest.fixture
def owner(alice: User, alices: Client) -> Client:
    """Alice's browser: she has an app, and has just proven it."""
    add_app(alice)
    session = alices.session
    session["step_up_level"] = 2
    session.save()
    return alices


def make(client: Client) -> list[str]:
    """Make codes through the pages."""
    response = post(client, MAKE, replaces=replaced_by(open_page(client, MAKE)))
    assert (response.status_code, response["Location"]) == (302, CODES)
    return shown_on(open_page(client, CODES))


# Making


def test_ten_codes_are_made_and_told_of(alice: User, owner: Client) -> None:
    """Security 60, 61."""
    codes = make(owner)
    assert len(set(codes)) == services.HOW_MANY == 10
    assert enrolled(alice).codes_left == 10
    assert topics(alice)[-1] == "backup_codes_made"
    assert Event.objects.filter(kind=EventKind.BACKUP_CODES_MADE).count() == 1
    assert all(burn(alice, code) for code in codes)


def test_codes_are_long_and_have_no_look_alikes(alice: User) -> None:
    """Security 60: 16 characters of 5 bits are 80 bits."""
    add_app(alice)
    characters = "".join("".join(add_codes(alice)).replace(" ", "") for _ in range(20))
    assert len(characters) == 20 * 10 * 16
    assert set(characters) == set("0123456789abcdefghjkmnpqrstvwxyz")


def test_only_digests_are_kept(alice: User) -> None:
    """Security 60."""
    add_app(alice)
    codes = add_codes(alice)
    stored = str(list(BackupCode.objects.values())) + str(list(BackupCodes.objects.values()))
    for code in codes:
        assert code not in stored
        assert code.replace(" ", "") not in stored
    other = make_person("bob")
    add_app(other)
    add_codes(other)
    assert bytes(codes_of(alice).salt) != bytes(codes_of(other).salt)


def test_no_mail_or_event_tells_a_code(alice: User, owner: Client) -> None:
    """Security 60."""
    codes = make(owner)
    told = str(list(Message.objects.values())) + str(list(Event.objects.values()))
    assert not any(code in told or code.replace(" ", "") in told for code in codes)


def test_new_codes_kill_the_old_ones_and_the_page_says_so_first(alice: User, owner: Client) -> None:
    """Security 60."""
    old = make(owner)
    assert burn(alice, old[0])
    page = open_page(owner, MAKE)
    assert "Make new backup codes?" in page
    assert "The 9 codes you have left stop working." in page
    assert BackupCode.objects.filter(used_at=None).count() == 9, "asking changes nothing"
    new = make(owner)
    assert not any(burn(alice, code) for code in old)
    assert burn(alice, new[0])
    assert BackupCodes.objects.count() == 1


def test_a_form_sent_twice_makes_one_set(alice: User, owner: Client) -> None:
    replaces = replaced_by(open_page(owner, MAKE))
    post(owner, MAKE, replaces=replaces)
    codes = shown_on(open_page(owner, CODES))
    assert post(owner, MAKE, replaces=replaces)["Location"] == CODES
    assert shown_on(open_page(owner, CODES)) == codes
    assert topics(alice).count("backup_codes_made") == 1
    assert burn(alice, codes[0])


@pytest.mark.parametrize("replaces", ["", "x", "-1", "999"])
def test_a_form_that_is_not_ours_makes_none(owner: Client, replaces: str) -> None:
    assert post(owner, MAKE, replaces=replaces).status_code == 302
    assert not BackupCodes.objects.exists()


def test_there_are_none_without_another_factor(alice: User, alices: Client) -> None:
    """Security 60: they stand in for one."""
    for response in (alices.get(MAKE), alices.post(MAKE, {"replaces": "0"})):
        assert (response.status_code, response["Location"]) == (302, SECTION)
    with pytest.raises(services.NeedsAnotherFactor):
        add_codes(alice)
    assert not BackupCodes.objects.exists()


def test_what_the_policy_does_not_allow_is_not_there(owner: Client) -> None:
    SignInPolicy(allowed_methods=["totp"]).save()
    assert owner.get(MAKE).status_code == 404
    assert owner.post(MAKE, {"replaces": "0"}).status_code == 404


def test_everything_needs_fresh_proof_as_good_as_one_can_give(alice: User, alices: Client, owner: Client) -> None:
    """Security 53, 61."""
    make(owner)
    make_stale(owner)
    for path in (MAKE, CODES, DOWNLOAD):
        assert owner.get(path)["Location"].startswith("/myaccount/confirm/")
    session = owner.session
    session["step_up_confirmed_at"], session["step_up_level"] = timezone.now().timestamp(), 1
    session.save()
    for path in (MAKE, CODES, DOWNLOAD):
        assert owner.get(path)["Location"].startswith("/myaccount/confirm/"), "a password alone"


def test_nobody_else_gets_there(client: Client, db: None) -> None:
    for path in (MAKE, CODES, DOWNLOAD):
        assert client.get(path)["Location"].startswith("/myaccount/sign-in/")


# Showing


def test_they_are_shown_until_they_are_saved(owner: Client) -> None:
    """Security 60: once."""
    codes = make(owner)
    assert shown_on(open_page(owner, CODES)) == codes, "reloading loses nothing"
    response = post(owner, CODES)
    assert response.status_code == 422
    assert "Save the codes first" in text_of(response)
    assert shown_on(text_of(response)) == codes
    assert post(owner, CODES, saved="on")["Location"] == SECTION
    for again in (owner.get(CODES), owner.get(DOWNLOAD), owner.post(CODES, {"saved": "on"})):
        assert again["Location"] == SECTION
    assert "backup_codes_shown" not in owner.session


def test_after_ten_minutes_they_are_shown_no_more(owner: Client, time_machine: TimeMachineFixture) -> None:
    """Security 60."""
    time_machine.move_to(timezone.now(), tick=False)
    make(owner)
    time_machine.shift(timedelta(minutes=10))
    session = owner.session
    session["step_up_confirmed_at"] = timezone.now().timestamp()
    session.save()
    assert owner.get(CODES)["Location"] == SECTION
    assert owner.get(DOWNLOAD)["Location"] == SECTION


def test_codes_that_were_replaced_are_shown_no_more(alice: User, owner: Client) -> None:
    make(owner)
    add_codes(alice)
    assert owner.get(CODES)["Location"] == SECTION


def test_they_wait_encrypted_in_the_session(owner: Client) -> None:
    """Security 60."""
    codes = make(owner)
    kept = str(dict(owner.session))
    assert "backup_codes_shown" in kept
    assert not any(code in kept or code.replace(" ", "") in kept for code in codes)


def test_the_page_offers_to_copy_download_and_print(owner: Client) -> None:
    make(owner)
    page = open_page(owner, CODES)
    assert 'data-copy="#backup-codes"' in page
    assert f'href="{DOWNLOAD}"' in page
    assert "data-print" in page
    assert "style=" not in page


def test_the_file_has_the_codes_and_the_date_in_its_name(owner: Client, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(datetime(2026, 11, 22, 12, 0, tzinfo=UTC), tick=False)
    session = owner.session
    session["step_up_confirmed_at"] = timezone.now().timestamp()
    session.save()
    codes = make(owner)
    response = owner.get(DOWNLOAD)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="my-account-backup-codes-2026-11-22.txt"'
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    text = response.content.decode()
    assert [line for line in text.splitlines() if line in codes] == codes
    assert "alice" in text


# Using


def test_a_code_is_good_once(alice: User) -> None:
    """Security 60."""
    add_app(alice)
    code = add_codes(alice)[3]
    assert burn(alice, code)
    assert not burn(alice, code)
    assert enrolled(alice).codes_left == 9
    assert codes_of(alice).last_used_at is not None


def test_spaces_dashes_capitals_and_look_alikes_do_not_matter(alice: User) -> None:
    add_app(alice)
    for spell in (
        lambda code: code.replace(" ", ""),
        lambda code: code.replace(" ", "-").upper(),
        lambda code: f"  {code}\n",
        lambda code: code.replace("0", "O").replace("1", "l"),
    ):
        assert burn(alice, spell(add_codes(alice)[0]))


def test_the_whole_code_has_to_match(alice: User) -> None:
    """Security 60."""
    add_app(alice)
    codes = [code.replace(" ", "") for code in add_codes(alice)]
    code = codes[0]
    other = "0" if code[-1] != "0" else "1"
    for token in ("", code[:-1], code[1:], f"{code}0", code[:-1] + other, code + codes[1], "*" * 16, "%" * 16):
        assert not burn(alice, token)
    assert enrolled(alice).codes_left == 10


@given(st.text(max_size=40))
@pytest.mark.django_db
def test_whatever_is_typed_does_no_harm(text: str) -> None:
    assert not services.burn(BackupCodes(pk=1, salt=b"salt", confirmed=True), text)


def test_a_code_is_the_persons_own(alice: User, bob: User) -> None:
    for person in (alice, bob):
        add_app(person)
    code = add_codes(alice)[0]
    add_codes(bob)
    assert not burn(bob, code)
    assert verify_token(bob, codes_of(alice).persistent_id, code) is None
    assert burn(alice, code)


def test_codes_that_are_not_confirmed_prove_nothing(alice: User) -> None:
    """Security 59."""
    add_app(alice)
    code = add_codes(alice)[0]
    BackupCodes.objects.update(confirmed=False)
    assert not burn(alice, code)


# Many at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_by_library", [True, False])
def test_of_twenty_uses_of_a_code_at_once_one_wins(on_postgresql: None, is_by_library: bool) -> None:
    """Security 60: across threads, through django-otp and by the set itself."""
    alice = make_person("alice")
    add_app(alice)
    code = add_codes(alice)[0]
    results = in_parallel(lambda n: burn(alice, code) if is_by_library else codes_of(alice).verify_token(code), 20)
    assert results.count(True) == 1, results
    assert results.count(False) == 19, results
    assert enrolled(alice).codes_left == 9


@pytest.mark.django_db(transaction=True)
def test_making_many_times_at_once_makes_one_set(on_postgresql: None) -> None:
    """Security 60: what is shown is what works."""
    alice = make_person("alice")
    add_app(alice)

    def make_them(number: int) -> list[str]:
        return services.make(user=alice, replaces=0, origin=SYSTEM, now=timezone.now())

    results = in_parallel(make_them, 8)
    made = [result for result in results if isinstance(result, list)]
    assert len(made) == 1, results
    assert sum(isinstance(result, services.MadeMeanwhile) for result in results) == 7, results
    assert burn(alice, made[0][0])
    assert Message.objects.filter(topic="backup_codes_made").count() == 1


@pytest.mark.django_db(transaction=True)
def test_removing_the_other_factor_at_the_same_moment_leaves_no_codes_behind(on_postgresql: None) -> None:
    """Security 60: there are codes only beside another factor."""
    from security.factors.removal import remove

    alice = make_person("alice")
    device = add_app(alice)

    def act(number: int) -> object:
        if number:
            return services.make(user=alice, origin=SYSTEM, now=timezone.now())
        return remove(factor=TotpDevice.objects.get(pk=device.pk), origin=SYSTEM, now=timezone.now())

    in_parallel(act, 2)
    assert not TotpDevice.objects.exists()
    assert not BackupCodes.objects.exists()
