"""Fresh proof of identity before a sensitive act, on the POST itself."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web import step_up
from profile.models import PendingContact
from sessions_app.models import LoginSession
from tests.support.addresses import addresses
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.people import CHROME, PASSPHRASE

CONFIRM = "/myaccount/confirm/"
CONTINUE = "/myaccount/confirm/continue/"
GUARDED = [address for address in addresses() if hasattr(address.view, "requires_step_up")]
ANSWERED_WITH_A_FILE = {"export-json", "export-zip", "export-page"}  # their POST comes back by GET, to the button


def confirm(client: Client, **form: str) -> Any:
    return client.post(CONFIRM, {"password": PASSPHRASE, **form})


def offered_again(client: Client) -> tuple[str, dict[str, str]]:
    """The form of the page that goes on: where it is sent, and its hidden fields."""
    page = client.get(CONTINUE).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    form = re.search(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', main, re.DOTALL)
    assert form is not None
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[2])
    kept = {unescape(name): unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}
    return unescape(form[1]), kept


def test_sensitive_acts_are_guarded() -> None:
    """Security 20: contacts and sessions in this slice."""
    assert {address.name for address in GUARDED} >= {
        "change-contact",
        "edit-contact",
        "terminate-session",
        "terminate-all-sessions",
        "terminate-other-sessions",
    }


@pytest.mark.parametrize("address", GUARDED, ids=str)
def test_people_are_told_what_they_confirm_and_can_go_back(alices: Client, address: Any) -> None:
    make_stale(alices)
    asked = alices.get(CONFIRM, {"next": address.path})
    assert asked.context["act"].title
    words = unescape(asked.content.decode())
    assert f"<b>{asked.context['act'].title}</b>" in words
    assert f'href="{asked.context["act"].back}"' in words
    assert asked.context["act"].back != "/myaccount/"


def test_who_decides_goes_back_to_the_task(alices: Client) -> None:
    make_stale(alices)
    assert (
        alices.get(CONFIRM, {"next": "/myaccount/approvals/7/reject/"}).context["act"].back == "/myaccount/approvals/7/"
    )


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("contact/email/", {"value": "new@example.org", "opened_with": ""}, "Nothing of what you typed is lost."),
        (
            "linked-accounts/add/",
            {"identifier": "carol", "password": "x"},
            "What you typed is kept; only passwords,",
        ),
        ("identities/connect/oogle/", {}, ""),
    ],
)
def test_the_page_that_goes_on_names_the_act_and_what_was_typed(
    alices: Client, path: str, fields: dict[str, str], words: str
) -> None:
    make_stale(alices)
    alices.post(f"/myaccount/personal-info/{path}", fields)
    confirm(alices, next=CONTINUE)
    response = alices.get(CONTINUE)
    page = unescape(response.content.decode())
    assert f"<h1>{response.context['act'].title}</h1>" in page
    assert 'href="/myaccount/personal-info/#' in page
    assert words in page
    assert ("you typed" in page) == bool(words)


@pytest.mark.parametrize("address", GUARDED, ids=str)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stale_session_is_asked_who_it_is(alices: Client, address: Any, method: str) -> None:
    """Security 20: every guarded view, by GET and POST; nothing happens before."""
    make_stale(alices)
    before = (LoginSession.objects.filter(ended_at=None).count(), PendingContact.objects.count())
    response = getattr(alices, method)(address.path, {"value": "new@example.org", "opened_with": ""})
    assert response.status_code in (302, 405)
    if response.status_code == 302:
        wanted = address.path if method == "get" or address.name in ANSWERED_WITH_A_FILE else CONTINUE
        assert re.match(rf"{CONFIRM}\?next={re.escape(wanted).replace('/', '%2F')}", response["Location"])
    assert (LoginSession.objects.filter(ended_at=None).count(), PendingContact.objects.count()) == before
    assert not Message.objects.exists()


def test_proof_lasts_five_minutes_and_not_a_second_more(alices: Client, time_machine: Any) -> None:
    """Security 20."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    sign_in(alices)
    time_machine.shift(299)
    assert alices.get("/myaccount/security/sessions/terminate-all/").status_code == 200
    time_machine.shift(1)
    assert alices.get("/myaccount/security/sessions/terminate-all/").status_code == 302


