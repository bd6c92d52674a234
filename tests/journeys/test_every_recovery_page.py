"""Every page of account recovery in every state: nothing for axe to report, nothing wider than the window."""

from __future__ import annotations

from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from security.password import services as passwords
from security.recovery import waiting
from security.recovery.models import Question, QuestionSet, RecoveryAddress
from tests.journeys.recovering import ANSWERS, TO_STOP, choose, choose_questions, enter, forget_password
from tests.journeys.test_every_factor_page import OF_ADMIN
from tests.journeys.test_every_page import State, check, say_wrong
from tests.journeys.visitor import SECURITY, Visitor
from tests.profile.support import wrong
from tests.security.recovery.support import FORGOT, code_of, link_of, newest, run_jobs, turn_on
from tests.support.browsing import SIGN_IN
from tests.support.factors import add_app
from tests.support.lives import make_settled_person
from tests.support.people import make_person

pytestmark = pytest.mark.looks

USERNAME: Final = "/myaccount/forgot-username/"
QUESTIONS: Final = f"{SECURITY}recovery/questions/"
CONTACT: Final = f"{SECURITY}recovery/contact/"
ADDRESS: Final = f"{SECURITY}recovery/address/"
LONG: Final = "somebody.with.quite.a.long.name.of.many.parts@mail.of.an.organisation.with.a.long.name.example.net"
STATES: dict[str, State] = {}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


# Signed out


def begun(visitor: Visitor) -> User:
    """Somebody settled, every way on, the account named."""
    alice = make_settled_person()
    choose_questions(alice)
    turn_on()
    forget_password(visitor)
    return alice


def sent(visitor: Visitor, way: str = "Send me an e-mail") -> None:
    choose(visitor, way)
    run_jobs()


@state
def recovery_sign_in(visitor: Visitor) -> None:
    turn_on()
    visitor.open(SIGN_IN)


@state
def recovery_start(visitor: Visitor) -> None:
    turn_on(captcha="always")
    visitor.open(FORGOT)
    expect(visitor.page.get_by_text("Done: you are not a robot.")).to_be_visible()


@state
def recovery_start_while_checking(visitor: Visitor) -> None:
    turn_on(captcha="always")
    visitor.page.route("**/captcha/", lambda route: None)
    visitor.open(FORGOT)
    expect(visitor.page.get_by_text("Checking that you are not a robot…")).to_be_visible()


@state
def recovery_start_check_failed(visitor: Visitor) -> None:
    turn_on(captcha="always")
    visitor.page.route("**/captcha/", lambda route: route.fulfill(status=500))
    visitor.open(FORGOT)
    expect(visitor.page.get_by_role("button", name="Check again")).to_be_visible()


@state
def recovery_start_network_waits(visitor: Visitor) -> None:
    turn_on(captcha="always")
    visitor.page.route("**/captcha/", lambda route: route.fulfill(status=429))
    visitor.open(FORGOT)
    expect(visitor.page.get_by_text("There were very many tries from your network.")).to_be_visible()


