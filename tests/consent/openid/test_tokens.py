"""Codes and tokens: what they are good for, once, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from consent.consents import services as consents
from consent.consents.models import Consent
from consent.tokens import services as tokens
from consent.tokens.models import AccessToken, Grant, IDToken, RefreshToken
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from sessions_app import services as sessions
from sessions_app.services import EndReason, LoginSession
from tests.consent.support import consent_to
from tests.support.relying_party import TOKEN, RelyingParty, read_jwt, relying_party

pytestmark = pytest.mark.usefixtures("consent")
OFFLINE = "openid profile email offline_access"


def replays() -> int:
    return Event.objects.filter(kind=EventKind.TOKEN_REPLAYED).count()


# Codes


def test_nothing_reusable_is_kept(alices: Client, pickup: RelyingParty) -> None:
    """Security 76, 88: digests of codes and tokens, and no row for an ID token."""
    code = pickup.code(alices)
    given = pickup.exchange(code).json()
    kept = str([list(model.objects.values()) for model in (Grant, AccessToken, RefreshToken)])
    for secret in (code, given["access_token"], given["refresh_token"]):
        assert secret not in kept
    assert not IDToken.objects.exists()


def test_a_code_is_good_for_a_minute(alices: Client, pickup: RelyingParty) -> None:
    """Security 76."""
    code = pickup.code(alices)
    grant = Grant.objects.get()
    assert grant.expires - timezone.now() <= timedelta(seconds=60)
    with time_machine.travel(grant.expires, tick=False):
        assert pickup.exchange(code).json() == {"error": "invalid_grant"}
    with time_machine.travel(grant.expires - timedelta(seconds=1), tick=False):
        assert pickup.exchange(code).status_code == 200


def test_a_replayed_code_ends_what_it_gave(alices: Client, pickup: RelyingParty) -> None:
    """Security 77: refreshed tokens too, and somebody can see that it happened. Other tokens stay."""
    other = pickup.tokens(alices)
    code = pickup.code(alices)
    first = pickup.exchange(code).json()
    second = pickup.refresh(first["refresh_token"]).json()
    assert pickup.exchange(code).json() == {"error": "invalid_grant"}
    for given in (first, second):
        assert pickup.userinfo(given["access_token"]).status_code == 401
        assert pickup.refresh(given["refresh_token"]).status_code == 400
    assert pickup.userinfo(other["access_token"]).status_code == 200
    assert replays() == 1
    assert pickup.exchange(code).status_code == 400  # nothing is left to end
    assert replays() == 1
    event = Event.objects.get(kind=EventKind.TOKEN_REPLAYED)
    assert (event.ip, event.data) == ("198.51.100.7", {"application": "Pickup"})


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
        {"code_verifier": ""},
        {"redirect_uri": "https://pickup.example/callback/"},
        {"redirect_uri": "https://evil.example/"},
        {"code": "nonsense"},
        {"code": None},
        {"code": "no\x00de"},
        {"grant_type": "authorization-code"},
    ],
)
def test_a_code_alone_is_worth_nothing(alices: Client, pickup: RelyingParty, changes: dict[str, str | None]) -> None:
    """Security 76, 90."""
    code = pickup.code(alices)
    wrong: dict[str, str | None] = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": pickup.redirect_uri,
        "code_verifier": pickup.verifier, **changes,
    }  # fmt: skip
    response = pickup.ask(TOKEN, **wrong)
    assert response.status_code == 400
    assert response.json()["error"] in ("invalid_grant", "invalid_request", "unsupported_grant_type")
    assert not AccessToken.objects.exists()
    assert pickup.exchange(code).status_code == 200  # the application itself is not kept from it


def test_a_code_is_one_applications_own(alices: Client, alice: User, pickup: RelyingParty) -> None:
    """Security 76: another one, with its own secret or without any, gets nothing and ends nothing."""
    thief = relying_party("Thief", redirect_uris=pickup.redirect_uri, client_type="public")
    consent_to(alice, thief.application)
    thief.verifier = pickup.verifier
    code = pickup.code(alices)
    assert thief.exchange(code).json() == {"error": "invalid_grant"}
    given = pickup.exchange(code).json()
    assert thief.exchange(code).status_code == 400
    assert thief.refresh(given["refresh_token"]).json() == {"error": "invalid_grant"}
    assert pickup.userinfo(given["access_token"]).status_code == 200
    assert replays() == 0


# Secrets


def test_a_confidential_application_shows_its_secret(alices: Client, pickup: RelyingParty) -> None:
    code = pickup.code(alices)
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": pickup.redirect_uri,
        "code_verifier": pickup.verifier, "client_id": pickup.application.client_id,
    }  # fmt: skip
    for secret in ({}, {"client_secret": ""}, {"client_secret": "wrong"}, {"client_secret": "wr\x00ng"}):
        response = pickup.server.post(TOKEN, {**form, **secret})
        assert response.status_code in (400, 401)
        assert response.json()["error"] in ("invalid_client", "invalid_request")
    for header in ("Basic", "Basic !", "Basic bm9jb2xvbg==", "Basic /w==", "Bearer x", "basic Og=="):
        assert pickup.server.post(TOKEN, form, headers={"authorization": header}).status_code == 401
    assert pickup.server.post(TOKEN, {**form, "client_secret": pickup.secret}).status_code == 200


def test_a_public_application_has_no_secret_and_no_long_lived_token(alices: Client, alice: User) -> None:
    spa = relying_party("Board", client_type="public", redirect_uris="https://board.example/")
    consent_to(alice, spa.application)
    given = spa.tokens(alices)
    assert "refresh_token" not in given
    assert spa.userinfo(given["access_token"]).status_code == 200


def test_secrets_are_not_guessed_at_leisure(alices: Client, pickup: RelyingParty) -> None:
    """Security 3: twenty failures, then pauses, for the guesser's network alone; before a secret is looked at."""
    code = pickup.code(alices)
    guesser = RelyingParty(pickup.application, secret="wrong", verifier=pickup.verifier)
    guesser.server = Client(REMOTE_ADDR="203.0.113.9")
    answers = [guesser.exchange(code).status_code for _ in range(22)]
    assert answers == [401] * 20 + [429] * 2
    guesser.secret = pickup.secret
    late = guesser.exchange(code)
    assert late.status_code == 429
    assert int(late["Retry-After"]) > 0
    assert pickup.exchange(code).status_code == 200


