"""Taking the data away: who may, what it leaves behind, how it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from consent.receipts.models import ConsentReceipt
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM, record
from myaccount.claims.models import Claim
from myaccount.export import page
from myaccount.export.writing import BLOCK, as_read_by_person
from myaccount.limits.models import AttemptBudget
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from security import export as security_export
from sessions_app.services import start
from tests.consent.support import consent_to, make_application
from tests.export.support import JSON, PAGE, PRINTED, ZIP, Everything, body_of, exported, pieces_of, unzipped
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.factors import add_app
from tests.support.people import FIREFOX, PASSPHRASE

EVERY_FORM = pytest.mark.parametrize(("path", "form"), [(JSON, "json"), (ZIP, "zip"), (PRINTED, "page")])


def exports() -> list[Event]:
    return list(Event.objects.filter(kind=EventKind.DATA_EXPORTED))


@pytest.mark.parametrize(
    ("path", "content_type", "name"),
    [(JSON, "application/json", "userInfo.json"), (ZIP, "application/zip", "userInfo.zip")],
)
def test_a_download_is_a_file_nobody_keeps_or_shows(alices: Client, path: str, content_type: str, name: str) -> None:
    """Security 16, 30."""
    response = alices.post(path)
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert response.streaming


@EVERY_FORM
def test_it_is_written_down_and_told_before_anything_leaves(alices: Client, alice: User, path: str, form: str) -> None:
    """Security 47: the event and the mail are there while nobody has read a byte."""
    alices.post(path)
    (event,) = exports()
    assert (event.user_uuid, event.data, event.ip) == (alice.uuid, {"form": form}, "192.0.2.10")
    message = Message.objects.get(topic="data_exported")
    assert message.recipient == "alice@example.org"
    for text in ("Firefox on Windows", "192.0.2.10", "If this was not you, change your password"):
        assert text in message.text
        assert text in message.html


def test_who_has_no_proven_address_is_not_written_to(alice: User) -> None:
    User.objects.update(email="", email_verified_at=None)
    exported(sign_in(new_browser()))
    assert exports()
    assert not Message.objects.filter(topic="data_exported").exists()


@EVERY_FORM
def test_looking_hands_out_nothing(alices: Client, path: str, form: str) -> None:
    """Security 12: by GET there is the button only, also where somebody made the browser go there."""
    response = alices.get(path)
    assert response.status_code == 200
    assert "Alice" not in response.content.decode().split("<main")[1].split("</main>")[0]
    assert not exports()


@EVERY_FORM
def test_a_stale_session_confirms_and_comes_back_to_the_button(alices: Client, path: str, form: str) -> None:
    """Security 20: on the POST itself; after it, one click and the file comes, and the page still makes sense."""
    make_stale(alices)
    asked = alices.post(path)
    assert asked["Location"].startswith("/myaccount/confirm/?next=")
    assert not exports()
    back = alices.post("/myaccount/confirm/", {"password": PASSPHRASE, "next": path}, follow=True)
    assert back.request["PATH_INFO"] == path
    assert "Your data is ready" in back.content.decode()
    assert alices.post(path).status_code in (200, 302)
    assert len(exports()) == 1


@EVERY_FORM
def test_who_has_a_second_factor_shows_it(alices: Client, alice: User, path: str, form: str) -> None:
    """Security 20, 53: a password alone is not enough to take everything."""
    add_app(alice)
    assert alices.post(path)["Location"].startswith("/myaccount/confirm/")
    assert not exports()


def test_the_page_needs_fresh_proof_to_be_shown_again(alices: Client) -> None:
    """Security 16, 20: and it is not there for who did not ask for it, nor after a few minutes."""
    assert "Your data is ready" in alices.get(PRINTED).content.decode()
    shown = alices.post(PRINTED, follow=True)
    assert "alice@example.org" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert "alice@example.org" in alices.get(PRINTED).content.decode()
    session = alices.session
    session["export_page_opened_at"] = timezone.now().timestamp() - page.OPEN_FOR.total_seconds()
    session.save()
    assert "alice@example.org" not in alices.get(PRINTED).content.decode()
    alices.post(PRINTED)
    make_stale(alices)
    assert alices.get(PRINTED)["Location"].startswith("/myaccount/confirm/")


@pytest.mark.parametrize("mark", [None, "x", [], 10**12, -1])
def test_an_odd_mark_opens_no_page(alices: Client, mark: Any) -> None:
    """Security 20: fails closed, also after the clock was set back."""
    session = alices.session
    session["export_page_opened_at"] = mark
    session.save()
    assert "alice@example.org" not in alices.get(PRINTED).content.decode()


def test_there_are_ten_exports_and_then_a_pause(alices: Client, time_machine: Any) -> None:
    """Each reads everything. All forms count together, and the page says until when."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    sign_in(alices)
    for number in range(10):
        queries_of(alices, (JSON, ZIP, PRINTED)[number % 3])
    for path in (JSON, ZIP, PRINTED):
        refused = alices.post(path)
        assert refused.status_code == 429
        assert "You can do it again from 22 Nov 2026, 13:00." in refused.content.decode()
    assert len(exports()) == 10
    time_machine.shift(3601)
    sign_in(alices)
    exported(alices)
    assert len(exports()) == 11


def test_the_pause_is_each_persons_own(alices: Client, bob: User) -> None:
    AttemptBudget.objects.create(
        key=f"export:{bob.uuid}", last_attempt_at=timezone.now(), blocked_until=timezone.now() + timedelta(hours=1)
    )
    assert alices.post(JSON).status_code == 200
    assert sign_in(new_browser(), "bob").post(JSON).status_code == 429


