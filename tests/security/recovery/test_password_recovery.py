"""A forgotten password: proven, second factor, new password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import profile.contacts as contacts
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web import formats
from security.factors.models import TotpDevice
from security.password import services as passwords
from security.recovery import addresses, services, waiting
from security.recovery.models import Recovery, RecoveryAddress, WaitingRecovery
from security.recovery.steps import Way
from sessions_app.models import LoginSession
from tests.security.recovery.support import (
    CODE,
    FORGOT,
    NEW,
    NEW_PASSPHRASE,
    WAYS,
    ask,
    begin,
    code_of,
    link_of,
    newest,
    prove,
    run_jobs,
    set_new,
    turn_on,
)
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.factors import NUMBER, add_app, add_codes, add_sms
from tests.support.factors import code_of as app_code
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, PASSPHRASE, make_person

SECOND = f"{FORGOT}second-step/"


@pytest.fixture
def everything_on(db: None) -> None:
    turn_on()


def words(response: Any) -> str:
    return str(response.content.decode())


# Switches


def test_nothing_is_offered_until_an_administrator_turns_it_on(alice: User, browser: Client) -> None:
    assert "Forgot" not in words(browser.get(SIGN_IN))
    for path in (FORGOT, "/myaccount/forgot-username/"):
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"identifier": "alice", "email": "alice@example.org"}).status_code == 404
    assert "No Account Recovery options available" in words(sign_in(browser).get("/myaccount/security/"))


def test_what_is_on_is_offered_at_once(alice: User, browser: Client) -> None:
    turn_on(sms_recovery=False, question_recovery=False, username_recovery=False)
    assert "Forgot password?" in words(browser.get(SIGN_IN))
    begin(browser)
    page = words(browser.get(WAYS))
    assert 'value="email"' in page
    assert 'value="sms"' not in page
    assert browser.post(WAYS, {"way": "sms"}).status_code == 404


# By e-mail


def test_a_new_password_by_the_code_of_a_mail(alice: User, browser: Client, everything_on: None) -> None:
    """Security 19, 41, 47: sessions end, nobody is signed in, the person is told."""
    hers = sign_in(new_browser(CHROME))
    assert prove(browser)["Location"] == NEW
    assert set_new(browser)["Location"] == SIGN_IN
    assert hers.get("/myaccount/").status_code == 302
    assert browser.get("/myaccount/").status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW_PASSPHRASE)
    assert newest("account_recovered").recipient == "alice@example.org"
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {EventKind.RECOVERY_STARTED.value, EventKind.RECOVERY_DONE.value} <= kinds
    assert sign_in(browser, password=NEW_PASSPHRASE).get("/myaccount/").status_code == 200


def test_a_new_password_by_the_link_of_a_mail(alice: User, browser: Client, everything_on: None) -> None:
    """Security 42: the token leaves the address at once, and is used by POST."""
    ask(browser)
    path = link_of(newest())
    opened = browser.get(path)
    assert opened["Location"] == f"{FORGOT}link/"
    page = words(browser.get(f"{FORGOT}link/"))
    assert path.split("/")[-2] not in page
    assert browser.post(f"{FORGOT}link/")["Location"] == NEW
    assert set_new(browser)["Location"] == SIGN_IN


def test_the_link_works_in_the_browser_it_was_asked_for_in_only(
    alice: User, browser: Client, everything_on: None
) -> None:
    """Security 37, 40: and says what to do."""
    ask(browser)
    path = link_of(newest())
    other = new_browser(CHROME)
    other.get(path)
    assert "only in the browser where you asked for it" in words(other.get(f"{FORGOT}link/"))
    assert other.post(f"{FORGOT}link/").status_code == 422
    assert other.get(NEW)["Location"] == FORGOT


def test_a_newer_request_kills_the_older(alice: User, browser: Client, everything_on: None) -> None:
    """Security 37: by another name of the account as well."""
    ask(browser)
    old_code, old_link = code_of(newest()), link_of(newest())
    other = new_browser(CHROME)
    ask(other, identifier="ALICE@example.org")
    assert browser.post(CODE, {"code": old_code})["Location"] == FORGOT
    browser.get(old_link)
    assert browser.post(f"{FORGOT}link/").status_code == 422
    assert other.post(CODE, {"code": code_of(newest())})["Location"] == NEW


def test_a_new_code_kills_the_old_one(alice: User, browser: Client, everything_on: None, time_machine: Any) -> None:
    """Security 45."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    ask(browser)
    old = code_of(newest())
    browser.post(f"{CODE}resend/")
    run_jobs()
    assert Message.objects.filter(topic="recovery_code").count() == 1  # too soon
    time_machine.shift(61)
    browser.post(f"{CODE}resend/")
    run_jobs()
    assert Message.objects.filter(topic="recovery_code").count() == 2
    if code_of(newest()) != old:
        assert browser.post(CODE, {"code": old}).status_code == 422
    assert browser.post(CODE, {"code": code_of(newest())})["Location"] == NEW


