"""Registering, up to the account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from consent.consents.models import Consent, ConsentedClaim
from consent.purposes.models import Purpose
from consent.receipts.models import ConsentReceipt
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.claims.models import Claim
from myaccount.outbox.models import Message
from myaccount.registration import services
from myaccount.registration.models import Registration, State
from myaccount.users.models import User
from profile.models import Profile
from tests.registration.support import (
    ADDRESS,
    CODE,
    LINK,
    REGISTER,
    RESULT,
    allow,
    code_of,
    form,
    link_of,
    newest,
    prove,
    register,
    run_jobs,
)
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.captcha import solved
from tests.support.people import CHROME, PASSPHRASE, make_person

pytestmark = pytest.mark.django_db


def words(response: Any) -> str:
    return str(response.content.decode())


def has_error(response: Any, field: str) -> bool:
    assert response.status_code == 422
    return field in response.context["form"].errors


# Off until an administrator allows it


def test_nobody_registers_until_an_administrator_allows_it(browser: Client) -> None:
    assert "Create an account" not in words(browser.get(SIGN_IN))
    for path in (REGISTER, CODE, LINK, f"{LINK}token/", RESULT):
        assert browser.get(path).status_code == 404
    assert browser.post(REGISTER, form()).status_code == 404
    assert not Registration.objects.exists()
    allow()
    assert "Create an account" in words(browser.get(SIGN_IN))
    assert browser.get(REGISTER).status_code == 200


def test_who_is_signed_in_needs_no_account(alices: Client) -> None:
    allow()
    assert alices.get(REGISTER)["Location"] == "/myaccount/"


# From the form to the account


def test_an_account_is_made_once_the_address_is_proven(browser: Client) -> None:
    """Nothing of it exists before: no person, no name that is taken."""
    Group.objects.create(name="Guests")
    allow().groups.set(Group.objects.all())
    assert register(browser)["Location"] == CODE
    assert ADDRESS in words(browser.get(CODE))
    assert not User.objects.exists()
    assert browser.post(CODE, {"code": code_of(newest())})["Location"] == RESULT
    dora = User.objects.get(username="dora")
    assert (dora.email, dora.display_name, dora.language) == (ADDRESS, "Dora Explorer", "en")
    assert dora.email_verified_at is not None
    assert [group.name for group in dora.groups.all()] == ["Guests"]
    assert Profile.objects.get(user=dora).values == {"given_name": "Dora", "family_name": "Explorer"}
    page = words(browser.get(RESULT))
    assert "Your account is ready" in page
    assert browser.get("/myaccount/").status_code == 302  # nobody is signed in by it
    assert sign_in(browser, "dora").get("/myaccount/").status_code == 200
    assert newest("welcome").recipient == ADDRESS
    kinds = list(Event.objects.filter(user_uuid=dora.uuid).order_by("id").values_list("kind", flat=True))
    assert kinds[:3] == [EventKind.ACCOUNT_CREATED, EventKind.REGISTERED, EventKind.CONSENT_GIVEN]
    assert Event.objects.filter(kind=EventKind.REGISTRATION_STARTED, user_uuid=None).count() == 1


def test_the_first_receipt_says_what_was_agreed_to(browser: Client) -> None:
    """Security 82: with the purpose, the attributes no account is without, and those that were chosen."""
    allow()
    prove(browser, attribute_family_name="", agree_family_name=None)
    dora = User.objects.get()
    consent = Consent.objects.get(user=dora, application=None)
    assert (consent.is_from_registration, consent.version) == (True, 1)
    receipt = ConsentReceipt.objects.get(consent_uuid=consent.uuid)
    [service] = receipt.document["services"]
    names = {each["piiCategoryName"] for each in service["purposes"][0]["piiCategoryDetails"]}
    assert names == {"username", "email", "given_name"}
    assert receipt.document["collectionMethod"] == "Self-registration"
    assert receipt.document["piiPrincipalId"] == "dora"
    assert "Revoke" in words(sign_in(browser, "dora").get("/myaccount/security/"))


def test_what_was_agreed_to_at_registration_can_be_looked_over_without_a_change(browser: Client) -> None:
    """Attributes every account must have are no part of the page that changes the system consent."""
    allow()
    prove(browser)
    page = sign_in(browser, "dora").get("/myaccount/security/consents/system/")
    sent = {name: page.context["form"][name].value() for name in page.context["form"].fields}
    browser.post("/myaccount/security/consents/system/", {n: v for n, v in sent.items() if v not in (None, False)})
    assert ConsentReceipt.objects.count() == 1
    assert ConsentedClaim.objects.filter(is_granted=True).count() == 4


def test_what_has_to_be_agreed_to_is_asked_for(browser: Client) -> None:
    allow()
    refused = register(browser, agree_needed=None)
    assert "Please select all required consents in order to proceed." in words(refused)
    refused = register(browser, agree_family_name=None)
    assert has_error(refused, "agree_family_name")
    assert "Please type it again." in words(refused)
    assert "Please type it again." not in words(register(browser, new_password="short"))
    assert not Registration.objects.exists()
    assert PASSPHRASE not in words(refused)
    assert 'value="dora"' in words(refused)


def test_a_required_attribute_is_among_what_no_account_is_without(browser: Client) -> None:
    allow()
    Claim.objects.filter(name="given_name").update(is_required=True)
    assert "agree_given_name" not in words(browser.get(REGISTER))
    assert has_error(register(browser, attribute_given_name=""), "attribute_given_name")
    assert prove(browser)["Location"] == RESULT
    assert User.objects.get().display_name == "Dora Explorer"


def test_other_words_of_the_purpose_are_agreed_to_anew(browser: Client) -> None:
    """While the form is open, and between the form and the proof: nothing is kept for what nobody has read."""
    allow()
    sent = form()
    Purpose.objects.filter(is_of_account=True).update(version=7)
    page = browser.post(REGISTER, sent)
    assert has_error(page, "purpose_version")
    assert page.context["form"]["purpose_version"].value() == "7"
    assert page.context["form"]["agree_needed"].value() is False
    register(browser)
    Purpose.objects.filter(is_of_account=True).update(version=8)
    browser.post(CODE, {"code": code_of(newest())})
    assert "could not be completed" in words(browser.get(RESULT))
    assert not User.objects.exists()


def test_attributes_marked_in_the_registry_are_asked_for(browser: Client) -> None:
    """Security 24, 27: by the rules of each kind; read-only ones never."""
    allow()
    marked = ("mobile", "country", "url", "birthdate", "zoneinfo")
    Claim.objects.filter(name__in=marked).update(is_asked_at_registration=True)
    Claim.objects.filter(name="role").update(is_asked_at_registration=True)
    Claim.objects.create(name="news", label="News", type="boolean", is_asked_at_registration=True)
    page = words(browser.get(REGISTER))
    assert 'name="attribute_mobile"' in page
    assert 'name="attribute_role"' not in page
    given = {
        "mobile": "07400 123456",
        "country": "GB",
        "url": "https://dora.example",
        "news": "on",
        "zoneinfo": "Europe/Berlin",
    }
    fields = {f"attribute_{name}": value for name, value in given.items()} | {f"agree_{name}": "on" for name in given}
    for name, bad in {"mobile": "+1 900 555 0123", "url": "javascript:alert(1)", "birthdate": "2222-01-01"}.items():
        assert has_error(
            register(browser, **{**fields, f"attribute_{name}": bad, f"agree_{name}": "on"}), f"attribute_{name}"
        )
    assert prove(browser, **fields)["Location"] == RESULT
    dora = User.objects.get()
    assert (dora.mobile, dora.mobile_verified_at, dora.time_zone) == ("+447400123456", None, "Europe/Berlin")
    values = Profile.objects.get().values
    assert values["country"] == "GB"
    assert values["news"] == "true"
    assert not {"mobile", "zoneinfo"} & values.keys()


def test_only_what_the_form_asks_for_is_taken(browser: Client) -> None:
    """Security 22."""
    allow()
    extra = {
        "is_staff": "on", "is_superuser": "on", "groups": "1", "attribute_role": "Admin", "attribute_department": "X",
        "agree_department": "on", "email_verified_at": "2020-01-01", "state": "done", "uuid": "1",
    }  # fmt: skip
    prove(browser, **extra)
    dora = User.objects.get()
    assert (dora.is_staff, dora.is_superuser, dora.groups.count()) == (False, False, 0)
    assert Profile.objects.get().values == {"given_name": "Dora", "family_name": "Explorer"}


# What may be chosen


@pytest.mark.parametrize("username", ["ALICE", "\uff21lice", " alice ", "a\u200blice", "x" * 151, "bob@example.org"])
def test_a_username_is_ones_own_alone(alice: User, browser: Client, username: str) -> None:
    """Security 4, 29: taken in any spelling, invisible, too long, or another's address."""
    allow()
    assert has_error(register(browser, username=username), "username")
    assert not Registration.objects.exists()


