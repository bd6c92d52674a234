"""The pages and mails of self-registration, and what administrators see of it."""

from __future__ import annotations

import pytest
from django.utils.html import escape

from consent.purposes.models import Purpose
from myaccount.claims.models import Claim
from myaccount.outbox.models import Message
from myaccount.registration.models import Registration
from tests.registration.support import (
    CODE,
    LINK,
    REGISTER,
    RESULT,
    allow,
    code_of,
    form,
    gate,
    link_of,
    newest,
    refuse,
    run_jobs,
    send_every_mail,
)
from tests.support.admin_forms import filled_in
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.people import CHROME, PASSPHRASE, make_person
from tests.translation.reading import Reader, assert_translatable

pytestmark = pytest.mark.django_db

# What people typed.
DATA = (
    "DE",
    "Search",
    "ada",
    "dora",
    "second",
    "Dora",
    "Explorer",
    "example.net",
    "nonsense",
    "192.0.2.10",
    "en-xa",
    CHROME,
)


@pytest.fixture
def guest() -> Reader:
    """A browser nobody is signed in with, set to the pseudo-language."""
    return reader()


def reader() -> Reader:
    client = new_browser(CHROME)
    client.cookies["language"] = "en-xa"
    return Reader(client, DATA)


def test_the_form_has_no_text_outside_gettext(guest: Reader) -> None:
    allow(asks_captcha=True, policy_url="https://example.net/")
    Claim.objects.filter(name="family_name").update(is_required=True)
    make_person("dora")
    guest.get(SIGN_IN)
    guest.get(REGISTER)
    guest.post(REGISTER, {"username": ""})
    guest.post(REGISTER, form())  # without the captcha
    allow(domains="example.net example.org")
    for wrong in (
        {"username": "nonsense@example.net", "agree_given_name": None, "agree_needed": None},
        {"username": "nonsense\u200b", "email": "nonsense", "new_password": "nonsense"},
        {"email": "nonsense@example.com", "new_password": "dora-explorer-dora"},
        {"purpose_version": "9"},
        {},
    ):
        guest.post(REGISTER, form(**wrong))
    for _ in range(45):
        guest.client.post(REGISTER, form())
    guest.post(REGISTER, form())  # too often
    allow(is_email_the_username=True)
    guest.get(REGISTER)


def test_the_proof_has_no_text_outside_gettext(guest: Reader) -> None:
    allow()
    guest.get(guest.get(CODE, expected=302)["Location"])
    guest.post_and_read(REGISTER, form())
    run_jobs()
    for code in ("", "12", *["000000"] * 22):
        guest.post(CODE, {"code": code}, expected=None)
    guest.post_and_read(f"{CODE}resend/", {})
    guest.get(link_of(newest()), expected=302)
    guest.get(LINK)
    elsewhere = reader()
    elsewhere.get(elsewhere.get(link_of(newest()), expected=302)["Location"])
    for password in ("", "nonsense"):
        elsewhere.post(LINK, {"password": password})
    guest.post_and_read(LINK, {})
    elsewhere.get(LINK, expected=422)


def test_what_comes_of_it_has_no_text_outside_gettext(guest: Reader) -> None:
    allow()
    with gate() as holding:
        guest.post(REGISTER, form(), expected=302)
        run_jobs()
        guest.post_and_read(CODE, {"code": code_of(newest())})
    guest.post(SIGN_IN, {"identifier": "dora", "password": PASSPHRASE}, expected=200)
    refuse(holding)
    guest.get(RESULT)
    guest.post(REGISTER, form(), expected=302)
    run_jobs()
    Purpose.objects.filter(is_of_account=True).update(version=9)
    guest.post_and_read(CODE, {"code": code_of(newest())})
    guest.post(REGISTER, form(), expected=302)
    run_jobs()
    guest.post_and_read(CODE, {"code": code_of(newest())})
    sign_in(guest.client, "dora")
    guest.get("/myaccount/security/history/")


def test_mails_are_written_in_the_language_people_registered_in(guest: Reader) -> None:
    """Whoever's request or job sends them."""
    make_person("alice", language="en-xa")
    send_every_mail(guest.client, known="alice@example.org")
    messages = list(Message.objects.all())
    assert {message.topic for message in messages} == {
        "registration_known", "registration_code", "registration_waiting", "registration_refused", "welcome",
    }  # fmt: skip
    for message in messages:
        subject = f"<title>{escape(message.subject)}</title>"
        text = "".join(f"<p>{escape(line)}</p>" for line in message.text.splitlines())
        assert_translatable(subject + message.html + text, where=message.topic, data=DATA)


def test_administration_has_no_text_outside_gettext(guest: Reader) -> None:
    allow()
    guest.post(REGISTER, form(), expected=302)
    make_person("ada", is_staff=True, is_superuser=True, language="en-xa")
    admin = Reader(sign_in(new_browser(), "ada"), DATA)
    settings = "/admin/registration/registrationsettings/1/change/"
    bad = {"domains": "nonsense", "code_minutes": 3, "policy_url": "nonsense:"}
    admin.post(settings, filled_in(admin.client, settings, **bad), expected=200)
    admin.post_and_read(settings, filled_in(admin.client, settings, code_minutes=30))
    admin.get("/admin/registration/registration/")
    admin.get(f"/admin/registration/registration/{Registration.objects.get().pk}/change/")