def test_five_wrong_codes_are_enough(alice: User, browser: Client, everything_on: None) -> None:
    """Security 45."""
    ask(browser)
    right = code_of(newest())
    for number in range(5):
        assert browser.post(CODE, {"code": f"{(int(right) + 1 + number) % 10**6:06}"}).status_code == 422
    assert browser.post(CODE, {"code": right}).status_code == 422
    assert Event.objects.filter(kind=EventKind.RECOVERY_FAILED, user_uuid=alice.uuid).count() == 6


def test_codes_and_links_run_out(alice: User, browser: Client, time_machine: Any) -> None:
    """Security 37."""
    turn_on(link_minutes=30)
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    ask(browser)
    time_machine.shift(1800)
    assert browser.post(CODE, {"code": code_of(newest())})["Location"] == FORGOT


def test_only_digests_are_stored(alice: User, browser: Client, everything_on: None) -> None:
    """Security 37."""
    ask(browser)
    stored = str(list(Recovery.objects.values()))
    assert code_of(newest()) not in stored
    assert link_of(newest()).split("/")[-2] not in stored


def test_mail_goes_to_proven_addresses_as_they_are_stored(alice: User, browser: Client, everything_on: None) -> None:
    """Security 43: also to the recovery address."""
    RecoveryAddress.objects.create(user=alice, email="Spare@Example.net", verified_at=timezone.now())
    ask(browser, identifier="AlIcE@EXAMPLE.org")
    sent = set(Message.objects.filter(topic="recovery_code").values_list("recipient", flat=True))
    assert sent == {"alice@example.org", "Spare@Example.net"}


def test_nothing_is_sent_to_an_address_nobody_has_proven(browser: Client, everything_on: None) -> None:
    """Security 43."""
    make_person("carol", email_verified_at=None)
    ask(browser, identifier="carol")
    ask(new_browser(CHROME), identifier="carol@example.org")
    assert not Message.objects.exists()


def test_the_link_is_ours_whatever_the_request_says(alice: User, browser: Client, everything_on: None) -> None:
    """Security 39."""
    browser.post(FORGOT, {"identifier": "alice"}, headers={"x-forwarded-host": "evil.example"})
    browser.post(WAYS, {"way": "email"}, headers={"x-forwarded-host": "evil.example"})
    run_jobs()
    assert f"{settings.PUBLIC_URL}/myaccount/forgot-password/link/" in newest().text
    assert "evil" not in newest().text


# By SMS


def test_a_new_password_by_sms(alice: User, browser: Client, everything_on: None) -> None:
    alice.mobile, alice.mobile_verified_at = NUMBER, timezone.now()
    alice.save()
    assert prove(browser, "sms")["Location"] == NEW
    assert newest().channel == "sms"
    assert set_new(browser)["Location"] == SIGN_IN


def test_a_number_nobody_has_proven_gets_nothing(alice: User, browser: Client, everything_on: None) -> None:
    """Security 43."""
    alice.mobile = NUMBER
    alice.save()
    ask(browser, "sms")
    assert not Message.objects.exists()


# Who is known


@pytest.mark.parametrize("who", ["alice", "nobody", "dora", "carol", "no such@address", "\u0130", "x" * 254])
def test_every_reply_is_the_same(alice: User, everything_on: None, who: str) -> None:
    """Security 36: known, unknown, disabled, without a proven address."""
    make_person("dora", is_active=False)
    make_person("carol", email_verified_at=None)
    seen = []
    for identifier in ("alice", who):
        browser = new_browser()
        pages = [begin(browser, identifier), browser.get(WAYS), browser.post(WAYS, {"way": "email"}), browser.get(CODE)]
        pages.append(browser.post(CODE, {"code": "000000"}))
        run_jobs()
        seen.append([(page.status_code, page.get("Location"), _plain(page)) for page in pages])
    assert seen[0] == seen[1]


def _plain(page: Any) -> str:
    import re

    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", words(page))


