"""Many at the same moment: exactly one comes through, and nothing is left of a race."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent.openid.services import note_access
from consent.tokens import services as tokens
from consent.tokens.models import AccessToken, RefreshToken
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from sessions_app.services import LoginSession
from tests.consent.support import consent_to
from tests.support.browsing import new_browser, sign_in
from tests.support.parallel import in_parallel
from tests.support.people import make_person
from tests.support.relying_party import RelyingParty, relying_party

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_postgresql")]


@pytest.fixture
def alices() -> Client:
    make_person("alice", values={"given_name": "Alice"})
    return sign_in(new_browser())


@pytest.fixture
def pickup(alices: Client) -> RelyingParty:
    party = relying_party()
    consent_to(User.objects.get(), party.application)
    return party


def statuses(answers: list[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


@pytest.mark.parametrize("times", [2, 8])
def test_one_of_many_exchanges_of_a_code_wins(alices: Client, pickup: RelyingParty, times: int) -> None:
    """Security 77: and since that is a replay, what it gave is dead, too."""
    code = pickup.code(alices)
    answers: list[Any] = in_parallel(lambda _number: another(pickup).exchange(code), times)
    assert statuses(answers) == [200] + [400] * (times - 1)
    assert_family_is_dead(pickup, next(a for a in answers if a.status_code == 200).json())


def test_one_of_twelve_refreshes_wins(alices: Client, pickup: RelyingParty) -> None:
    """Security 78: one new token, never a server error."""
    given = pickup.tokens(alices)
    answers: list[Any] = in_parallel(lambda _number: another(pickup).refresh(given["refresh_token"]), 12)
    assert statuses(answers) == [200] + [400] * 11
    assert_family_is_dead(pickup, next(a for a in answers if a.status_code == 200).json())


def another(pickup: RelyingParty) -> RelyingParty:
    """The same application on another of its machines."""
    return RelyingParty(pickup.application, pickup.secret, pickup.verifier)


def assert_family_is_dead(pickup: RelyingParty, given: dict[str, Any]) -> None:
    assert pickup.userinfo(given["access_token"]).status_code == 401
    assert pickup.refresh(given["refresh_token"]).status_code == 400
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert Event.objects.filter(kind=EventKind.TOKEN_REPLAYED).exists()


@pytest.mark.parametrize("turn", range(4))
def test_no_refresh_outlives_the_end_of_everything(alices: Client, pickup: RelyingParty, turn: int) -> None:
    """Security 18, 19: also one that was on its way while it happened."""
    given = [pickup.tokens(alices) for _ in range(3)]

    def act(number: int) -> Any:
        if number == 3:
            return tokens.end_everything(user=User.objects.get(), now=timezone.now())
        return another(pickup).refresh(given[number]["refresh_token"])

    for answer in in_parallel(act, 4)[:3]:
        assert not isinstance(answer, Exception), answer
        assert answer.status_code in (200, 400)
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert not AccessToken.objects.exists()


def test_an_application_used_twice_at_once_is_one_row(alices: Client, pickup: RelyingParty) -> None:
    login_session = LoginSession.objects.get()
    user = User.objects.get()

    def act(_number: int) -> None:
        note_access(
            login_session=login_session, application=pickup.application, user=user, origin=SYSTEM, now=timezone.now()
        )

    assert in_parallel(act, 6) == [None] * 6


def test_many_people_sign_in_at_once_with_subjects_of_their_own(alices: Client, pickup: RelyingParty) -> None:
    codes = [pickup.code(alices) for _ in range(6)]
    answers: list[Any] = in_parallel(lambda number: another(pickup).exchange(codes[number]), 6)
    assert statuses(answers) == [200] * 6
    told = {pickup.userinfo(answer.json()["access_token"]).json()["sub"] for answer in answers}
    assert len(told) == 1
