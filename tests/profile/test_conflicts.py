"""Two at once: what one person typed never overwrites unseen what another tab or device saved meanwhile."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.users.models import User
from profile.models import Profile
from profile.services import ChangedMeanwhile, fingerprint, set_attribute
from tests.support.browsing import new_browser, sign_in
from tests.support.parallel import in_parallel
from tests.support.people import make_person

PAGE = "/myaccount/personal-info/"


def form_on(page: str) -> dict[str, str]:
    """The hidden fields of the form on a page."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}


def open_row(client: Client, name: str) -> dict[str, str]:
    return form_on(client.get(f"{PAGE}?edit={name}").content.decode())


def save(client: Client, name: str, **fields: str) -> Any:
    return client.post(f"{PAGE}profile/{name}/", fields)


@pytest.fixture
def phone(alice: User) -> Client:
    """Alice's other device."""
    return sign_in(new_browser(address="192.0.2.20"))


def test_the_second_of_two_devices_sees_both_values_and_chooses(alice: User, alices: Client, phone: Client) -> None:
    """Security 28."""
    on_desk, on_phone = open_row(alices, "given_name"), open_row(phone, "given_name")
    assert save(phone, "given_name", value="Lissy", opened_with=on_phone["opened_with"]).status_code == 302

    response = save(alices, "given_name", value='Ali "A" <b>', opened_with=on_desk["opened_with"])
    page = response.content.decode()
    assert response.status_code == 409
    assert "Ali &quot;A&quot; &lt;b&gt;" in page
    assert "Lissy" in page
    assert Profile.objects.get(user=alice).values["given_name"] == "Lissy", "nothing is overwritten unseen"

    again = form_on(page)
    assert save(alices, "given_name", value=again["value"], opened_with=again["opened_with"]).status_code == 302
    assert Profile.objects.get(user=alice).values["given_name"] == 'Ali "A" <b>'


def test_a_conflict_can_come_again(alice: User, alices: Client, phone: Client) -> None:
    opened = open_row(alices, "im")
    save(phone, "im", value="one", opened_with=fingerprint(""))
    conflict = form_on(save(alices, "im", value="mine", opened_with=opened["opened_with"]).content.decode())
    save(phone, "im", value="two", opened_with=fingerprint("one"))
    assert save(alices, "im", value=conflict["value"], opened_with=conflict["opened_with"]).status_code == 409
    assert Profile.objects.get(user=alice).values["im"] == "two"


def test_different_attributes_do_not_get_in_each_others_way(alice: User, alices: Client, phone: Client) -> None:
    on_desk, on_phone = open_row(alices, "given_name"), open_row(phone, "department")
    assert save(phone, "department", value="Tea", opened_with=on_phone["opened_with"]).status_code == 302
    assert save(alices, "given_name", value="Alicia", opened_with=on_desk["opened_with"]).status_code == 302
    values = Profile.objects.get(user=alice).values
    assert (values["department"], values["given_name"]) == ("Tea", "Alicia")


def test_the_same_form_sent_twice_has_one_effect(alice: User, alices: Client) -> None:
    opened = open_row(alices, "im")
    for _ in range(2):
        assert save(alices, "im", value="alice", opened_with=opened["opened_with"]).status_code == 302
    assert Event.objects.filter(kind=EventKind.PROFILE_CHANGED).count() == 1


@pytest.mark.parametrize("opened_with", ["", "0" * 32, "x", "\x00", "é" * 2000])
def test_a_form_that_cannot_say_what_it_was_opened_with_overwrites_nothing(
    alice: User, alices: Client, opened_with: str
) -> None:
    response = save(alices, "given_name", value="Mallory", opened_with=opened_with)
    assert response.status_code in (409, 422)
    assert Profile.objects.get(user=alice).values["given_name"] == "Alice"


@pytest.mark.parametrize(
    ("name", "theirs", "mine", "shown"),
    [
        ("address", "1 High Street", "2 Low Street\nOxford", "2 Low Street"),
        ("country", "CH", "FR", "France"),
        ("birthdate", "1990-01-01", "1991-02-03", "3 Feb 1991"),
        ("telephone", "+442079460000", "+41446681800", "+41 44 668 18 00"),
        ("locale", "en", "en-xa", "Pseudo"),
    ],
)
def test_the_conflict_page_shows_and_keeps_values_of_every_kind(
    alice: User, alices: Client, name: str, theirs: str, mine: str, shown: str
) -> None:
    save(alices, name, value=theirs, opened_with=fingerprint(""))
    page = save(alices, name, value=mine, opened_with=fingerprint("other")).content.decode()
    assert shown in page
    again = form_on(page)
    assert save(alices, name, value=again["value"], opened_with=again["opened_with"]).status_code == 302
    stored = (
        User.objects.get(pk=alice.pk).language if name == "locale" else Profile.objects.get(pk=alice.pk).values[name]
    )
    assert stored == mine


@pytest.mark.django_db(transaction=True)
def test_no_update_is_lost_when_many_write_at_once() -> None:
    """Security 28: of writers who saw the same value one wins and all others are told; each attribute keeps its own."""
    alice = make_person("alice")
    claims = [Claim.objects.get(name=name) for name in ("im", "department", "organization", "url")]

    def write(number: int) -> bool:
        claim = claims[number % 4]
        return set_attribute(
            user=User.objects.get(pk=alice.pk), claim=claim, value=f"{claim.name} {number}",
            opened_with=fingerprint(""), origin=SYSTEM, now=timezone.now(),
        )  # fmt: skip

    results = in_parallel(write, 16)
    winners = [number for number, result in enumerate(results) if result is True]
    assert sorted(number % 4 for number in winners) == [0, 1, 2, 3]
    assert all(isinstance(result, ChangedMeanwhile) for result in results if result is not True), results
    profile = Profile.objects.get(user=alice)
    assert profile.values == {claims[n % 4].name: f"{claims[n % 4].name} {n}" for n in winners}
    assert profile.version == 4
    assert Event.objects.filter(kind=EventKind.PROFILE_CHANGED).count() == 4
