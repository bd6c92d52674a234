"""Getting back into an account in a browser, step by step, as everybody does it."""

from __future__ import annotations

import re
from typing import Final

from django.utils import timezone
from playwright.sync_api import expect

from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from security.recovery.models import QuestionSet
from security.recovery.questions.services import save_answers
from tests.journeys.visitor import Visitor
from tests.security.recovery.support import NEW_PASSPHRASE
from tests.support.browsing import SIGN_IN

RECOVERY: Final = "Account recovery"  # the heading of the section
ANSWERS: Final = {
    "What was the name of your first teacher at school?": "Mrs Periwinkle",
    "Which film was the first you saw in a cinema?": "The Red Balloon",
}
TO_GO_ON: Final = re.compile(r"http://\S+/forgot-password/link/\S+/")
TO_STOP: Final = re.compile(r"http://\S+/forgot-password/stop/\S+/")


def forget_password(visitor: Visitor, identifier: str = "alice") -> None:
    """“Forgot password?” on the sign-in page, the name, and the check, which the browser solves by itself."""
    page = visitor.open(SIGN_IN)
    page.get_by_role("link", name="Forgot password?").click()
    expect(visitor.heading).to_have_text("Forgot password?")
    visitor.field("Username or e-mail address").fill(identifier)
    page.get_by_role("button", name="Continue").click()
    expect(visitor.heading).to_have_text("Prove that it is you")


def choose(visitor: Visitor, way: str) -> None:
    """One of the ways to prove that it is oneself, by its words."""
    visitor.page.get_by_role("button", name=way).click()
    expect(visitor.heading).not_to_have_text("Prove that it is you")


def enter(visitor: Visitor, code: str, button: str = "Continue") -> None:
    """Enter a code that was sent."""
    visitor.field("Code").fill(code)
    visitor.page.get_by_role("button", name=button, exact=True).click()


def set_password(visitor: Visitor, password: str = NEW_PASSPHRASE) -> None:
    """The last step; nobody is signed in by it (security 41)."""
    expect(visitor.heading).to_have_text("Choose a new password")
    for label in ("New password", "Confirm new password"):
        visitor.field(label).fill(password)
    visitor.page.get_by_role("button", name="Set the password").click()
    visitor.expect_message("Your password was changed, and all your sessions were ended. Sign in with it.")
    expect(visitor.heading).to_have_text("Sign in")


def choose_questions(user: User) -> None:
    """Keep ANSWERS: to the first question of the first set and the second of the second."""
    sets = QuestionSet.objects.all()
    chosen = {row.pk: row.questions.all()[number] for number, row in enumerate(sets)}
    answers = {pk: (question.pk, ANSWERS[str(question)]) for pk, question in chosen.items()}
    save_answers(user=user, answers=answers, origin=SYSTEM, now=timezone.now())