def test_ones_own_address_may_be_the_username(browser: Client) -> None:
    allow()
    assert prove(browser, username=ADDRESS.upper())["Location"] == RESULT
    assert sign_in(browser, ADDRESS).get("/myaccount/").status_code == 200


def test_the_address_is_the_username_where_administrators_want_that(browser: Client) -> None:
    allow(is_email_the_username=True)
    assert 'name="username"' not in words(browser.get(REGISTER))
    prove(browser, username="admin")
    assert User.objects.get().username == ADDRESS


def test_addresses_of_other_domains_are_refused(browser: Client) -> None:
    allow(domains="example.org\nexample.com")
    for address in (ADDRESS, "d@sub.example.org", "d@example.org.evil.example", "d@exa\u200bmple.org"):
        assert has_error(register(browser, email=address), "email")
    assert register(browser, email="Dora@EXAMPLE.org")["Location"] == CODE


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("too short", "at least 15 characters"),
        ("passwordpassword", "the passwords many people use"),
        ("dora-explorer-dora", "too similar to your name, username or e-mail address"),
        ("my account localhost", "too similar to the name of this site"),
    ],
)
def test_the_password_keeps_the_portals_rules(browser: Client, password: str, reason: str) -> None:
    """Security 32, 33."""
    allow()
    refused = register(browser, new_password=password)
    assert has_error(refused, "new_password")
    assert reason in words(refused)