def test_a_success_gives_the_attempt_back(alices: Client, pickup: RelyingParty) -> None:
    wrong = RelyingParty(pickup.application, secret="wrong", verifier=pickup.verifier)
    for _ in range(3):
        for _ in range(6):
            assert wrong.exchange("x").status_code == 401
        for _ in range(5):
            assert pickup.exchange(pickup.code(alices)).status_code == 200


@pytest.mark.parametrize("grant_type", ["password", "client_credentials", "implicit", "openid", "x\x00", "", None])
def test_there_are_two_ways_to_a_token(alice: User, pickup: RelyingParty, grant_type: str | None) -> None:
    """Security 76."""
    response = pickup.ask(TOKEN, grant_type=grant_type, username="alice", password="seven quiet wooden lanterns")
    assert response.status_code == 400
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("body", ["a=1&a=2", "%", "=%00", "code=%ff", "{}", "grant_type=refresh_token"])
def test_what_cannot_be_read_is_refused(pickup: RelyingParty, body: str) -> None:
    """Security 90."""
    response = pickup.server.post(TOKEN, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in (400, 401)
    assert response["Cache-Control"] == "no-store"
    assert response.json()["error"]


def test_the_query_string_is_no_place_for_secrets(alices: Client, pickup: RelyingParty) -> None:
    code = pickup.code(alices)
    query = f"grant_type=authorization_code&code={code}&client_secret={pickup.secret}"
    response = pickup.server.post(f"{TOKEN}?{query}", {"grant_type": "authorization_code"})
    assert response.status_code == 400


# Refresh tokens


def test_a_refresh_token_is_good_once(alices: Client, pickup: RelyingParty) -> None:
    """Security 78: the one after it lives on; a second use ends the whole family."""
    first = pickup.tokens(alices)
    second = pickup.refresh(first["refresh_token"]).json()
    third = pickup.refresh(second["refresh_token"]).json()
    assert pickup.userinfo(third["access_token"]).status_code == 200
    assert pickup.refresh(first["refresh_token"]).json() == {"error": "invalid_grant"}
    assert replays() == 1
    for given in (first, second, third):
        assert pickup.userinfo(given["access_token"]).status_code == 401
        assert pickup.refresh(given["refresh_token"]).status_code == 400
    assert replays() == 1


def test_a_family_ends_for_good(alices: Client, pickup: RelyingParty) -> None:
    """Security 78: refreshing prolongs nothing beyond thirty days."""
    given = pickup.tokens(alices, scope=OFFLINE) if consents_offline(pickup) else {}
    end = RefreshToken.objects.get().ends_at
    assert end is not None
    assert timedelta(days=29) < end - timezone.now() <= timedelta(days=30)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        given = pickup.refresh(given["refresh_token"]).json()
        assert RefreshToken.objects.get(revoked=None).ends_at == end
    with time_machine.travel(end, tick=False):
        assert pickup.refresh(given["refresh_token"]).json() == {"error": "invalid_grant"}
    assert replays() == 0


def consents_offline(pickup: RelyingParty) -> bool:
    """Let the application work offline, and the person agree to that."""
    pickup.application.may_work_offline = True
    pickup.application.save()
    return bool(Consent.objects.update(scope=OFFLINE))


def test_a_refresh_can_ask_for_less_but_not_for_more(alices: Client, pickup: RelyingParty) -> None:
    given = pickup.tokens(alices, scope="openid email")
    assert pickup.refresh(given["refresh_token"], scope="openid email profile").json()["error"] == "invalid_scope"
    less = pickup.refresh(given["refresh_token"], scope="openid").json()
    assert less["scope"] == "openid"
    assert pickup.userinfo(less["access_token"]).json().keys() == {"sub"}
    again = pickup.refresh(less["refresh_token"]).json()
    assert again["scope"] == "openid email"
    assert pickup.userinfo(again["access_token"]).json()["email"] == "alice@example.org"


def test_refreshing_tells_the_same_sign_in(alices: Client, pickup: RelyingParty) -> None:
    first = pickup.tokens(alices)
    later = timezone.now() + timedelta(minutes=10)
    with time_machine.travel(later, tick=False):
        second = read_jwt(pickup.refresh(first["refresh_token"]).json()["id_token"])
    before = read_jwt(first["id_token"])
    for name in ("sub", "sid", "auth_time", "acr", "amr", "iss", "aud"):
        assert second[name] == before[name]
    assert second["iat"] == int(later.timestamp())
    assert "nonce" not in second


# Offline access


def test_offline_access_is_asked_for_on_the_page(alices: Client, pickup: RelyingParty) -> None:
    """OpenID Connect Core 1.0, 11: stored consent to less does not cover it."""
    pickup.application.may_work_offline = True
    pickup.application.save()
    assert pickup.answer(alices, scope=OFFLINE, prompt="none")["error"] == "consent_required"
    assert alices.get(pickup.request(scope=OFFLINE)).status_code == 200
    alices.post(pickup.request(scope=OFFLINE), {"decision": "allow", "claim_given_name": "on"})
    assert "code" in pickup.answer(alices, scope=OFFLINE, prompt="none")


def test_an_application_that_may_not_gets_no_offline_access(alices: Client, pickup: RelyingParty) -> None:
    given = pickup.tokens(alices, scope=OFFLINE)
    assert "offline_access" not in given["scope"]
    assert not RefreshToken.objects.get().is_offline


# What is good is looked up each time


def end_session(alice: User, pickup: RelyingParty) -> None:
    login_session = LoginSession.objects.get(ended_at=None)
    sessions.end(login_session=login_session, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now())


def mark_session_ended(alice: User, pickup: RelyingParty) -> None:
    LoginSession.objects.update(ended_at=timezone.now())


def disable_person(alice: User, pickup: RelyingParty) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)