@pytest.mark.parametrize("who", ["nobody", "dora"])
def test_every_reply_costs_the_same_queries(
    alice: User, everything_on: None, who: str, django_assert_num_queries: Any
) -> None:
    """Security 36: as much work for known and unknown people, and nothing waits for a mail server."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_person("dora", is_active=False)
    counts = []
    for identifier in ("alice", who):
        browser = new_browser()
        with CaptureQueriesContext(connection) as queries:
            begin(browser, identifier)
            browser.post(WAYS, {"way": "email"})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_too_many_requests_are_refused_alike(alice: User, browser: Client, everything_on: None) -> None:
    """Security 44: for known and unknown accounts."""
    for identifier in ("alice", "nobody"):
        answers = [begin(browser, identifier).status_code for _ in range(12)]
        assert answers[:10] == [302] * 10
        assert answers[-1] == 422


# Second factors


def test_a_reset_does_not_go_round_a_second_factor(alice: User, browser: Client, everything_on: None) -> None:
    """Security 41."""
    add_app(alice)
    assert prove(browser)["Location"] == SECOND
    assert browser.get(NEW)["Location"] == SECOND
    assert set_new(browser)["Location"] == SECOND
    assert browser.post(f"{SECOND}totp/", {"code": "000000"}).status_code == 422
    assert browser.post(f"{SECOND}totp/", {"code": app_code()})["Location"] == NEW
    assert set_new(browser)["Location"] == SIGN_IN
    assert TotpDevice.objects.filter(user=alice).exists()
    again = new_browser(CHROME)
    response = again.post(SIGN_IN, {"identifier": "alice", "password": NEW_PASSPHRASE})
    assert response["Location"] == "/myaccount/sign-in/second-step/"


def test_a_backup_code_is_a_second_proof(alice: User, browser: Client, everything_on: None) -> None:
    """Security 41."""
    add_app(alice)
    codes = add_codes(alice)
    prove(browser)
    assert browser.post(f"{SECOND}backup-code/", {"code": codes[0]})["Location"] == NEW


def test_the_number_a_code_came_to_is_no_second_proof_beside_itself(
    alice: User, browser: Client, everything_on: None
) -> None:
    """Security 41: two proofs, not one twice."""
    add_sms(alice)
    assert prove(browser, "sms")["Location"] == SECOND
    assert browser.get(SECOND)["Location"] == f"{SECOND}lost/"
    assert browser.get(NEW)["Location"] == SECOND
    assert browser.post(f"{SECOND}sms/send/").status_code == 404


# Order of steps


def test_no_step_can_be_skipped_or_swapped(alice: User, bob: User, everything_on: None) -> None:
    """Security 40."""
    fresh = new_browser()
    assert fresh.get(SECOND)["Location"] == FORGOT
    for path in (WAYS, CODE, NEW, f"{SECOND}totp/", f"{SECOND}lost/", f"{FORGOT}questions/"):
        assert fresh.get(path)["Location"] == FORGOT
        assert fresh.post(path, {"code": "1", "way": "email", "new_password": "x"})["Location"] == FORGOT
    begun = new_browser()
    begin(begun)
    assert begun.get(NEW)["Location"] == WAYS
    assert begun.get(SECOND)["Location"] == WAYS
    assert begun.post(CODE, {"code": ""})["Location"] == WAYS
    assert begun.post(CODE, {"code": "000000"})["Location"] == WAYS
    begun.post(WAYS, {"way": "email"})
    run_jobs()
    assert begun.post(CODE, {"code": ""}).status_code == 422
    other = new_browser(CHROME)
    ask(other, identifier="bob")
    assert begun.post(CODE, {"code": code_of(newest())}).status_code == 422
    assert set_new(begun)["Location"] == WAYS
    bob.refresh_from_db()
    assert bob.check_password(PASSPHRASE)


def test_a_finished_recovery_is_over(alice: User, browser: Client, everything_on: None) -> None:
    """Security 38, 40."""
    prove(browser)
    set_new(browser)
    assert set_new(browser, "eleven silver singing kettles")["Location"] == FORGOT
    alice.refresh_from_db()
    assert alice.check_password(NEW_PASSPHRASE)


def test_a_disabled_account_is_not_recovered(alice: User, browser: Client, everything_on: None) -> None:
    """Security 6, 18."""
    prove(browser)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert set_new(browser)["Location"] == FORGOT
    alice.refresh_from_db()
    assert alice.check_password(PASSPHRASE)


@pytest.mark.parametrize("change", ["password", "email", "mobile", "recovery address"])
def test_a_change_of_what_opens_the_account_ends_what_is_under_way(
    alice: User, browser: Client, everything_on: None, change: str
) -> None:
    """Security 19: a thief who has proven the account by an old address gets no further."""
    RecoveryAddress.objects.create(user=alice, email="spare@example.net", verified_at=timezone.now())
    assert prove(browser)["Location"] == NEW
    assert browser.get(NEW).status_code == 200
    now = timezone.now()
    if change == "password":
        passwords.replace(user=alice, new=NEW_PASSPHRASE, origin=SYSTEM, now=now, keep=None)
    elif change == "recovery address":
        addresses.remove(user=alice, origin=SYSTEM, now=now)
    else:
        kind, value = (contacts.EMAIL, "new@example.org") if change == "email" else (contacts.MOBILE, NUMBER)
        contacts.set_without_proof(user=alice, kind=kind, value=value, origin=SYSTEM, now=now)
    assert browser.get(NEW)["Location"] == FORGOT
    assert Recovery.objects.get().ended_at == now


def test_a_message_speaks_the_language_of_the_page_it_was_asked_for_on(alice: User, everything_on: None) -> None:
    """For people who have chosen none: the job has no page of its own."""
    browser = new_browser()
    browser.cookies["language"] = "en-xa"
    ask(browser)
    assert "⟦" in newest().subject


def test_a_bad_password_costs_nothing(alice: User, browser: Client, everything_on: None) -> None:
    """Security 32, 33."""
    prove(browser)
    for bad in ("short", PASSPHRASE, "passwordpassword"):
        assert set_new(browser, bad).status_code == 422
    assert browser.post(NEW, {"new_password": NEW_PASSPHRASE, "confirm_new_password": "x"}).status_code == 422
    assert set_new(browser)["Location"] == SIGN_IN


@pytest.mark.django_db(transaction=True)
def test_one_of_twenty_parallel_uses_wins(on_postgresql: None) -> None:
    """Security 38: the code, and the password it leads to."""
    alice = make_person()
    turn_on()
    browser = new_browser()
    ask(browser)
    recovery, now = Recovery.objects.select_related("user").get(), timezone.now()
    results = in_parallel(lambda _: services._accept(Recovery.objects.get(pk=recovery.pk), Way.EMAIL), 20)
    assert sum(result is None for result in results) == 1
    recovery.refresh_from_db()
    passwords = [f"number {n} of twenty kettles singing" for n in range(20)]
    results2 = in_parallel(
        lambda n: services.set_password(recovery=recovery, new=passwords[n], origin=SYSTEM, now=now), 20
    )
    assert sum(isinstance(result, User) for result in results2) == 1
    alice.refresh_from_db()
    assert sum(alice.check_password(password) for password in passwords) == 1
    assert Event.objects.filter(kind=EventKind.RECOVERY_DONE).count() == 1


# Lost every second factor


def test_who_has_lost_everything_waits_and_everybody_is_told(
    alice: User, browser: Client, everything_on: None, time_machine: Any
) -> None:
    """Security 41: nothing goes round a second factor at once."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    add_app(alice)
    alice.mobile, alice.mobile_verified_at = NUMBER, timezone.now()
    alice.save()
    RecoveryAddress.objects.create(user=alice, email="spare@example.net", verified_at=timezone.now())
    prove(browser)
    assert "24 hours" in words(browser.get(f"{SECOND}lost/"))
    assert "23 Nov 2026" in words(browser.post(f"{SECOND}lost/"))
    told = set(Message.objects.filter(topic="recovery_waiting").values_list("recipient", flat=True))
    assert told == {"alice@example.org", "spare@example.net", NUMBER}
    assert browser.get(NEW)["Location"] == SECOND
    time_machine.shift(timedelta(hours=24))
    again = new_browser(CHROME)
    assert prove(again)["Location"] == NEW
    assert set_new(again)["Location"] == SIGN_IN
    assert not TotpDevice.objects.exists()
    assert not WaitingRecovery.objects.exists()
    assert newest("factor_removed").recipient == "alice@example.org"