def test_a_page_opened_in_time_does_not_let_its_form_come_late(alices: Client, time_machine: Any) -> None:
    """Security 20: the POST itself is checked."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    sign_in(alices)
    assert alices.get("/myaccount/security/sessions/terminate-all/").status_code == 200
    time_machine.shift(301)
    assert alices.post("/myaccount/security/sessions/terminate-all/")["Location"].startswith(CONFIRM)
    assert LoginSession.objects.filter(ended_at=None).count() == 1


@pytest.mark.parametrize("mark", [None, "x", [], True, 10**12, -1, {"at": 1}])
def test_an_odd_mark_is_no_proof(alices: Client, mark: Any) -> None:
    """Security 20: fails closed, also after the clock was set back."""
    session = alices.session
    session["step_up_confirmed_at"] = mark
    session.save()
    assert alices.get("/myaccount/security/sessions/terminate-all/").status_code == 302


def test_a_session_without_a_mark_is_no_proof(alices: Client) -> None:
    """Security 20."""
    session = alices.session
    del session["step_up_confirmed_at"]
    session.save()
    assert alices.get("/myaccount/security/sessions/terminate-all/").status_code == 302


def test_after_confirming_one_is_where_one_wanted_to_be(alices: Client) -> None:
    make_stale(alices)
    asked = alices.get("/myaccount/security/sessions/terminate-all/", follow=True)
    assert asked.request["PATH_INFO"] == CONFIRM
    assert PASSPHRASE not in asked.content.decode()
    target = "/myaccount/security/sessions/terminate-all/"
    assert confirm(alices, next=target)["Location"] == target
    assert alices.get(target).status_code == 200
    assert Event.objects.filter(kind=EventKind.IDENTITY_CONFIRMED).count() == 1


def test_a_wrong_password_confirms_nothing_and_is_written_down(alices: Client, alice: User) -> None:
    make_stale(alices)
    page = alices.post(CONFIRM, {"password": "wrong", "next": "/myaccount/security/"})
    assert page.status_code == 422
    assert "That is not your password." in page.content.decode()
    assert 'value="/myaccount/security/"' in page.content.decode()
    assert alices.get("/myaccount/security/sessions/terminate-all/").status_code == 302
    assert Event.objects.filter(kind=EventKind.IDENTITY_NOT_CONFIRMED, user_uuid=alice.uuid).count() == 1


def test_somebody_elses_password_confirms_nothing(alices: Client, bob: User) -> None:
    """Security 20: the person of the session is meant, whatever the hidden name says."""
    bob.set_password("another person's passphrase")
    bob.save()
    form = {"password": "another person's passphrase", "username": "bob", "identifier": "bob"}
    assert alices.post(CONFIRM, form).status_code == 422


def test_a_form_that_came_late_is_kept_and_offered_again(alices: Client, alice: User) -> None:
    """Security 20: nothing typed is lost."""
    make_stale(alices)
    typed = {"value": "Zoë <zoe+new@example.org>", "opened_with": "a" * 32, "several": 'ü & "quotes" \'n <b>'}
    alices.post("/myaccount/personal-info/contact/email/", typed)
    confirm(alices, next=CONTINUE)
    path, fields = offered_again(alices)
    assert path == "/myaccount/personal-info/contact/email/"
    assert fields == typed
    assert not PendingContact.objects.exists()


def test_the_form_offered_again_does_what_was_wanted(alices: Client, alice: User) -> None:
    other = sign_in(new_browser(CHROME))
    make_stale(alices)
    alices.post("/myaccount/security/sessions/sign-out-elsewhere/")
    confirm(alices, next=CONTINUE)
    path, fields = offered_again(alices)
    alices.post(path, fields)
    assert other.get("/myaccount/").status_code == 302
    assert alices.get("/myaccount/").status_code == 200


def test_no_password_code_or_token_is_ever_kept(alices: Client) -> None:
    """Security 20, 90."""
    make_stale(alices)
    secrets = {
        "password": "sesame-1",
        "current_password": "sesame-2",
        "new_password": "sesame-3",
        "Password": "sesame-4",
        "code": "sesame-5",
        "one_time_code": "sesame-6",
        "csrfmiddlewaretoken": "sesame-7",
        "PASSWORD2": "sesame-8",
    }
    alices.post("/myaccount/personal-info/contact/email/", {**secrets, "value": "kept"})
    assert "sesame" not in str(dict(alices.session.items()))
    confirm(alices, next=CONTINUE)
    assert offered_again(alices)[1] == {"value": "kept"}


def test_a_kept_form_is_forgotten_after_ten_minutes(alices: Client, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    sign_in(alices)
    make_stale(alices)
    alices.post("/myaccount/personal-info/contact/email/", {"value": "kept"})
    time_machine.shift(599)
    assert alices.get(CONTINUE).status_code == 200
    time_machine.shift(1)
    assert alices.get(CONTINUE)["Location"] == "/myaccount/"


def test_a_kept_form_does_not_outlive_the_sign_in(alices: Client, bob: User) -> None:
    """Security 21."""
    make_stale(alices)
    alices.post("/myaccount/personal-info/contact/email/", {"value": "of alice"})
    alices.post("/myaccount/sign-out/")
    sign_in(alices, "bob")
    assert alices.get(CONTINUE)["Location"] == "/myaccount/"


def test_a_kept_form_does_not_pass_to_another_person(alices: Client, bob: User) -> None:
    """Security 21."""
    make_stale(alices)
    alices.post("/myaccount/personal-info/contact/email/", {"value": "of alice"})
    sign_in(alices, "bob")
    assert alices.get(CONTINUE)["Location"] == "/myaccount/"


def test_nothing_kept_leads_to_the_overview(alices: Client) -> None:
    assert alices.get(CONTINUE)["Location"] == "/myaccount/"


@pytest.mark.parametrize(
    "kept", ["x", 1, [], {}, {"path": "/x/"}, {"path": "/x/", "at": "now", "fields": []}, {"what": 1}]
)
def test_an_unreadable_form_is_no_form(alices: Client, kept: Any) -> None:
    """Unknown state starts over."""
    session = alices.session
    session["step_up_interrupted"] = kept
    session.save()
    assert alices.get(CONTINUE)["Location"] == "/myaccount/"


def test_confirming_keeps_the_session_and_its_place_in_the_list(alices: Client) -> None:
    """Security 9: a new key for the same session."""
    before = alices.session["login_session"]
    confirm(alices)
    assert alices.session["login_session"] == before
    assert LoginSession.objects.filter(ended_at=None).count() == 1


def test_a_mark_set_now_is_fresh(alices: Client, rf: Any, alice: User) -> None:
    request = rf.get("/")
    request.session, request.user = alices.session, alice
    now = timezone.now()
    step_up.mark_confirmed(request.session, now=now)
    assert step_up.is_confirmed(request, now=now)