def switch_application_off(alice: User, pickup: RelyingParty) -> None:
    type(pickup.application).objects.update(is_active=False)


def close_to_the_person(alice: User, pickup: RelyingParty) -> None:
    pickup.application.groups.add(Group.objects.create(name="Others"))


def revoke_consent(alice: User, pickup: RelyingParty) -> None:
    consents.revoke(consent=Consent.objects.get(application=pickup.application), origin=SYSTEM, now=timezone.now())


def mark_consent_revoked(alice: User, pickup: RelyingParty) -> None:
    Consent.objects.filter(application=pickup.application).update(state="revoked")


def let_consent_run_out(alice: User, pickup: RelyingParty) -> None:
    Consent.objects.filter(application=pickup.application).update(valid_until=timezone.now())


def delete_consent(alice: User, pickup: RelyingParty) -> None:
    Consent.objects.filter(application=pickup.application).delete()


ENDS = [
    end_session, mark_session_ended, disable_person, switch_application_off, close_to_the_person, revoke_consent,
    mark_consent_revoked, let_consent_run_out, delete_consent,
]  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_what_was_given_is_dead_at_the_next_request(
    alices: Client, alice: User, pickup: RelyingParty, end: Callable[[User, RelyingParty], None]
) -> None:
    """Security 17, 18, 79, 81: code, access token, refresh token; and nobody takes it for a replay."""
    code, given = pickup.code(alices), pickup.tokens(alices)
    end(alice, pickup)
    assert pickup.userinfo(given["access_token"]).status_code == 401
    for response in (pickup.exchange(code), pickup.refresh(given["refresh_token"])):
        assert response.status_code in (400, 401)
        assert response.json()["error"] in ("invalid_grant", "invalid_client")
    assert replays() == 0


