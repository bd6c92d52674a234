"""Usernames, security questions as a way in, the recovery address, and the administrators' switches."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users.models import User
from security.recovery.models import QuestionSet, RecoveryAddress, RecoverySettings
from security.recovery.questions.services import save_answers
from security.recovery.selectors import recovery_settings
from tests.security.recovery.support import (
    CODE,
    FORGOT,
    NEW,
    WAYS,
    ask,
    begin,
    code_of,
    newest,
    run_jobs,
    set_new,
    turn_on,
)
from tests.support.admin_forms import filled_in
from tests.support.browsing import SIGN_IN, make_stale, new_browser, sign_in
from tests.support.people import CHROME, make_person

USERNAME = "/myaccount/forgot-username/"
QUESTIONS = f"{FORGOT}questions/"
SETTINGS = "/admin/security/recoverysettings/1/change/"
ADDRESS = reverse("edit-recovery-address")
PROVE = reverse("prove-recovery-address")


def words(response: Any) -> str:
    return str(response.content.decode())


def answer_questions_of(user: User) -> dict[int, str]:
    """What `user` answers: by the id of the question."""
    chosen = {}
    for number, question_set in enumerate(QuestionSet.objects.all()):
        question = question_set.questions.all()[number]
        chosen[question_set.pk] = (question.pk, f"A quiet harbour {number}")
    save_answers(user=user, answers=chosen, origin=SYSTEM, now=timezone.now())
    return dict(chosen.values())


def fields_of(page: Any) -> list[int]:
    """The questions a page asks."""
    return [int(name.removeprefix("answer_")) for name in page.context["form"].fields]


# Usernames


def test_a_username_goes_to_its_address(alice: User, browser: Client) -> None:
    """Security 43: to the address as it is stored."""
    turn_on()
    page = browser.post(USERNAME, {"email": "ALICE@Example.org"})
    run_jobs()
    assert "alice" not in words(page).replace("alice-demo", "")
    assert newest("usernames").recipient == "alice@example.org"
    assert "alice" in newest("usernames").text


def test_every_reply_about_usernames_is_the_same(alice: User) -> None:
    """Security 36."""
    turn_on()
    make_person("dora", is_active=False)
    people = ("alice", "nobody", "dora")
    pages = [words(new_browser().post(USERNAME, {"email": f"{who}@example.org"})) for who in people]
    assert len({re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages}) == 1
    run_jobs()
    assert {message.topic for message in Message.objects.all()} == {"usernames", "no_account"}


def test_usernames_are_not_told_while_that_is_off(alice: User, browser: Client) -> None:
    turn_on(username_recovery=False)
    assert browser.post(USERNAME, {"email": "alice@example.org"}).status_code == 404
    assert "Forgot username?" not in words(browser.get(SIGN_IN))


# Questions


def test_questions_come_after_the_proof_by_mail(alice: User, browser: Client) -> None:
    """Security 49."""
    turn_on(email_recovery=False, sms_recovery=False)
    answers = answer_questions_of(alice)
    ask(browser, "questions")
    assert browser.get(QUESTIONS)["Location"] == WAYS
    assert browser.post(CODE, {"code": code_of(newest())})["Location"] == QUESTIONS
    assert browser.get(NEW)["Location"] == QUESTIONS
    for number in (1, 2):
        page = browser.get(QUESTIONS)
        assert f"Question {number} of 2" in words(page)
        (pk,) = fields_of(page)
        response = browser.post(QUESTIONS, {f"answer_{pk}": f"  {answers[pk].upper()}. "})
    assert response["Location"] == NEW
    assert set_new(browser)["Location"] == SIGN_IN


def test_a_mail_alone_is_not_enough_where_only_questions_are_on(alice: User, browser: Client) -> None:
    turn_on(email_recovery=False, sms_recovery=False)
    answer_questions_of(alice)
    begin(browser)
    assert browser.post(WAYS, {"way": "email"}).status_code == 404


def test_questions_together_and_without_mail(alice: User, browser: Client) -> None:
    """Security 49: where an administrator has lifted it."""
    turn_on(email_recovery=False, sms_recovery=False, email_before_questions=False, ask_together=True)
    answers = answer_questions_of(alice)
    begin(browser)
    assert browser.post(WAYS, {"way": "questions"})["Location"] == QUESTIONS
    page = browser.get(QUESTIONS)
    wrong = {f"answer_{pk}": "no" if n else answers[pk] for n, pk in enumerate(fields_of(page))}
    assert "At least one answer is not right." in words(browser.post(QUESTIONS, wrong))
    right = {f"answer_{pk}": answers[pk] for pk in fields_of(page)}
    assert browser.post(QUESTIONS, right)["Location"] == NEW
    assert not Message.objects.filter(topic="recovery_code").exists()


def test_which_answer_was_wrong_is_told_at_the_end_and_not_at_all(alice: User, browser: Client) -> None:
    """Security 51."""
    turn_on(email_recovery=False, sms_recovery=False, email_before_questions=False)
    answers = answer_questions_of(alice)
    begin(browser)
    browser.post(WAYS, {"way": "questions"})
    (first,) = fields_of(browser.get(QUESTIONS))
    assert browser.post(QUESTIONS, {f"answer_{first}": "something else"}).status_code == 302
    (second,) = fields_of(browser.get(QUESTIONS))
    refused = browser.post(QUESTIONS, {f"answer_{second}": answers[second]})
    assert refused.status_code == 422
    assert browser.get(NEW)["Location"] == QUESTIONS
    assert fields_of(browser.get(QUESTIONS)) == [first]


def test_unknown_people_are_asked_stable_questions(alice: User) -> None:
    """Security 51."""
    turn_on(email_recovery=False, sms_recovery=False, email_before_questions=False, ask_together=True)
    answer_questions_of(alice)
    asked = []
    for _ in range(2):
        browser = new_browser()
        begin(browser, "nobody")
        assert browser.post(WAYS, {"way": "questions"})["Location"] == QUESTIONS
        page = browser.get(QUESTIONS)
        asked.append(fields_of(page))
        refused = browser.post(QUESTIONS, {f"answer_{pk}": "a guess" for pk in asked[0]})
        assert "At least one answer is not right." in words(refused)
    assert asked[0] == asked[1]
    assert len(asked[0]) == 2


def test_five_wrong_answers_close_this_way_and_not_the_account(alice: User, time_machine: Any) -> None:
    """Security 51."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    turn_on(email_before_questions=False, ask_together=True)
    answers = answer_questions_of(alice)
    browser = new_browser()
    begin(browser)
    browser.post(WAYS, {"way": "questions"})
    pks = fields_of(browser.get(QUESTIONS))
    for _ in range(5):
        browser.post(QUESTIONS, {f"answer_{pk}": "a guess" for pk in pks})
    right = {f"answer_{pk}": answers[pk] for pk in pks}
    assert "closed until tomorrow" in words(browser.post(QUESTIONS, right))
    assert sign_in(new_browser(CHROME)).get("/myaccount/").status_code == 200
    time_machine.shift(timedelta(hours=24))
    again = new_browser()
    begin(again)
    again.post(WAYS, {"way": "questions"})
    assert again.post(QUESTIONS, right)["Location"] == NEW