def test_long_passwords_and_any_spelling_are_taken(browser: Client) -> None:
    """Security 32: NFC; nothing is cut."""
    allow()
    prove(browser, new_password="caf\u00e9 " * 20)
    sign_in(browser, "dora", "cafe\u0301 " * 20)


@pytest.mark.parametrize("name", ["username", "email", "attribute_given_name", "new_password"])
def test_impossible_input_is_refused(browser: Client, name: str) -> None:
    """Security 90."""
    allow()
    assert register(browser, **{name: "a\x00b"}).status_code == 422
    assert register(browser, **{name: "x" * 5000}).status_code == 422
    assert register(browser, purpose_version="x").status_code == 422


def test_hostile_text_is_only_text(browser: Client) -> None:
    """Security 23: on the pages, and in mails, which carry nothing a stranger could have written."""
    allow(text="<b>Guests only</b>")
    bad = "<script>alert(1)</script>"
    page = words(register(browser, username=bad, attribute_given_name=bad, agree_needed=None))
    assert bad not in page
    assert "<b>Guests" not in page
    register(browser, username="visit-evil.example")
    assert "evil.example" not in newest().text + newest().html + newest().subject


# The captcha


def test_a_solved_captcha_is_asked_for_before_anything_else(alice: User, browser: Client) -> None:
    """Security 46: without one nobody learns which usernames are taken; one counts once, and for this alone."""
    allow(asks_captcha=True)
    for wrong in (None, "x", solved(browser, "recover")):
        refused = register(browser, username="alice", captcha=wrong)
        assert has_error(refused, "__all__")
        assert not has_error(refused, "username")
    payload = solved(browser, "register")
    assert has_error(register(browser, username="alice", captcha=payload), "username")
    assert has_error(register(browser, captcha=payload), "__all__")
    assert has_error(register(new_browser(CHROME), captcha=solved(browser, "register")), "__all__")
    assert register(browser, captcha=solved(browser, "register"))["Location"] == CODE


# The address


def test_an_address_with_an_account_gets_another_mail_and_nothing_else_differs(alice: User) -> None:
    """Security 1, 36, 43: the same replies throughout, and a mail to the spelling that is stored."""
    allow()
    pages = []
    for address in (ADDRESS, "ALICE@example.org"):
        browser = new_browser()
        sent = register(browser, email=address)
        replies = [sent, browser.get(CODE), browser.post(CODE, {"code": "000000"}), browser.post(f"{CODE}resend/")]
        replies.append(browser.get(CODE))
        pages.append([(r.status_code, r.get("Location"), without_tokens(words(r), address)) for r in replies])
    assert pages[0] == pages[1]
    assert list(Message.objects.filter(topic="registration_known").values_list("recipient", flat=True)) == [alice.email]
    assert Message.objects.filter(topic="registration_code").count() == 1
    assert User.objects.count() == 1


def without_tokens(page: str, address: str) -> str:
    lines = (line for line in page.replace(address, "ADDRESS").splitlines() if "csrfmiddlewaretoken" not in line)
    return "\n".join(lines)


