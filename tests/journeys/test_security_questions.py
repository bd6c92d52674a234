"""Manual, “Add security questions” and “Update security questions”; and being asked them."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from security.recovery.models import Answer, QuestionSet
from security.recovery.questions.rules import fold
from security.recovery.questions.services import check_answers
from tests.journeys.conftest import NewVisitor
from tests.journeys.recovering import ANSWERS, RECOVERY, choose, choose_questions, enter, forget_password, set_password
from tests.journeys.visitor import SECURITY, Visitor
from tests.profile.support import newest, recipients, wrong
from tests.security.recovery.support import code_of, turn_on
from tests.support.people import PASSPHRASE, make_person
from tests.support.worker import work_once

TEACHER, FILM = ANSWERS
BOOK = "Which book was the first you read to the end by yourself?"


@pytest.fixture(autouse=True)
def questions_are_on(alice: User) -> None:
    turn_on(email_recovery=False, sms_recovery=False)


def section(visitor: Visitor) -> Locator:
    return visitor.section(RECOVERY)


def save(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Save").click()


def is_known(user: User, question: str, answer: str) -> bool:
    """Whether this is what was answered, as it would be checked."""
    row = Answer.objects.get(user=user, question__texts__en=question)
    return check_answers(user=user, key=f"{user.pk}", answers={row.question_id: answer}, now=timezone.now())


def recover_by_questions(visitor: Visitor) -> None:
    """As far as the first question: the proof by e-mail comes before (security 49)."""
    forget_password(visitor)
    choose(visitor, "Answer my security questions")
    expect(visitor.heading).to_have_text("Enter the code")
    work_once()
    enter(visitor, code_of(newest("recovery_code")))
    expect(visitor.heading).to_have_text("Security questions")


# Add security questions


def test_a_person_adds_security_questions(alice: User, visitor: Visitor) -> None:
    """Security, Account recovery, Add; one question from each set and an answer only they know; Save."""
    page = visitor.sign_in()
    visitor.go_to("Security")
    section(visitor).get_by_role("link", name="Add security questions").click()
    expect(visitor.heading).to_have_text("Add security questions")
    for number, question_set in enumerate(QuestionSet.objects.all(), start=1):
        offered = visitor.field(f"Question {number}").locator("option").all_inner_texts()
        assert offered == ["Choose a question", *(str(question) for question in question_set.questions.all())]
        assert len(offered) >= 9
    save(visitor)
    expect(page.get_by_role("alert")).to_contain_text("Choose a question.")
    assert not Answer.objects.exists()

    for number, (question, answer) in enumerate(ANSWERS.items(), start=1):
        visitor.field(f"Question {number}").select_option(question)
        visitor.field(f"Answer to question {number}").fill(answer)
    visitor.field("Answer to question 2").fill("  mrs PERIWINKLE ")
    save(visitor)
    expect(page.get_by_role("alert")).to_be_visible()  # each answer is another one
    expect(visitor.field("Question 1").locator("option:checked")).to_have_text(TEACHER)
    visitor.field("Answer to question 1").fill(ANSWERS[TEACHER])
    visitor.field("Answer to question 2").fill(ANSWERS[FILM])
    save(visitor)
    visitor.expect_message("Your security questions were saved.")
    for question in ANSWERS:
        expect(section(visitor).get_by_text(question)).to_be_visible()
    expect(section(visitor)).to_contain_text("Your answers are never shown again")
    expect(section(visitor).get_by_role("link", name="Add security questions")).to_have_count(0)

    assert Answer.objects.filter(user=alice).count() == 2
    for question, answer in ANSWERS.items():
        assert is_known(alice, question, answer)
        assert fold(answer) not in fold(page.content())
    assert "Periwinkle" not in str(list(Answer.objects.values()))
    assert Event.objects.filter(kind=EventKind.RECOVERY_QUESTIONS_CHANGED, user_uuid=alice.uuid).count() == 1
    assert recipients("recovery_changed") == ["alice@example.org"]


def test_an_answer_is_not_what_everybody_can_see(alice: User, visitor: Visitor) -> None:
    """Security 50: not the username, not the question."""
    page = visitor.already_signed_in()
    visitor.open(f"{SECURITY}recovery/questions/")
    for number, (question, answer) in enumerate({TEACHER: "Alice", FILM: FILM.upper()}.items(), start=1):
        visitor.field(f"Question {number}").select_option(question)
        visitor.field(f"Answer to question {number}").fill(answer)
    save(visitor)
    expect(visitor.field("Answer to question 1")).to_have_attribute("aria-invalid", "true")
    expect(visitor.field("Answer to question 2")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_be_visible()
    assert not Answer.objects.exists()


# Update security questions


def test_a_person_changes_one_question_by_its_edit_icon(alice: User, visitor: Visitor) -> None:
    """A new question and an answer; the other one stays as it was."""
    choose_questions(alice)
    before = Answer.objects.get(question__texts__en=TEACHER).digest
    page = visitor.sign_in()
    visitor.go_to("Security")
    section(visitor).get_by_role("link", name=f"Edit: {FILM}").click()
    expect(visitor.heading).to_have_text("Change a security question")
    expect(visitor.field("Question").locator("option:checked")).to_have_text(FILM)
    expect(visitor.field("Answer")).to_have_value("")
    visitor.field("Question").select_option(BOOK)
    save(visitor)
    expect(page.get_by_role("alert")).to_contain_text("Enter your answer.")
    visitor.field("Answer").fill("The Wind in the Willows")
    save(visitor)
    visitor.expect_message("Your security questions were saved.")
    expect(section(visitor).get_by_text(BOOK)).to_be_visible()
    expect(section(visitor).get_by_text(FILM)).to_have_count(0)
    assert Answer.objects.count() == 2
    assert is_known(alice, BOOK, "the wind in the willows")
    assert Answer.objects.get(question__texts__en=TEACHER).digest == before


def test_a_person_changes_just_an_answer(alice: User, visitor: Visitor) -> None:
    choose_questions(alice)
    visitor.sign_in()
    visitor.go_to("Security")
    section(visitor).get_by_role("link", name=f"Edit: {TEACHER}").click()
    visitor.field("Answer").fill("Mr Bramble")
    save(visitor)
    visitor.expect_message("Your security questions were saved.")
    assert Answer.objects.count() == 2
    assert is_known(alice, TEACHER, "mr bramble")
    assert not is_known(alice, TEACHER, ANSWERS[TEACHER])


def test_the_icon_asks_who_one_is_first(alice: User, visitor: Visitor) -> None:
    """Security 20."""
    choose_questions(alice)
    visitor.already_signed_in()
    visitor.open(SECURITY)
    visitor.grow_stale()
    section(visitor).get_by_role("link", name=f"Edit: {TEACHER}").click()
    visitor.confirm_access()
    expect(visitor.heading).to_have_text("Change a security question")


def test_two_windows_do_not_overwrite_each_other(alice: User, visitor: Visitor, new_visitor: NewVisitor) -> None:
    """Security 28."""
    choose_questions(alice)
    other = new_visitor()
    for somebody in (visitor, other):
        somebody.already_signed_in()
        somebody.open(SECURITY)
        section(somebody).get_by_role("link", name=f"Edit: {TEACHER}").click()
    for somebody, answer in ((visitor, "Mr Bramble"), (other, "Miss Thistle")):
        somebody.field("Answer").fill(answer)
        save(somebody)
    other.expect_message("Your security questions were changed elsewhere meanwhile. Nothing was saved.")
    assert is_known(alice, TEACHER, "Mr Bramble")


def test_a_person_removes_their_questions(alice: User, visitor: Visitor) -> None:
    choose_questions(alice)
    page = visitor.already_signed_in()
    visitor.open(SECURITY)
    section(visitor).get_by_role("link", name="Remove security questions").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your answers are deleted")
    dialog.get_by_role("button", name="Remove").click()
    visitor.expect_message("Your security questions were removed.")
    expect(section(visitor).get_by_role("link", name="Add security questions")).to_be_visible()
    assert not Answer.objects.exists()


# Being asked


def test_a_forgotten_password_by_questions_one_at_a_time(alice: User, visitor: Visitor) -> None:
    """Which answer was wrong is not told (security 51)."""
    choose_questions(alice)
    page = visitor.page
    recover_by_questions(visitor)
    for answers in ({TEACHER: "Mr Nobody", FILM: ANSWERS[FILM]}, ANSWERS):
        for number, (question, answer) in enumerate(answers.items(), start=1):
            expect(page.get_by_text(f"Question {number} of 2.")).to_be_visible()
            expect(page.get_by_role("textbox")).to_have_count(1)
            page.get_by_label(question).fill(answer)
            page.get_by_role("button", name="Continue").click()
        if answers != ANSWERS:
            expect(page.get_by_role("alert")).to_contain_text("At least one answer is not right.")
            page.reload()
    set_password(visitor)
    assert User.objects.get(pk=alice.pk).check_password(PASSPHRASE) is False
    assert Event.objects.filter(kind=EventKind.RECOVERY_FAILED, user_uuid=alice.uuid).count() == 1


def test_a_forgotten_password_by_questions_together(alice: User, visitor: Visitor) -> None:
    choose_questions(alice)
    turn_on(email_recovery=False, sms_recovery=False, email_before_questions=False, ask_together=True)
    page = visitor.page
    forget_password(visitor)
    choose(visitor, "Answer my security questions")
    expect(visitor.heading).to_have_text("Security questions")
    page.get_by_label(TEACHER).fill(ANSWERS[TEACHER])
    page.get_by_label(FILM).fill("Another film")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("At least one answer is not right.")
    for question, answer in ANSWERS.items():
        page.get_by_label(question).fill(f"  {answer.upper()}. ")
    page.get_by_role("button", name="Continue").click()
    set_password(visitor)
    assert User.objects.get(pk=alice.pk).check_password(PASSPHRASE) is False


def test_who_is_unknown_is_asked_as_well(visitor: Visitor) -> None:
    """Security 51: and cannot tell that nobody knows the answers."""
    turn_on(email_recovery=False, sms_recovery=False, email_before_questions=False, ask_together=True)
    page = visitor.page
    forget_password(visitor, "nobody")
    choose(visitor, "Answer my security questions")
    inputs = page.get_by_role("textbox")
    expect(inputs).to_have_count(2)
    for field in inputs.all():
        field.fill("A guess")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("At least one answer is not right.")


def test_somebody_whose_language_is_sinhala_chooses_and_is_asked_in_it(visitor: Visitor) -> None:
    make_person("nimal", language="si")
    page = visitor.already_signed_in("nimal")
    visitor.open(SECURITY)
    section(visitor).get_by_role("link", name="Add security questions").click()
    chosen = []
    for number, answer in ((1, "පෙරේරා මහත්මිය"), (2, "ගැහැනු ළමයි")):
        option = visitor.field(f"Question {number}").locator("option").nth(1)
        expect(option).to_have_attribute("lang", "si")
        chosen.append(option.inner_text())
        assert any("\u0d80" <= character <= "\u0dff" for character in chosen[-1])
        visitor.field(f"Question {number}").select_option(index=1)
        visitor.field(f"Answer to question {number}").fill(answer)
    save(visitor)
    visitor.expect_message("Your security questions were saved.")
    for question in chosen:
        expect(section(visitor).get_by_text(question)).to_have_attribute("lang", "si")
    visitor.context.clear_cookies()

    forget_password(visitor, "nimal")
    choose(visitor, "Answer my security questions")
    work_once()
    code = code_of(newest("recovery_code"))
    enter(visitor, wrong(code))
    expect(page.get_by_role("alert")).to_contain_text("That is not the code we sent")
    enter(visitor, code)
    for question, answer in zip(chosen, ("පෙරේරා මහත්මිය", "ගැහැනු ළමයි"), strict=True):
        page.get_by_label(question).fill(answer)
        page.get_by_role("button", name="Continue").click()
    set_password(visitor)
