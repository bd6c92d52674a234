"""The pages of account recovery: getting back in, preparing for it, and what administrators do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from security.recovery.models import QuestionSet, RecoveryAddress
from security.recovery.questions.services import save_answers
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
    turn_on,
)
from tests.support.admin_forms import filled_in
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.factors import NUMBER, add_app, add_codes, wrong_code
from tests.support.people import PASSPHRASE, make_person
from tests.translation.reading import Reader

pytestmark = pytest.mark.django_db

# What people typed, and what they called their factors.
DATA = ("Phone", "spare", "other", "nonsense")
SECOND = f"{FORGOT}second-step/"
SECURITY = "/myaccount/security/"


@pytest.fixture
def anna(db: None) -> User:
    """A person who reads the accented pseudo-language, with an address and a number."""
    return make_person(display_name="Alice Liddell", language="en-xa", mobile=NUMBER, mobile_verified_at=timezone.now())


@pytest.fixture
def guest(anna: User) -> Reader:
    """A browser nobody is signed in with, set to the pseudo-language."""
    client = new_browser()
    client.cookies["language"] = "en-xa"
    return Reader(client, DATA)


def prepare(user: User) -> dict[int, tuple[int, str]]:
    """Answer one question of each set."""
    found = {
        offered.pk: (offered.questions.all()[number].pk, f"A quiet harbour {number}")
        for number, offered in enumerate(QuestionSet.objects.all())
    }
    save_answers(user=user, answers=found, origin=SYSTEM, now=timezone.now())
    return found


def answers_to(page: Any, typed: str) -> dict[str, str]:
    """The same answer to every question of a page."""
    return dict.fromkeys(page.context["form"].fields, typed)


@pytest.mark.parametrize("captcha", ["always", "after-failures", "off"])
def test_beginning_has_no_text_outside_gettext(captcha: str, guest: Reader) -> None:
    turn_on(captcha=captcha)
    guest.get(SIGN_IN)
    for page, field, value in (
        (FORGOT, "identifier", "alice"),
        (reverse("forgot-username"), "email", "alice@example.org"),
    ):
        guest.get(page)
        for typed in ("", "nonsense", value):
            guest.post(page, {field: typed}, expected=None)
        for _ in range(12):
            guest.post(page, {field: value}, expected=None)


@pytest.mark.parametrize("way", ["email", "sms"])
def test_a_code_has_no_text_outside_gettext(way: str, guest: Reader) -> None:
    turn_on()
    begin(guest.client)
    guest.get(WAYS)
    guest.post_and_read(WAYS, {"way": way})
    guest.post_and_read(WAYS, {"way": way})  # too soon
    for code in ("", "12", *["000000"] * 22):
        guest.post(CODE, {"code": code}, expected=None)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        for _ in range(12):
            guest.post_and_read(f"{CODE}resend/", {})
            guest.post_and_read(WAYS, {"way": "email"})
            guest.post_and_read(WAYS, {"way": "sms"})


def test_the_link_has_no_text_outside_gettext(guest: Reader) -> None:
    turn_on()
    ask(guest.client)
    link = link_of(newest())
    elsewhere = Reader(new_browser())
    elsewhere.client.cookies["language"] = "en-xa"
    elsewhere.get(elsewhere.get(link, expected=302)["Location"], expected=422)
    guest.get(guest.get(link, expected=302)["Location"])
    guest.post_and_read(f"{FORGOT}link/", {})


def test_the_new_password_has_no_text_outside_gettext(guest: Reader) -> None:
    turn_on()
    prove(guest.client)
    guest.get(NEW)
    for new in ("", "short", "password1234567890", PASSPHRASE):
        guest.post(NEW, {"new_password": new, "confirm_new_password": new})
    guest.post(NEW, {"new_password": NEW_PASSPHRASE, "confirm_new_password": "other"})
    guest.post_and_read(NEW, {"new_password": NEW_PASSPHRASE, "confirm_new_password": NEW_PASSPHRASE})
    guest.get(guest.get(NEW, expected=302)["Location"])  # it is over


@pytest.mark.parametrize("ask_together", [True, False])
def test_answering_has_no_text_outside_gettext(ask_together: bool, anna: User, guest: Reader) -> None:
    turn_on(ask_together=ask_together, email_before_questions=False)
    prepare(anna)
    begin(guest.client)
    guest.post(WAYS, {"way": "questions"}, expected=302)
    asking = f"{FORGOT}questions/"
    for _ in range(12):
        page = guest.get(asking)
        guest.post(asking, answers_to(page, ""))
        guest.post(asking, answers_to(page, "nonsense"), expected=None)


def test_the_second_step_has_no_text_outside_gettext(anna: User, guest: Reader) -> None:
    turn_on()
    add_app(anna)
    add_codes(anna)
    prove(guest.client)
    for kind in ("totp", "backup-code"):
        guest.get(f"{SECOND}{kind}/")
        guest.post(f"{SECOND}{kind}/", {"code": wrong_code()})


def test_losing_every_factor_has_no_text_outside_gettext(anna: User, guest: Reader) -> None:
    turn_on()
    add_app(anna)
    prove(guest.client)
    for hours in (24, 1):
        turn_on(waiting_hours=hours)
        guest.get(f"{SECOND}lost/")
    guest.post(f"{SECOND}lost/", {}, expected=200)
    text = newest("recovery_waiting").text
    stop = next(word for word in text.split() if "/stop/" in word).removeprefix("http://localhost:8000")
    guest.get(stop)
    guest.post(stop, {}, expected=200)
    guest.post(stop, {})
    guest.get(stop, expected=422)


@pytest.mark.parametrize("switches", [{}, {"email_recovery": False, "question_recovery": False, "sms_recovery": False}])
def test_the_section_has_no_text_outside_gettext(switches: dict[str, bool], anna: User) -> None:
    turn_on(**switches)
    reader = Reader(sign_in(new_browser()), DATA)
    reader.get(SECURITY)
    User.objects.update(email_verified_at=None, mobile_verified_at=None)
    reader.get(SECURITY)
    prepare(anna)
    RecoveryAddress.objects.create(user=anna, email="spare@example.org", verified_at=timezone.now())
    reader.get(SECURITY)


def test_choosing_questions_has_no_text_outside_gettext(anna: User) -> None:
    turn_on()
    reader = Reader(sign_in(new_browser()), DATA)
    choosing, removing = reverse("edit-questions"), reverse("remove-questions")
    first, second = QuestionSet.objects.all()
    chosen = {f"question_{one.pk}": str(one.questions.all()[0].pk) for one in (first, second)}
    reader.get(choosing)
    for typed in ("", "a", "x" * 300, "alice", "same"):
        reader.post(choosing, {**chosen, f"answer_{first.pk}": typed, f"answer_{second.pk}": typed})
    reader.post(choosing, {f"question_{first.pk}": "0"})
    reader.post_and_read(choosing, {**chosen, f"answer_{first.pk}": "harbour", f"answer_{second.pk}": "lantern"})
    editing = reverse("edit-question", args=[first.pk])
    reader.get(editing)
    reader.post(editing, {**chosen, f"answer_{first.pk}": ""})
    reader.post_and_read(editing, {**chosen, f"answer_{first.pk}": "meadow"})  # opened before it was changed
    reader.get(choosing, expected=302)
    reader.get(SECURITY)  # there is nothing more to choose
    reader.get(removing)
    reader.post_and_read(removing, {})


def test_the_recovery_address_has_no_text_outside_gettext(anna: User) -> None:
    turn_on()
    reader = Reader(sign_in(new_browser()), DATA)
    editing, proving = reverse("edit-recovery-address"), reverse("prove-recovery-address")
    removing = reverse("remove-recovery-address")
    reader.get(editing)
    for typed in ("", "nonsense", "alice@example.org"):
        reader.post(editing, {"email": typed})
    for _ in range(2):
        reader.post_and_read(editing, {"email": "spare@example.org"})
    for code in ("", "12", "000000"):
        reader.post(proving, {"code": code})
    reader.post_and_read(proving, {"code": code_of(newest("prove_recovery_address"))})
    reader.get(editing)
    for number in range(12):
        reader.post(editing, {"email": f"other{number}@example.org"}, expected=None)
    reader.get(removing)
    reader.post_and_read(removing, {})


@pytest.mark.parametrize(("kind", "right"), [("email", "other@example.org"), ("mobile", "+44 7400 654321")])
def test_email_and_sms_recovery_have_no_text_outside_gettext(kind: str, right: str, anna: User) -> None:
    turn_on()
    reader = Reader(sign_in(new_browser()), DATA)
    editing, proving, resending = (
        reverse(f"{act}-recovery-contact", args=[kind]) for act in ("edit", "prove", "resend")
    )
    reader.get(editing)
    for typed in ("", "nonsense"):
        reader.post(editing, {"value": typed})
    reader.post_and_read(editing, {"value": right})
    for code in ("", "12", *["000000"] * 6):
        reader.post(proving, {"code": code}, expected=None)
    reader.post_and_read(resending, {})
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        reader.post_and_read(resending, {})
        reader.post_and_read(proving, {"code": code_of(newest(f"prove_{kind}"))})
        reader.get(SECURITY)


def test_a_new_password_asked_for_has_no_text_outside_gettext(anna: User, guest: Reader) -> None:
    make_person("ada", is_staff=True, is_superuser=True, language="en-xa", display_name="Alice Liddell")
    adas = Reader(sign_in(new_browser(), "ada"), (*DATA, "ada"))
    page = reverse("admin:users_user_recovery", args=[anna.pk])
    adas.get(page)
    adas.post_and_read(page, {"send": "1"})
    run_jobs()
    adas.post_and_read(page, {"demand": "1"})
    User.objects.filter(pk=anna.pk).update(email_verified_at=None)
    adas.post_and_read(page, {"send": "1"})
    asked = guest.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE}, expected=302)["Location"]
    guest.get(asked)
    for new in ("short", PASSPHRASE):
        guest.post(asked, {"new_password": new, "confirm_new_password": new})
    guest.post_and_read(asked, {"new_password": NEW_PASSPHRASE, "confirm_new_password": NEW_PASSPHRASE})


def test_the_switches_have_no_text_outside_gettext(anna: User) -> None:
    make_person("ada", is_staff=True, is_superuser=True, language="en-xa", display_name="Alice Liddell")
    adas = Reader(sign_in(new_browser(), "ada"), (*DATA, "ada"))
    page = reverse("admin:security_recoverysettings_change", args=[1])
    form = filled_in(adas.client, page)
    for field, value in (("link_minutes", "1"), ("min_answers", "0"), ("waiting_hours", "nonsense"), ("captcha", "")):
        adas.post(page, {**form, field: value}, expected=200)
    for change in ("email_recovery", "sms_recovery"):  # the second was opened before the first was saved
        adas.post(page, {**form, change: "on"}, expected=302)
        adas.get(page)