def test_the_request_is_the_same_work_whoever_has_the_address(alice: User, count_queries: Any) -> None:
    """Security 2, 36: as many queries, one hash, one job; what differs is done by the job."""
    allow()
    costs = []
    for address in (ADDRESS, "alice@example.org"):
        browser = new_browser()
        browser.get(REGISTER)
        costs.append(
            count_queries(lambda browser=browser, address=address: browser.post(REGISTER, form(email=address)))
        )
    assert costs[0] == costs[1]
    assert not Message.objects.exists()


def test_wrong_codes_are_counted(browser: Client) -> None:
    """Security 3, 45: five, then the code is dead, the right one, too; and a new one kills the old."""
    allow()
    register(browser)
    right = code_of(newest())
    for number in range(5):
        assert browser.post(CODE, {"code": f"{(int(right) + 1 + number) % 10**6:06}"}).status_code == 422
    assert browser.post(CODE, {"code": right}).status_code == 422
    assert not User.objects.exists()


def test_a_new_message_kills_the_older_one(browser: Client, time_machine: Any) -> None:
    """Security 37, 44, 45."""
    allow()
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    register(browser)
    old_code, old_link = code_of(newest()), link_of(newest())
    browser.post(f"{CODE}resend/")
    run_jobs()
    assert Message.objects.filter(topic="registration_code").count() == 1  # too soon
    time_machine.shift(61)
    browser.post(f"{CODE}resend/")
    run_jobs()
    assert Message.objects.filter(topic="registration_code").count() == 2
    if code_of(newest()) != old_code:
        assert browser.post(CODE, {"code": old_code}).status_code == 422
    browser.get(old_link)
    assert browser.post(LINK).status_code == 422
    assert browser.post(CODE, {"code": code_of(newest())})["Location"] == RESULT


def test_registering_again_in_the_same_browser_replaces_the_first(browser: Client) -> None:
    """Security 37."""
    allow()
    register(browser)
    old = link_of(newest())
    register(browser, email="other@example.net")
    assert Registration.objects.count() == 1
    browser.get(old)
    assert browser.post(LINK).status_code == 422


def test_codes_and_links_run_out(browser: Client, time_machine: Any) -> None:
    """Security 37: after the minutes administrators set; then the row goes."""
    allow(code_minutes=30)
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    register(browser)
    time_machine.shift(1801)
    assert browser.post(CODE, {"code": code_of(newest())})["Location"] == REGISTER
    browser.get(link_of(newest()))
    assert browser.get(LINK).status_code == 422
    assert services.forget_old(now=timezone.now()) == 1


def test_what_is_over_is_forgotten_after_a_month(browser: Client) -> None:
    allow()
    prove(browser)
    now = timezone.now()
    assert services.forget_old(now=now + timedelta(days=29)) == 0
    assert services.forget_old(now=now + timedelta(days=31)) == 1
    assert User.objects.exists()


def test_only_digests_and_one_hash_are_stored_and_they_go(browser: Client) -> None:
    """Security 37: nothing that opens an account stays in the row of a registration that is over."""
    allow()
    register(browser)
    stored = str(list(Registration.objects.values()))
    code, token = code_of(newest()), link_of(newest()).split("/")[-2]
    for secret in (code, token, PASSPHRASE):
        assert secret not in stored
    browser.post(CODE, {"code": code})
    row = Registration.objects.get()
    assert (row.state, row.password, row.code_digest, row.token_digest, row.values) == (State.DONE, "", "", "", {})


def test_the_link_works_in_the_same_browser_and_its_token_leaves_the_address(browser: Client) -> None:
    """Security 12, 39, 42: GET uses nothing up, and the host is ours whatever the request says."""
    allow()
    browser.post(REGISTER, form(), headers={"x-forwarded-host": "evil.example"})
    run_jobs()
    assert f"{settings.PUBLIC_URL}{LINK}" in newest().text
    path = link_of(newest())
    assert browser.get(path)["Location"] == LINK
    page = words(browser.get(LINK))
    assert path.split("/")[-2] not in page
    assert "password" not in page
    assert not User.objects.exists()
    assert browser.post(LINK)["Location"] == RESULT
    assert User.objects.get().username == "dora"