def test_the_section_says_what_the_manual_says(alices: Client) -> None:
    """Manual, “Export user profile”: section and button by name, and the tip about receipts."""
    text = alices.get(PAGE).content.decode()
    section = text[text.index('id="export-profile"') :]
    for words in ("Export profile", "Download as JSON", "Download as ZIP", "View to print", "What is in the file",
                  "names the data controller as it was when the receipt was issued"):  # fmt: skip
        assert words in section


def test_it_can_be_switched_off_and_stays_when_the_page_is_read_only(alices: Client) -> None:
    PortalSettings(features={"personal-info.export": "off"}).save()
    assert alices.post(JSON).status_code == 404
    assert "Download as JSON" not in alices.get(PAGE).content.decode()
    PortalSettings(features={"personal-info": "read-only"}).save()
    assert alices.post(JSON).status_code == 200
    assert "Download as JSON" in alices.get(PAGE).content.decode()


def test_the_zip_holds_the_picture_and_every_receipt(everything: Everything) -> None:
    """The receipts exactly as issued, earlier ones too, with their signatures; names are ours alone."""
    archive = unzipped(everything.browser)
    names = archive.namelist()
    assert names[:4] == ["README.txt", "userInfo.json", "userInfo.schema.json", "picture.webp"]
    assert archive.read("picture.webp").startswith(b"RIFF")
    receipts = list(ConsentReceipt.objects.filter(user_uuid=everything.person.uuid))
    assert len(receipts) > len(json.loads(archive.read("userInfo.json"))["consents"])
    assert set(names[4:]) == {f"receipts/{r.pk}.{end}" for r in receipts for end in ("json", "jws")}
    for receipt in receipts:
        assert json.loads(archive.read(f"receipts/{receipt.pk}.json")) == receipt.document
        assert archive.read(f"receipts/{receipt.pk}.jws").decode() == receipt.signed
    readme = archive.read("README.txt").decode()
    assert "What My Account keeps about Alice Liddell" in readme
    assert "linked_accounts: your other accounts, here and elsewhere" in readme


def live_a_while(alice: User, *, events: int, sessions: int) -> None:
    now = timezone.now()
    for number in range(events, 0, -1):
        record(EventKind.SIGNED_IN, user=alice, origin=SYSTEM, now=now - timedelta(minutes=number))
    for _ in range(sessions):
        start(user=alice, origin=SYSTEM, methods=["pwd"], now=now)


def queries_of(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = browser.post(path, follow=True)
        assert body_of(response) if response.streaming else response.content
    return len(queries)


@EVERY_FORM
def test_fifty_of_everything_cost_no_more_queries_than_one(alices: Client, alice: User, path: str, form: str) -> None:
    consent_to(alice, make_application("First"))
    before = queries_of(alices, path)
    live_a_while(alice, events=50, sessions=50)
    for number in range(20):
        consent_to(alice, make_application(f"Application {number}"))
    Claim.objects.bulk_create(Claim(name=f"custom_{number}", label=f"Custom {number}") for number in range(50))
    assert queries_of(alices, path) == before
    assert before <= 75, before


def test_a_long_history_takes_a_query_a_chunk(alice: User) -> None:
    """Constant memory: never more rows than a chunk has."""
    live_a_while(alice, events=95, sessions=0)
    with CaptureQueriesContext(connection) as queries:
        found = list(security_export.events(alice, now=timezone.now(), chunk=10))
    assert len(found) == Event.objects.filter(user_uuid=alice.uuid).count()
    assert len(queries) == len(found) // 10 + 1
    assert found == sorted(found, key=lambda each: each["at"], reverse=True)
    assert len({json.dumps(each) for each in found}) >= 95


def test_the_first_bytes_come_before_anything_is_read(alices: Client, alice: User) -> None:
    """However long the history is."""
    response = alices.post(JSON)
    with CaptureQueriesContext(connection) as queries:
        first = next(pieces_of(response))
    assert first.startswith(b'{\n  "$schema"')
    assert len(queries) == 0


def test_pieces_are_small(alices: Client, alice: User) -> None:
    live_a_while(alice, events=600, sessions=0)
    sizes = [len(piece) for piece in pieces_of(alices.post(JSON))]
    assert len(sizes) > 3
    assert max(sizes) < BLOCK + 4096
    assert min(sizes) > 0


def test_each_piece_is_made_in_the_persons_language_and_the_thread_keeps_its_own(db: None) -> None:
    """A server may do something else between two pieces."""

    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield (translation.get_language() or "").encode()
            yield b""

    with translation.override("ar-xb"):
        spoken = as_read_by_person(pieces())
    with translation.override("en"):
        for piece in spoken:
            assert piece == b"ar-xb"
            assert translation.get_language() == "en"


def test_the_page_shows_the_beginning_of_a_long_history(
    alices: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "AT_MOST", 10)
    live_a_while(alice, events=30, sessions=0)
    total = Event.objects.filter(user_uuid=alice.uuid).count() + 1
    text = alices.post(PRINTED, follow=True).content.decode()
    assert f"{total - 10} earlier ones are in the file" in text


def test_the_page_says_what_the_file_says(everything: Everything) -> None:
    text = everything.browser.post(PRINTED, follow=True).content.decode()
    for words in ("Alice Liddell", "Wonderland Ltd", "alice@new.example", "Calendar", "alice.at.work", "u-4711",
                  "Blue key", "10 codes left", "alice@rescue.example", "Security questions", "Profile exported",
                  "By an administrator", FIREFOX.split("/")[-2].split(" ")[-1]):  # fmt: skip
        assert words in text, words