@state
def recovery_start_without_the_check(visitor: Visitor) -> None:
    turn_on(captcha="always")
    visitor.page.route("**/captcha.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    say_wrong(visitor, FORGOT, {"Username or e-mail address": "alice"}, "Continue")


@state
def recovery_start_nothing_typed(visitor: Visitor) -> None:
    turn_on()
    say_wrong(visitor, FORGOT, {}, "Continue")


@state
def recovery_begun_elsewhere(visitor: Visitor) -> None:
    turn_on()
    visitor.open(f"{FORGOT}new/")
    expect(visitor.page.get_by_text("This can no longer be completed here")).to_be_visible()


@state
def recovery_ways(visitor: Visitor) -> None:
    begun(visitor)


@state
def recovery_code_by_mail(visitor: Visitor) -> None:
    begun(visitor)
    sent(visitor)


@state
def recovery_code_by_sms(visitor: Visitor) -> None:
    begun(visitor)
    sent(visitor, "Send me a text message")


@state
def recovery_code_wrong(visitor: Visitor) -> None:
    recovery_code_by_mail(visitor)
    enter(visitor, wrong(code_of(newest())))
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def recovery_code_sent_a_moment_ago(visitor: Visitor) -> None:
    recovery_code_by_mail(visitor)
    visitor.page.get_by_role("button", name="Send a new code").click()
    visitor.expect_message("A code was sent a moment ago.")


@state
def recovery_link(visitor: Visitor) -> None:
    recovery_code_by_mail(visitor)
    visitor.open(link_of(newest()))
    expect(visitor.heading).to_have_text("Set a new password")


@state
def recovery_link_over(visitor: Visitor) -> None:
    turn_on()
    visitor.open(f"{FORGOT}link/none/")
    expect(visitor.heading).to_have_text("This link does not work here")


@state
def recovery_questions_one_at_a_time(visitor: Visitor) -> None:
    begun(visitor)
    sent(visitor, "Answer my security questions")
    enter(visitor, code_of(newest()))
    expect(visitor.page.get_by_text("Question 1 of 2.")).to_be_visible()


@state
def recovery_questions_together(visitor: Visitor) -> None:
    begun(visitor)
    turn_on(ask_together=True, email_before_questions=False)
    choose(visitor, "Answer my security questions")
    expect(visitor.page.get_by_role("textbox")).to_have_count(2)


@state
def recovery_questions_wrong(visitor: Visitor) -> None:
    recovery_questions_together(visitor)
    for question in ANSWERS:
        visitor.page.get_by_label(question).fill("A guess")
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def recovery_questions_unanswered(visitor: Visitor) -> None:
    recovery_questions_together(visitor)
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def recovery_second_step(visitor: Visitor) -> None:
    alice = begun(visitor)
    add_app(alice)
    sent(visitor)
    enter(visitor, code_of(newest()))
    expect(visitor.heading).to_have_text("Second step")


@state
def recovery_lost_everything(visitor: Visitor) -> None:
    recovery_second_step(visitor)
    visitor.page.get_by_role("link", name="I have lost all of these").click()
    expect(visitor.heading).to_have_text("Lost every second factor?")


@state
def recovery_waiting(visitor: Visitor) -> None:
    recovery_lost_everything(visitor)
    visitor.page.get_by_role("button", name="Start the waiting time").click()
    expect(visitor.heading).to_have_text("The waiting time has begun")


@state
def recovery_stop_waiting(visitor: Visitor) -> None:
    waiting.begin(user=make_person(), origin=SYSTEM, now=timezone.now())
    found = TO_STOP.search(newest("recovery_waiting").text)
    assert found
    visitor.page.goto(found[0])
    expect(visitor.heading).to_have_text("Stop this recovery?")


@state
def recovery_stopped(visitor: Visitor) -> None:
    recovery_stop_waiting(visitor)
    visitor.page.get_by_role("button", name="Stop the recovery").click()
    expect(visitor.heading).to_have_text("The recovery was stopped")


@state
def recovery_nothing_to_stop(visitor: Visitor) -> None:
    visitor.open(f"{FORGOT}stop/none/")
    expect(visitor.heading).to_have_text("There is nothing to stop")


@state
def recovery_new_password(visitor: Visitor) -> None:
    recovery_code_by_mail(visitor)
    enter(visitor, code_of(newest()))
    expect(visitor.heading).to_have_text("Choose a new password")


@state
def recovery_new_password_refused(visitor: Visitor) -> None:
    recovery_new_password(visitor)
    visitor.field("New password").fill("short")
    visitor.field("Confirm new password").fill("other")
    visitor.page.get_by_role("button", name="Set the password").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def recovery_done(visitor: Visitor) -> None:
    recovery_new_password(visitor)
    for label in ("New password", "Confirm new password"):
        visitor.field(label).fill("nine purple paper sailboats")
    visitor.page.get_by_role("button", name="Set the password").click()
    visitor.expect_message("Your password was changed")


@state
def password_demanded(visitor: Visitor) -> None:
    alice = make_person()
    passwords.demand(user=alice, by=alice, origin=SYSTEM, now=timezone.now())
    visitor.give_password()
    expect(visitor.heading).to_have_text("Choose a new password")


@state
def username_start(visitor: Visitor) -> None:
    turn_on(captcha="always")
    visitor.open(USERNAME)
    expect(visitor.page.get_by_text("Done: you are not a robot.")).to_be_visible()


@state
def username_refused(visitor: Visitor) -> None:
    turn_on()
    say_wrong(visitor, USERNAME, {"E-mail address": "alice"}, "Continue")


@state
def username_sent(visitor: Visitor) -> None:
    turn_on()
    visitor.open(USERNAME)
    visitor.field("E-mail address").fill("alice@example.org")
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.heading).to_have_text("Check your e-mail")


# Signed in


def as_alice(path: str, *, has_everything: bool = False) -> State:
    def act(visitor: Visitor) -> None:
        alice = make_settled_person()
        turn_on()
        if has_everything:
            choose_questions(alice)
            RecoveryAddress.objects.create(user=alice, email=LONG, verified_at=timezone.now())
        visitor.already_signed_in()
        visitor.open(path.format(set=QuestionSet.objects.earliest("pk").pk))

    return act