def test_one_is_asked_in_ones_own_language(alice: User, browser: Client) -> None:
    """A person whose language is Sinhala is asked in Sinhala, once it is clear that it is them."""
    User.objects.filter(pk=alice.pk).update(language="si")
    turn_on(email_recovery=False, sms_recovery=False)
    answer_questions_of(alice)
    ask(browser, "questions")
    browser.post(CODE, {"code": code_of(newest())})
    page = words(browser.get(QUESTIONS))
    assert any(0x0D80 <= ord(character) <= 0x0DFF for character in page)


# The recovery address


def test_a_recovery_address_is_proven_first(alice: User, alices: Client) -> None:
    """Security 43, 45, 61."""
    turn_on()
    assert alices.post(ADDRESS, {"email": "spare@example.net"})["Location"] == PROVE
    assert not RecoveryAddress.objects.exclude(verified_at=None).exists()
    assert alices.post(PROVE, {"code": "000000"}).status_code == 422
    assert alices.post(PROVE, {"code": code_of(newest("prove_recovery_address"))}).status_code == 302
    assert RecoveryAddress.objects.get().email == "spare@example.net"
    assert newest("recovery_changed").recipient == "alice@example.org"
    assert "spare@example.net" in words(alices.get("/myaccount/security/"))
    assert Event.objects.filter(kind=EventKind.RECOVERY_ADDRESS_CHANGED, user_uuid=alice.uuid).count() == 1