def test_a_wait_nobody_uses_ends_after_a_week(
    alice: User, browser: Client, everything_on: None, time_machine: Any
) -> None:
    """Security 41: an old permission does not lie about."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    add_app(alice)
    prove(browser)
    browser.post(f"{SECOND}lost/")
    time_machine.shift(timedelta(days=8, seconds=1))
    assert prove(new_browser(CHROME))["Location"] == SECOND
    assert waiting.forget_old(now=timezone.now()) == 1


def test_asking_again_does_not_shorten_the_wait(
    alice: User, browser: Client, everything_on: None, time_machine: Any
) -> None:
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    add_app(alice)
    prove(browser)
    browser.post(f"{SECOND}lost/")
    ready = WaitingRecovery.objects.get().ready_at
    time_machine.shift(3600)
    other = new_browser(CHROME)
    prove(other)
    other.post(f"{SECOND}lost/")
    assert WaitingRecovery.objects.get().ready_at == ready


def test_the_mail_says_when_the_wait_is_over(alice: User, browser: Client, everything_on: None) -> None:
    add_app(alice)
    prove(browser)
    browser.post(f"{SECOND}lost/")
    message = Message.objects.get(topic="recovery_waiting")
    when = formats.moment(WaitingRecovery.objects.get().ready_at)
    assert f"from {when} on." in message.text
    assert f"from {when} on." in message.html


def test_a_link_in_every_message_stops_it(alice: User, browser: Client, everything_on: None) -> None:
    import re

    add_app(alice)
    prove(browser)
    browser.post(f"{SECOND}lost/")
    found = re.search(r"/myaccount/forgot-password/stop/[\w-]+/", newest("recovery_waiting").text)
    assert found is not None
    stranger = new_browser(CHROME)
    assert "Stop this recovery?" in words(stranger.get(found[0]))
    assert WaitingRecovery.objects.exists()
    assert "was stopped" in words(stranger.post(found[0]))
    assert not WaitingRecovery.objects.exists()
    assert stranger.post(found[0]).status_code == 422
    assert Event.objects.filter(kind=EventKind.RECOVERY_WAITING_CANCELLED, user_uuid=alice.uuid).count() == 1


def test_signing_in_with_a_second_factor_stops_it(alice: User, browser: Client, everything_on: None) -> None:
    add_app(alice)
    prove(browser)
    browser.post(f"{SECOND}lost/")
    sign_in(new_browser(CHROME))
    assert not WaitingRecovery.objects.exists()


def test_the_end_of_the_wait_is_announced_once(alice: User, browser: Client, everything_on: None) -> None:
    add_app(alice)
    prove(browser)
    browser.post(f"{SECOND}lost/")
    later = timezone.now() + timedelta(hours=25)
    assert waiting.announce(now=timezone.now()) == 0
    assert waiting.announce(now=later) == 1
    assert waiting.announce(now=later) == 0
    assert newest("recovery_ready").recipient == "alice@example.org"


# By an administrator


def test_an_administrator_sends_a_link_and_sees_nothing(alice: User, db: None) -> None:
    """Security 48: works with everything switched off, and asks for the second factor as always."""
    make_person("ada", is_staff=True, is_superuser=True)
    adas = sign_in(new_browser(CHROME), "ada")
    add_app(alice)
    page = adas.post(f"/admin/users/user/{alice.pk}/recovery/", {"send": "1"}, follow=True)
    run_jobs()
    link = link_of(newest())
    assert link not in words(page)
    browser = new_browser()
    browser.get(link)
    assert browser.post(f"{FORGOT}link/")["Location"] == SECOND
    assert browser.post(f"{SECOND}totp/", {"code": app_code()})["Location"] == NEW
    assert set_new(browser)["Location"] == SIGN_IN


def test_an_administrator_asks_for_a_new_password(alice: User, browser: Client) -> None:
    """Security 18, 48."""
    make_person("ada", is_staff=True, is_superuser=True)
    adas = sign_in(new_browser(CHROME), "ada")
    hers = sign_in(new_browser())
    adas.post(f"/admin/users/user/{alice.pk}/recovery/", {"demand": "1"})
    assert hers.get("/myaccount/").status_code == 302
    asked = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": "/myaccount/security/"})
    assert asked["Location"] == "/myaccount/sign-in/new-password/"
    assert browser.get("/myaccount/").status_code == 302
    same = {"new_password": PASSPHRASE, "confirm_new_password": PASSPHRASE}
    assert browser.post(asked["Location"], same).status_code == 422
    new = {"new_password": NEW_PASSPHRASE, "confirm_new_password": NEW_PASSPHRASE}
    assert browser.post(asked["Location"], new)["Location"] == "/myaccount/security/"
    assert browser.get("/myaccount/").status_code == 200
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1
    assert sign_in(new_browser(CHROME), password=NEW_PASSPHRASE).get("/myaccount/").status_code == 200
