"""Every page of self-registration in every state: nothing for axe to report, nothing wider than the window."""

from __future__ import annotations

from typing import Final

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from myaccount.claims.models import Claim
from myaccount.registration.models import Registration
from tests.journeys.test_every_factor_page import OF_ADMIN
from tests.journeys.test_every_page import State, check, say_wrong
from tests.journeys.test_registration import enter, fill_in, open_form, register, send
from tests.journeys.visitor import Visitor
from tests.profile.support import wrong
from tests.registration.support import REGISTER, RESULT, allow, code_of, gate, link_of, newest, refuse
from tests.registration.support import prove as prove_elsewhere
from tests.registration.support import register as register_elsewhere
from tests.support.browsing import SIGN_IN, new_browser
from tests.support.people import PASSPHRASE, make_person

pytestmark = pytest.mark.looks

LONG: Final = "somebody.with.quite.a.long.name.of.many.parts@mail.of.an.organisation.with.a.long.name.example.net"
STATES: dict[str, State] = {}


def state(function: State) -> State:
    """Add a state to the list."""
    STATES[function.__name__] = function
    return function


@state
def registration_sign_in(visitor: Visitor) -> None:
    allow()
    visitor.open(SIGN_IN)


@state
def registration_form(visitor: Visitor) -> None:
    allow(
        asks_captcha=True, policy_url="https://example.org/privacy", text="For everybody who works with us.\nWelcome!"
    )
    open_form(visitor)
    expect(visitor.page.get_by_text("Done: you are not a robot.")).to_be_visible()


@state
def registration_form_with_nothing_typed(visitor: Visitor) -> None:
    allow()
    say_wrong(visitor, REGISTER, {}, "Create account")


@state
def registration_form_that_asks_for_more(visitor: Visitor) -> None:
    Claim.objects.exclude(name__in=("username", "role", "picture")).update(is_asked_at_registration=True)
    Claim.objects.filter(name__in=("family_name", "country")).update(is_required=True)
    Claim.objects.create(name="news", label="News", type="boolean", is_asked_at_registration=True)
    allow(is_email_the_username=True)
    visitor.open(REGISTER)


@state
def registration_username_taken(visitor: Visitor) -> None:
    allow()
    make_person("dora")
    open_form(visitor)
    fill_in(visitor)
    send(visitor)
    expect(visitor.page.get_by_role("alert")).to_contain_text("This username is taken.")


@state
def registration_code(visitor: Visitor) -> None:
    allow()
    register(visitor, address=LONG)


@state
def registration_code_wrong(visitor: Visitor) -> None:
    registration_code(visitor)
    enter(visitor, wrong(code_of(newest())))
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def registration_code_sent_a_moment_ago(visitor: Visitor) -> None:
    registration_code(visitor)
    visitor.page.get_by_role("button", name="Send a new code").click()
    expect(visitor.page.get_by_text("A code was sent a moment ago.")).to_be_visible()


@state
def registration_link_here(visitor: Visitor) -> None:
    registration_code(visitor)
    visitor.open(link_of(newest()))


@state
def registration_link_elsewhere(visitor: Visitor) -> None:
    allow()
    register_elsewhere(new_browser(), email=LONG)
    visitor.open(link_of(newest()))


@state
def registration_link_elsewhere_with_a_wrong_password(visitor: Visitor) -> None:
    registration_link_elsewhere(visitor)
    visitor.field("Password").fill("a guess of somebody")
    visitor.page.get_by_role("button", name="Confirm").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()


@state
def registration_link_over(visitor: Visitor) -> None:
    allow()
    visitor.open(f"{REGISTER}link/no-such-token/")


@state
def registration_begun_elsewhere(visitor: Visitor) -> None:
    allow()
    visitor.open(RESULT)
    expect(visitor.page.get_by_text("There is no registration to complete here")).to_be_visible()


@state
def registration_done(visitor: Visitor) -> None:
    registration_code(visitor)
    enter(visitor, code_of(newest()))
    expect(visitor.heading).to_have_text("Your account is ready")


@state
def registration_waits(visitor: Visitor) -> None:
    with gate():
        registration_code(visitor)
        enter(visitor, code_of(newest()))
        expect(visitor.heading).to_have_text("Waiting for approval")


@state
def registration_waits_at_sign_in(visitor: Visitor) -> None:
    allow()
    with gate():
        prove_elsewhere(new_browser())
    visitor.give_password("dora", PASSPHRASE)
    expect(visitor.heading).to_have_text("Waiting for approval")


@state
def registration_refused(visitor: Visitor) -> None:
    with gate() as holding:
        registration_code(visitor)
        enter(visitor, code_of(newest()))
        expect(visitor.heading).to_have_text("Waiting for approval")
    refuse(holding, "We could not find you among the people we work with.")
    visitor.open(RESULT)
    expect(visitor.page.get_by_text("Your request was not approved.")).to_be_visible()


@state
def registration_failed(visitor: Visitor) -> None:
    registration_code(visitor)
    make_person("dora")
    enter(visitor, code_of(newest()))
    expect(visitor.page.get_by_text("has been taken meanwhile")).to_be_visible()


def as_ada(path: str) -> State:
    def act(visitor: Visitor) -> None:
        Group.objects.create(name="Guests")
        allow()
        with gate():
            prove_elsewhere(new_browser())
        make_person("ada", is_staff=True, is_superuser=True)
        visitor.already_signed_in("ada")
        visitor.open(path.format(registration=Registration.objects.get().pk))

    return act


STATES["admin_registration_settings"] = as_ada("/admin/registration/registrationsettings/1/change/")
STATES["admin_registration"] = as_ada("/admin/registration/registration/{registration}/change/")


@pytest.mark.parametrize("name", list(STATES))
def test_nothing_is_wrong_with(name: str, visitor: Visitor) -> None:
    STATES[name](visitor)
    check(visitor, name, OF_ADMIN if "/admin/" in visitor.page.url else None)