def test_the_old_one_stays_until_the_new_one_is_proven(alice: User, alices: Client) -> None:
    turn_on()
    RecoveryAddress.objects.create(user=alice, email="old@example.net", verified_at=timezone.now())
    alices.post(ADDRESS, {"email": "new@example.net"})
    row = RecoveryAddress.objects.get()
    assert (row.email, row.pending_email) == ("old@example.net", "new@example.net")
    alices.post(PROVE, {"code": code_of(newest("prove_recovery_address"))})
    told = set(Message.objects.filter(topic="recovery_changed").values_list("recipient", flat=True))
    assert told == {"alice@example.org", "old@example.net"}


def test_the_code_is_of_one_session_and_dies_after_five_tries(alice: User, alices: Client) -> None:
    """Security 45."""
    turn_on()
    alices.post(ADDRESS, {"email": "spare@example.net"})
    code = code_of(newest("prove_recovery_address"))
    other = sign_in(new_browser(CHROME))
    assert other.post(PROVE, {"code": code})["Location"] == ADDRESS
    for number in range(5):
        assert alices.post(PROVE, {"code": f"{(int(code) + 1 + number) % 10**6:06}"}).status_code == 422
    assert alices.post(PROVE, {"code": code}).status_code == 422
    assert not RecoveryAddress.objects.exclude(verified_at=None).exists()


def test_the_profiles_address_is_no_second_way(alice: User, alices: Client) -> None:
    turn_on()
    assert alices.post(ADDRESS, {"email": "Alice@EXAMPLE.org"}).status_code == 422


def test_a_recovery_address_is_removed(alice: User, alices: Client) -> None:
    turn_on()
    RecoveryAddress.objects.create(user=alice, email="old@example.net", verified_at=timezone.now())
    path = reverse("remove-recovery-address")
    assert "Remove your recovery address?" in words(alices.get(path))
    alices.post(path)
    assert not RecoveryAddress.objects.exists()


@pytest.mark.parametrize("name", ["edit-recovery-address", "prove-recovery-address", "remove-recovery-address"])
def test_a_stale_session_changes_nothing(alices: Client, name: str) -> None:
    """Security 20."""
    turn_on()
    make_stale(alices)
    for response in (alices.get(reverse(name)), alices.post(reverse(name), {"email": "x@example.net"})):
        assert response["Location"].startswith("/myaccount/confirm/")


# The profile's address and number


def test_the_recovery_email_becomes_the_profiles_once_it_is_proven(alice: User, alices: Client) -> None:
    """The manual: “This will update the email address in the profile as well.”"""
    turn_on()
    edit, proving = (reverse(f"{what}-recovery-contact", args=["email"]) for what in ("edit", "prove"))
    assert "This will also update the e-mail address in your profile." in words(alices.get(edit))
    assert alices.post(edit, {"value": "new@example.org"})["Location"] == proving
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    code = code_of(newest("prove_email"))
    assert alices.post(proving, {"code": f"{(int(code) + 1) % 10**6:06}"}).status_code == 422
    assert alices.post(proving, {"code": code})["Location"] == "/myaccount/security/#recovery"
    alice.refresh_from_db()
    assert alice.email == "new@example.org"
    assert alice.email_verified_at is not None