@pytest.mark.parametrize("end", ENDS[2:])
def test_offline_access_ends_with_everything_but_the_session(
    alices: Client, alice: User, pickup: RelyingParty, end: Callable[[User, RelyingParty], None]
) -> None:
    """Security 17, 18, 81."""
    consents_offline(pickup)
    given = pickup.tokens(alices, scope=OFFLINE)
    end_session(alice, pickup)
    given = pickup.refresh(given["refresh_token"]).json()
    assert pickup.userinfo(given["access_token"]).status_code == 200
    end(alice, pickup)
    assert pickup.userinfo(given["access_token"]).status_code == 401
    assert pickup.refresh(given["refresh_token"]).status_code in (400, 401)


def test_deleting_a_person_deletes_what_was_given(alices: Client, alice: User, pickup: RelyingParty) -> None:
    """Security 18."""
    code, given = pickup.code(alices), pickup.tokens(alices)
    alice.delete()
    assert pickup.userinfo(given["access_token"]).status_code == 401
    assert pickup.exchange(code).status_code == 400
    assert pickup.refresh(given["refresh_token"]).status_code == 400


def test_access_tokens_last_a_quarter_of_an_hour(alices: Client, pickup: RelyingParty) -> None:
    given = pickup.tokens(alices)
    assert given["expires_in"] == 900
    end = AccessToken.objects.get().expires
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert pickup.userinfo(given["access_token"]).status_code == 200
    with time_machine.travel(end, tick=False):
        assert pickup.userinfo(given["access_token"]).status_code == 401


# Asking about tokens, and giving them back


def test_an_application_asks_about_its_own_tokens_alone(alices: Client, alice: User, pickup: RelyingParty) -> None:
    """Not about those of others, as the library would let it."""
    other = relying_party("Other", redirect_uris="https://other.example/callback")
    consent_to(alice, other.application)
    given = pickup.tokens(alices)
    told = pickup.introspect(given["access_token"])
    assert told["active"] is True
    assert told["sub"] == read_jwt(given["id_token"])["sub"]
    assert (told["client_id"], told["scope"]) == (pickup.application.client_id, "openid profile email")
    assert {"username", "email", "given_name"}.isdisjoint(told)
    assert pickup.introspect(given["refresh_token"])["active"] is True
    for token in (given["access_token"], given["refresh_token"], given["id_token"], "nonsense", "x\u00e9"):
        assert other.introspect(token) == {"active": False}
    assert pickup.introspect(given["id_token"]) == {"active": False}


@pytest.mark.parametrize("end", [*ENDS[:3], *ENDS[4:]])
def test_what_is_dead_is_not_active(
    alices: Client, alice: User, pickup: RelyingParty, end: Callable[[User, RelyingParty], None]
) -> None:
    given = pickup.tokens(alices)
    end(alice, pickup)
    assert pickup.introspect(given["access_token"]) == {"active": False}
    assert pickup.introspect(given["refresh_token"]) == {"active": False}