STATES["section_recovery"] = as_alice(SECURITY)
STATES["section_recovery_with_everything"] = as_alice(SECURITY, has_everything=True)
STATES["questions_add"] = as_alice(QUESTIONS)
STATES["questions_edit"] = as_alice(f"{QUESTIONS}{{set}}/", has_everything=True)
STATES["questions_remove"] = as_alice(f"{QUESTIONS}remove/", has_everything=True)
STATES["contact_email"] = as_alice(f"{CONTACT}email/")
STATES["contact_mobile"] = as_alice(f"{CONTACT}mobile/")
STATES["address_add"] = as_alice(ADDRESS)
STATES["address_edit"] = as_alice(ADDRESS, has_everything=True)
STATES["address_remove"] = as_alice(f"{ADDRESS}remove/", has_everything=True)


@state
def section_recovery_off(visitor: Visitor) -> None:
    make_settled_person()
    visitor.already_signed_in()
    visitor.open(SECURITY)
    expect(visitor.page.get_by_text("No Account Recovery options available")).to_be_visible()


@state
def section_recovery_of_somebody_new(visitor: Visitor) -> None:
    turn_on()
    make_person("dora", email_verified_at=None, mobile="+447400123456", language="si")
    choose_questions(User.objects.get(username="dora"))
    visitor.already_signed_in("dora")
    visitor.open(SECURITY)


@state
def questions_with_errors(visitor: Visitor) -> None:
    as_alice(QUESTIONS)(visitor)
    visitor.field("Question 1").select_option(index=1)
    visitor.field("Answer to question 1").fill("alice")
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def questions_remove_dialog(visitor: Visitor) -> None:
    as_alice(SECURITY, has_everything=True)(visitor)
    visitor.page.get_by_role("link", name="Remove security questions").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()


@state
def address_remove_dialog(visitor: Visitor) -> None:
    as_alice(ADDRESS, has_everything=True)(visitor)
    visitor.page.get_by_role("link", name="Remove it").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()


@state
def contact_email_refused(visitor: Visitor) -> None:
    as_alice(f"{CONTACT}email/")(visitor)
    say_wrong(visitor, f"{CONTACT}email/", {"E-mail address": "alice"}, "Update")


@state
def contact_email_to_be_proven(visitor: Visitor) -> None:
    as_alice(f"{CONTACT}email/")(visitor)
    visitor.field("E-mail address").fill(LONG)
    visitor.page.get_by_role("button", name="Update").click()
    expect(visitor.heading).to_have_text("Confirm your e-mail address")


@state
def contact_mobile_with_a_wrong_code(visitor: Visitor) -> None:
    as_alice(f"{CONTACT}mobile/")(visitor)
    visitor.field("Mobile number").fill("+44 7400 654321")
    visitor.page.get_by_role("button", name="Update").click()
    expect(visitor.heading).to_have_text("Confirm your mobile number")
    enter(visitor, "12", "Confirm")
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def address_refused(visitor: Visitor) -> None:
    as_alice(ADDRESS)(visitor)
    say_wrong(visitor, ADDRESS, {"E-mail address": "alice@example.org"}, "Update")


@state
def address_to_be_proven(visitor: Visitor) -> None:
    as_alice(ADDRESS)(visitor)
    visitor.field("E-mail address").fill(LONG)
    visitor.page.get_by_role("button", name="Update").click()
    expect(visitor.heading).to_have_text("Confirm your recovery address")


@state
def address_with_a_wrong_code(visitor: Visitor) -> None:
    address_to_be_proven(visitor)
    enter(visitor, wrong(code_of(newest("prove_recovery_address"))), "Confirm")
    expect(visitor.page.get_by_role("alert")).to_be_visible()


# Administration


def as_ada(path: str) -> State:
    def act(visitor: Visitor) -> None:
        alice = make_person()
        choose_questions(alice)
        make_person("ada", is_staff=True, is_superuser=True)
        visitor.already_signed_in("ada")
        question_set, question = QuestionSet.objects.earliest("pk"), Question.objects.earliest("pk")
        visitor.open(path.format(person=alice.pk, set=question_set.pk, question=question.pk))

    return act


STATES["admin_recovery_settings"] = as_ada("/admin/security/recoverysettings/")
STATES["admin_question_sets"] = as_ada("/admin/security/questionset/")
STATES["admin_question_set"] = as_ada("/admin/security/questionset/{set}/change/")
STATES["admin_question"] = as_ada("/admin/security/question/{question}/change/")
STATES["admin_recovery_of_somebody"] = as_ada("/admin/users/user/{person}/recovery/")


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name, OF_ADMIN if "/admin/" in visitor.page.url else None)


def test_a_long_address_stays_beside_its_pencil(visitor: Visitor) -> None:
    STATES["section_recovery_with_everything"](visitor)
    for width in (1280, 360):
        visitor.page.set_viewport_size({"width": width, "height": 740})
        words, pencil = (visitor.page.locator(f"#recovery-address {part}") for part in (".hint", ".actions"))
        expect(words).to_have_text(LONG)
        assert words.evaluate("element => element.scrollWidth <= element.clientWidth")
        assert pencil.is_visible()