def test_another_browser_has_to_know_the_password_that_was_chosen(browser: Client) -> None:
    """Nobody proves their address for an account whose password a stranger has chosen."""
    allow()
    register(browser)
    victim = new_browser(CHROME)
    victim.get(link_of(newest()))
    assert "This is not the browser you registered in" in words(victim.get(LINK))
    for guess in ({}, {"password": "a guess of somebody else"}):
        assert victim.post(LINK, guess).status_code == 422
    assert not User.objects.exists()
    assert victim.post(LINK, {"password": PASSPHRASE})["Location"] == RESULT
    assert "Your account is ready" in words(victim.get(RESULT))
    assert browser.get(CODE)["Location"] == RESULT


def test_passwords_for_a_link_are_counted(browser: Client) -> None:
    """Security 3, 45."""
    allow()
    register(browser)
    other = new_browser(CHROME)
    other.get(link_of(newest()))
    for _ in range(5):
        assert other.post(LINK, {"password": "a guess of somebody else"}).status_code == 422
    assert other.post(LINK, {"password": PASSPHRASE}).status_code == 422


def test_each_step_looks_at_what_the_server_knows(browser: Client) -> None:
    """Security 40: steps skipped, begun elsewhere, or taken twice."""
    allow()
    for path in (CODE, RESULT):
        assert browser.get(path)["Location"] == REGISTER
    assert browser.post(f"{CODE}resend/")["Location"] == REGISTER
    register(browser)
    code = code_of(newest())
    assert browser.get(RESULT)["Location"] == REGISTER
    assert new_browser(CHROME).post(CODE, {"code": code})["Location"] == REGISTER
    assert browser.post(CODE, {"code": code})["Location"] == RESULT
    assert browser.post(CODE, {"code": code})["Location"] == RESULT
    assert User.objects.count() == 1


def test_messages_are_counted_for_address_and_network() -> None:
    """Security 44: an address gets eight an hour, whoever asks; a network forty."""
    allow()
    answers = []
    for number in range(9):
        other = new_browser(address=f"192.0.2.{number}")
        answers.append(other.post(REGISTER, form(username=f"dora{number}", email=ADDRESS.upper())).status_code)
    assert answers == [302] * 8 + [422]
    answers = []
    for number in range(41):
        browser = new_browser(address="198.51.100.9")
        answers.append(browser.post(REGISTER, form(username="d", email=f"d{number}@example.net")).status_code)
    assert answers == [302] * 40 + [422]


def test_a_name_taken_meanwhile_ends_the_registration(browser: Client) -> None:
    """Security 29: nothing is made, and the person is told."""
    allow()
    register(browser)
    make_person("dora")
    browser.post(CODE, {"code": code_of(newest())})
    page = words(browser.get(RESULT))
    assert "There is no account yet" in page
    assert "has been taken meanwhile" in page
    assert Registration.objects.get().password == ""
    assert User.objects.count() == 1


def test_an_address_proven_by_somebody_else_meanwhile_ends_the_registration(browser: Client) -> None:
    """Security 29."""
    allow()
    register(browser)
    make_person("other", email=ADDRESS.upper())
    browser.post(CODE, {"code": code_of(newest())})
    assert "There is no account yet" in words(browser.get(RESULT))


# Going on


def test_where_one_wanted_to_go_is_kept(browser: Client) -> None:
    """Security 11: a page of ours, and nothing else."""
    allow()
    assert "next=%2Fmyaccount%2Fsecurity%2F" in words(browser.get(f"{SIGN_IN}?next=/myaccount/security/"))
    assert 'value="/myaccount/security/"' in words(browser.get(f"{REGISTER}?next=/myaccount/security/"))
    prove(browser, next="/myaccount/security/")
    assert f"{SIGN_IN}?next=%2Fmyaccount%2Fsecurity%2F" in words(browser.get(RESULT))
    for number, bad in enumerate(("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)")):
        other = new_browser()
        assert f"{SIGN_IN}?next" not in words(other.get(REGISTER, {"next": bad}))
        prove(other, next=bad, username=f"dora{number}", email=f"d{number}@example.net")
        assert f'href="{SIGN_IN}"' in words(other.get(RESULT))


def test_pages_ask_few_queries(browser: Client, count_queries: Any) -> None:
    allow()
    browser.get(REGISTER)
    assert count_queries(lambda: browser.get(REGISTER)) <= 6
    register(browser)
    for path in (CODE, REGISTER):
        assert count_queries(lambda path=path: browser.get(path)) <= 6
    browser.post(CODE, {"code": code_of(newest())})
    assert count_queries(lambda: browser.get(RESULT)) <= 6