def test_only_who_shows_a_secret_may_ask(alices: Client, alice: User, pickup: RelyingParty) -> None:
    """Neither a public application, nor a bearer of a token."""
    spa = relying_party("Board", client_type="public", redirect_uris="https://board.example/")
    consent_to(alice, spa.application)
    given = pickup.tokens(alices)
    assert spa.ask("/oauth2/introspect/", token=spa.tokens(alices)["access_token"]).status_code == 401
    bearer = {"authorization": f"Bearer {given['access_token']}"}
    response = pickup.server.post("/oauth2/introspect/", {"token": given["access_token"]}, headers=bearer)
    assert response.status_code == 401
    assert pickup.server.get(f"/oauth2/introspect/?token={given['access_token']}", headers=bearer).status_code == 405
    assert pickup.ask("/oauth2/introspect/").status_code == 400


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
def test_revoking_one_token_ends_all_of_its_sign_in(
    alices: Client, alice: User, pickup: RelyingParty, which: str, hint: str | None
) -> None:
    """RFC 7009; only one's own."""
    other = relying_party("Other", redirect_uris="https://other.example/callback")
    consent_to(alice, other.application)
    given, second = pickup.tokens(alices), pickup.tokens(alices)
    assert other.ask("/oauth2/revoke/", token=given[which], token_type_hint=hint).status_code == 200
    assert pickup.userinfo(given["access_token"]).status_code == 200
    assert pickup.ask("/oauth2/revoke/", token="nonsense").status_code == 200
    assert pickup.ask("/oauth2/revoke/", token=given[which], token_type_hint=hint).status_code == 200
    assert pickup.userinfo(given["access_token"]).status_code == 401
    assert pickup.refresh(given["refresh_token"]).status_code == 400
    assert pickup.userinfo(second["access_token"]).status_code == 200
    assert replays() == 0


def test_nobody_revokes_without_the_secret(alices: Client, pickup: RelyingParty) -> None:
    given = pickup.tokens(alices)
    form = {"token": given["access_token"], "client_id": pickup.application.client_id}
    assert pickup.server.post("/oauth2/revoke/", form).status_code == 401
    assert pickup.userinfo(given["access_token"]).status_code == 200


def test_no_log_holds_a_secret(alices: Client, pickup: RelyingParty, caplog: pytest.LogCaptureFixture) -> None:
    """Security 90: as production logs, refusals among it."""
    caplog.set_level("INFO")
    code = pickup.code(alices)
    given = pickup.exchange(code).json()
    pickup.exchange(code)
    pickup.refresh(given["refresh_token"])
    pickup.userinfo(given["access_token"])
    alices.get(f"/oauth2/logout/?id_token_hint={given['id_token']}x")
    RelyingParty(pickup.application, secret="a-wrong-secret").exchange("a-wrong-code")
    for secret in (code, *given.values(), pickup.secret, pickup.verifier, "a-wrong-secret", "a-wrong-code"):
        assert str(secret) == "900" or str(secret) not in caplog.text


# Clean-up


def test_what_ran_out_is_forgotten(alices: Client, pickup: RelyingParty) -> None:
    consents_offline(pickup)
    pickup.code(alices)
    given = pickup.tokens(alices, scope=OFFLINE)
    pickup.refresh(given["refresh_token"])
    now = timezone.now()

    def left(after: timedelta) -> tuple[int, int, int]:
        while tokens.forget_old(now=now + after, batch=1):
            pass
        return Grant.objects.count(), AccessToken.objects.count(), RefreshToken.objects.count()

    assert left(timedelta()) == (2, 2, 2)
    assert left(timedelta(minutes=16)) == (2, 0, 2)
    assert left(timedelta(minutes=62)) == (0, 0, 2)  # a used one is kept: its reuse is noticed
    assert left(timedelta(days=31)) == (0, 0, 0)


def test_ending_sessions_ends_their_tokens_in_the_same_transaction(alices: Client, pickup: RelyingParty) -> None:
    """Security 17: not only what is looked up is dead, the rows are."""
    pickup.code(alices)
    pickup.tokens(alices)
    sid: Any = alices.session["login_session"]
    tokens.end_of_sessions([sid], now=timezone.now())
    assert not Grant.objects.exists()
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