def test_the_recovery_number_becomes_the_profiles(alice: User, alices: Client) -> None:
    turn_on()
    edit, proving = (reverse(f"{what}-recovery-contact", args=["mobile"]) for what in ("edit", "prove"))
    assert alices.post(edit, {"value": "12"}).status_code == 422
    assert alices.post(edit, {"value": "+44 7400 123456"})["Location"] == proving
    alices.post(reverse("resend-recovery-contact", args=["mobile"]))
    assert alices.post(proving, {"code": code_of(newest("prove_mobile"))}).status_code == 302
    alice.refresh_from_db()
    assert alice.mobile == "+447400123456"


def test_other_kinds_are_not_there(alices: Client) -> None:
    turn_on()
    for what in ("edit", "prove", "resend"):
        path = reverse(f"{what}-recovery-contact", args=["telephone"])
        assert alices.post(path, {"value": "x", "code": "000000"}).status_code == 404


# The section


def test_the_section_shows_what_is_on(alice: User, alices: Client) -> None:
    turn_on(sms_recovery=False)
    page = words(alices.get("/myaccount/security/"))
    assert "Email recovery" in page
    assert "The email address of your profile, too" in page
    assert "Security questions" in page
    assert "SMS recovery" not in page


# The switches


@pytest.fixture
def adas(db: None) -> Client:
    make_person("ada", is_staff=True, is_superuser=True)
    return sign_in(new_browser(CHROME, address="192.0.2.99"), "ada")


def test_everything_but_the_captcha_is_off(db: None) -> None:
    settings_row = recovery_settings()
    switches = ("question_recovery", "email_recovery", "sms_recovery", "username_recovery")
    assert not any(getattr(settings_row, switch) for switch in switches)
    assert settings_row.captcha == "always"
    assert settings_row.email_before_questions


def test_a_switch_takes_effect_at_once_and_is_written_down(adas: Client, browser: Client) -> None:
    assert adas.get("/admin/security/recoverysettings/")["Location"] == SETTINGS
    page = words(adas.get(SETTINGS))
    for label in ("Security question based password recovery", "Notification based password recovery"):
        assert label in page
    assert adas.post(SETTINGS, filled_in(adas, SETTINGS, email_recovery="on")).status_code == 302
    assert "Forgot password?" in words(browser.get(SIGN_IN))
    event = Event.objects.get(kind=EventKind.RECOVERY_SETTINGS_CHANGED)
    assert event.data == {"changed": ["email_recovery"]}
    assert adas.post(SETTINGS, filled_in(adas, SETTINGS, email_recovery="")).status_code == 302
    assert "Forgot password?" not in words(browser.get(SIGN_IN))


@pytest.mark.parametrize(
    "change", [{"link_minutes": "4"}, {"link_minutes": "1441"}, {"min_answers": "0"}, {"captcha": "maybe"},
               {"waiting_hours": "0"}], ids=str
)  # fmt: skip
def test_settings_out_of_bounds_are_refused(adas: Client, change: dict[str, str]) -> None:
    assert adas.post(SETTINGS, filled_in(adas, SETTINGS, **change)).status_code == 200
    assert not RecoverySettings.objects.exists()


def test_two_administrators_do_not_overwrite_each_other(adas: Client) -> None:
    """Security 28."""
    opened = filled_in(adas, SETTINGS)
    adas.post(SETTINGS, filled_in(adas, SETTINGS, link_minutes="30"))
    assert "Somebody else changed" in words(adas.post(SETTINGS, {**opened, "link_minutes": "10"}, follow=True))
    assert recovery_settings().link_minutes == 30


def test_no_page_of_recovery_loads_from_elsewhere(alice: User, browser: Client) -> None:
    """Security 42."""
    turn_on()
    begin(browser)
    for path in (FORGOT, WAYS, USERNAME):
        page = words(browser.get(path))
        assert "http" not in page.replace("http://www.w3.org", "").replace(settings.PUBLIC_URL, "")
