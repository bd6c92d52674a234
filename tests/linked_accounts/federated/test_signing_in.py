"""Signing in with an account at an identity provider, and confirming access with it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.operations import services as operations
from myaccount.operations.services import Waiting
from myaccount.users.models import User
from profile.models import Profile
from security.models import PasswordDemand
from security.policy.models import Requirement, SignInPolicy
from tests.consent.support import consent_to
from tests.deletion.support import KEEP, KEEP_OR_LEAVE, ask_for_deletion
from tests.support.browsing import SECOND_STEP, SIGN_IN, make_stale, new_browser, sign_in
from tests.support.factors import add_app, code_of
from tests.support.identity_provider import Mutant, RunningProvider, begin, connected, led_to, parameters
from tests.support.people import make_person
from tests.support.relying_party import parameters_of, read_jwt, relying_party, target_of
from tests.web.test_errors import words_of

OVERVIEW = "/myaccount/"
CONFIRM = "/myaccount/confirm/"
SET_UP = "/myaccount/sign-in/set-up/"
NEW_PASSWORD = "/myaccount/sign-in/new-password/"


@pytest.fixture
def nobody() -> Client:
    return new_browser()


def test_a_person_signs_in_with_a_connected_account(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 9: a new session key; the page they wanted; what was shown is told honestly."""
    identity = connected(alice, provider)
    assert b"Sign in with University" in nobody.get(SIGN_IN).content
    url = begin(nobody, next="/myaccount/security/")
    before = nobody.session.session_key
    response = nobody.get(university.show(url, preferred_username="carol.new"))
    assert response["Location"] == "/myaccount/security/"
    assert nobody.session.session_key != before
    assert nobody.get("/myaccount/security/").status_code == 200
    assert Event.objects.get(kind=EventKind.SIGNED_IN).data == {"methods": []}
    identity.refresh_from_db()
    assert identity.last_used_at is not None
    assert identity.account_name == "carol.new"


def test_who_has_a_second_factor_still_shows_it(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 6, 52."""
    add_app(alice)
    connected(alice, provider)
    response = nobody.get(university.show(begin(nobody)))
    assert response["Location"] == SECOND_STEP
    assert nobody.get(OVERVIEW).status_code == 302


def test_what_is_told_of_it_waits_for_the_whole_sign_in(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Who does not have the second factor has not used it."""
    add_app(alice)
    identity = connected(alice, provider)
    nobody.get(university.show(begin(nobody), preferred_username="carol.new"))
    identity.refresh_from_db()
    assert (identity.last_used_at, identity.account_name) == (None, "carol-there@uni.example")
    nobody.post(f"{SECOND_STEP}totp/", {"code": code_of()})
    identity.refresh_from_db()
    assert identity.last_used_at is not None
    assert identity.account_name == "carol.new"


def test_an_account_that_is_to_be_deleted_asks_first(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 6, 52: keep it or leave it, before anything else opens."""
    connected(alice, provider)
    ask_for_deletion(alice)
    assert nobody.get(university.show(begin(nobody)))["Location"] == KEEP_OR_LEAVE
    assert nobody.get(OVERVIEW).status_code == 302
    assert nobody.post(KEEP)["Location"] == OVERVIEW
    assert nobody.get("/myaccount/security/").status_code == 200


# How old the proof is


@pytest.fixture
def sensitive(alice: User, provider: IdentityProvider) -> str:
    """What wants a fresh proof."""
    return f"/myaccount/personal-info/identities/{connected(alice, provider).pk}/remove/"


def ago(seconds: float) -> int:
    return int(time.time() - seconds)


@pytest.mark.parametrize("auth_time", [None, 1, "an hour ago", True, 1e400, float("nan"), -5, "in an hour"])
def test_a_provider_that_just_still_knows_who_it_is_proves_nothing_fresh(
    nobody: Client, sensitive: str, university: RunningProvider, auth_time: object
) -> None:
    """Security 20: fails closed where it does not say when."""
    auth_time = {"an hour ago": ago(3600), "in an hour": ago(-3600)}.get(str(auth_time), auth_time)
    assert nobody.get(university.show(begin(nobody), auth_time=auth_time))["Location"] == OVERVIEW
    assert nobody.get(sensitive)["Location"].startswith(CONFIRM)


@pytest.mark.parametrize("seconds", [0, 60, -30])
def test_a_fresh_sign_in_there_is_a_fresh_proof_here(
    nobody: Client, sensitive: str, university: RunningProvider, seconds: int
) -> None:
    """Security 20: whatever two clocks may differ by; and for five minutes from then."""
    nobody.get(university.show(begin(nobody), auth_time=ago(seconds)))
    assert nobody.get(sensitive).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=301 - max(seconds, 0))):
        assert nobody.get(sensitive)["Location"].startswith(CONFIRM)


def test_a_second_factor_shown_here_is_fresh(
    nobody: Client, alice: User, sensitive: str, university: RunningProvider
) -> None:
    """Security 20, 53."""
    add_app(alice)
    nobody.get(university.show(begin(nobody), auth_time=ago(3600)))
    nobody.post(f"{SECOND_STEP}totp/", {"code": code_of()})
    assert nobody.get(sensitive).status_code == 200


@pytest.mark.parametrize("stage", ["second factor", "new password"])
def test_what_only_the_owner_may_do_on_the_way_in_takes_a_fresh_proof(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider, stage: str
) -> None:
    """Security 20, 61: the provider is asked once more, by itself."""
    connected(alice, provider)
    if stage == "second factor":
        SignInPolicy(requirement=Requirement.EVERYONE).save()
    else:
        PasswordDemand.objects.create(user=alice, asked_at=timezone.now())
    again = led_to(nobody.get(university.show(begin(nobody, next="/myaccount/security/"), auth_time=ago(3600))))
    assert (parameters(again)["prompt"], parameters(again)["max_age"]) == (["login"], ["0"])
    assert nobody.get(SET_UP).status_code == nobody.get(NEW_PASSWORD).status_code == 302
    assert nobody.get(university.show(again, auth_time=ago(3600))).status_code == 400
    again = led_to(nobody.get(university.show(begin(nobody), auth_time=ago(3600))))
    assert nobody.get(university.show(again))["Location"] in (SET_UP, NEW_PASSWORD)


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "600"}], ids=str)
def test_applications_are_told_how_old_it_is(
    nobody: Client, alice: User, sensitive: str, university: RunningProvider, asked: dict[str, str]
) -> None:
    """Security 20, 79: who wants a fresh proof gets one, and no old one passes for it."""
    pickup = relying_party()
    consent_to(alice, pickup.application)
    shown = ago(3600)
    sign_in_page = nobody.get(pickup.request(**asked))["Location"]
    next_path = parameters(sign_in_page)["next"][0]
    on = led_to(nobody.get(university.show(begin(nobody, next=next_path), auth_time=shown)))
    confirm_page = nobody.get(on)["Location"]
    assert confirm_page.startswith(CONFIRM), "the provider was not asked anew"
    assert read_jwt(pickup.tokens(nobody)["id_token"])["auth_time"] == shown, "nobody wants it fresh"
    url = begin(nobody, "/myaccount/confirm/at/university/", next=parameters(confirm_page)["next"][0])
    back = nobody.get(led_to(nobody.get(university.show(url))))
    id_token = pickup.exchange(parameters_of(target_of(back))["code"]).json()["id_token"]
    assert read_jwt(id_token)["auth_time"] > shown + 3000


def test_applications_are_told_nothing_where_the_provider_says_nothing(
    nobody: Client, alice: User, sensitive: str, university: RunningProvider
) -> None:
    pickup = relying_party()
    consent_to(alice, pickup.application)
    nobody.get(university.show(begin(nobody)))
    assert "auth_time" not in read_jwt(pickup.tokens(nobody)["id_token"])


def test_a_disabled_account_looks_like_none(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 6."""
    connected(alice, provider)
    User.objects.update(is_active=False)
    disabled = nobody.get(university.show(begin(nobody)))
    unknown = nobody.get(university.show(begin(nobody), subject="nobody-here"))
    assert disabled.status_code == unknown.status_code == 403
    assert b"No account here is connected with it" in disabled.content
    assert words_of(disabled) == words_of(unknown)
    assert nobody.get(OVERVIEW).status_code == 302


def test_the_same_address_links_nobody(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 74: not by a proven address, not by the user name."""
    claims: dict[str, Any] = {"email": "alice@example.org", "email_verified": True, "preferred_username": "alice"}
    assert nobody.get(university.show(begin(nobody), **claims)).status_code == 403
    IdentityProvider.objects.update(may_create_accounts=True)
    assert nobody.get(university.show(begin(nobody), **claims)).status_code == 302
    made = User.objects.exclude(pk=alice.pk).get()
    assert (made.username, made.email, made.has_usable_password()) == ("alice2", "", False)
    assert FederatedIdentity.objects.get().user == made


def test_an_unknown_person_gets_an_account_where_that_is_allowed(
    nobody: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 23: what is taken over are attributes that the registry lets stand."""
    IdentityProvider.objects.update(
        may_create_accounts=True, claim_map={"given_name": "given_name", "family_name": "last", "country": "c"}
    )
    claims: dict[str, Any] = {
        "preferred_username": "carol", "email": "carol@uni.example", "email_verified": True, "c": "Atlantis",
        "given_name": "<script>alert(1)</script>", "last": "hid\u202eden",
    }  # fmt: skip
    response = nobody.get(university.show(begin(nobody), **claims), follow=True)
    assert response.status_code == 200
    carol = User.objects.get(username="carol")
    assert carol.email == "carol@uni.example"
    assert carol.email_verified_at is not None
    assert Profile.objects.get(user=carol).values == {"given_name": "<script>alert(1)</script>"}
    assert b"<script>alert" not in nobody.get("/myaccount/personal-info/").content
    nobody.post("/myaccount/sign-out/")
    nobody.get(university.show(begin(nobody)))
    assert User.objects.count() == 1, "known from then on"


def test_what_no_database_takes_is_left_out(
    nobody: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 23: half a surrogate, and NUL."""
    IdentityProvider.objects.update(may_create_accounts=True, claim_map={"given_name": "a", "family_name": "b"})
    claims: dict[str, Any] = {
        "a": "\ud800", "b": "\0", "preferred_username": "carol\ud800", "email": "c@\ud800.example", "name": "\ud800",
        "email_verified": True,
    }  # fmt: skip
    assert nobody.get(university.show(begin(nobody), **claims)).status_code == 302
    assert User.objects.get().username.startswith("person-")
    assert Profile.objects.get().values == {}


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_address_nobody_has_proven_is_not_taken_over(
    nobody: Client, university: RunningProvider, provider: IdentityProvider, verified: object
) -> None:
    """Security 74."""
    IdentityProvider.objects.update(may_create_accounts=True)
    nobody.get(university.show(begin(nobody), email="eve@uni.example", email_verified=verified))
    assert User.objects.get().email == ""


def test_an_account_may_have_to_wait_for_approval(
    nobody: Client, university: RunningProvider, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    IdentityProvider.objects.update(may_create_accounts=True)
    kept = []

    def hold(submission: object, origin: object, now: object) -> Waiting:
        kept.append(submission)
        return Waiting(uuid4())

    monkeypatch.setattr(operations, "_gate", [hold])
    response = nobody.get(university.show(begin(nobody), preferred_username="carol"))
    assert b"waiting for approval" in response.content
    assert not User.objects.exists()
    assert "a secret" not in repr(kept)
    described = operations.describe(kept[0])  # type: ignore[arg-type]
    assert ("Username", "carol") in [(entry.label, entry.wanted) for entry in described.properties]
    assert described.why_impossible == ""


@pytest.mark.parametrize("change", [{"is_active": False}, {"may_sign_in": False}])
def test_a_provider_that_is_switched_off_opens_nothing(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider, change: dict[str, bool]
) -> None:
    """Security 75: not even for an answer that was on its way."""
    connected(alice, provider)
    back = university.show(begin(nobody))
    IdentityProvider.objects.update(**change)
    assert nobody.get(back).status_code == 400
    assert b"University" not in nobody.get(SIGN_IN).content
    assert nobody.post("/myaccount/sign-in/with/university/").status_code == 404
    assert nobody.get(OVERVIEW).status_code == 302


def test_an_answer_opens_no_other_browser(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 73: state belongs to a session, and is used up once."""
    connected(alice, provider)
    back = university.show(begin(nobody))
    thief = new_browser()
    begin(thief)
    assert thief.get(back).status_code == 400
    assert nobody.get(back).status_code == 302
    assert nobody.get(back).status_code == 400
    assert thief.get(OVERVIEW).status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(
    nobody: Client, alice: User, university: RunningProvider, provider: IdentityProvider, target: str
) -> None:
    """Security 11: after success, and after a refusal."""
    connected(alice, provider)
    refused = nobody.get(university.show(begin(nobody, next=target), subject="unknown"))
    assert b"evil" not in refused.content
    assert b"javascript:" not in refused.content
    assert nobody.get(university.show(begin(nobody, next=target)))["Location"] == OVERVIEW


def test_signing_in_is_begun_by_a_form_of_ours(provider: IdentityProvider) -> None:
    """Security 12."""
    assert new_browser().get("/myaccount/sign-in/with/university/").status_code == 405
    strict = new_browser(enforce_csrf_checks=True)
    assert strict.post("/myaccount/sign-in/with/university/").status_code == 403


def test_who_cancels_is_back_at_the_sign_in_page(
    nobody: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    state = parameters(begin(nobody))["state"][0]
    back = f"/myaccount/sign-in/with/university/callback/?error=access_denied&state={state}&iss={university.issuer}"
    response = nobody.get(back, follow=True)
    assert response.redirect_chain == [(SIGN_IN, 302)]
    assert b"Nothing was done" in response.content


def test_the_sign_in_page_reads_rows_and_asks_no_provider(
    nobody: Client, university: RunningProvider, provider: IdentityProvider, settings: Settings
) -> None:
    """Security 25: one query, however many there are."""
    university.mutant = Mutant(at="/", delay=5)
    for number in range(10):
        IdentityProvider.objects.create(
            name=f"P{number}", slug=f"p{number}", issuer=f"https://p{number}.example", client_id="x"
        )
    nobody.get(SIGN_IN)
    with CaptureQueriesContext(connection) as queries:
        page = nobody.get(SIGN_IN).content
    assert page.count(b"Sign in with P") == 10
    about = [query for query in queries.captured_queries if "identityprovider" in query["sql"]]
    assert len(about) == 1
    assert university.asked == []


# Confirming access


@pytest.fixture
def federated_only(university: RunningProvider, provider: IdentityProvider) -> Client:
    """Somebody with no password, whose last proof is old."""
    alice = make_person("alice")
    User.objects.update(password="!")
    connected(alice, provider)
    client = new_browser()
    assert client.get(university.show(begin(client))).status_code == 302
    make_stale(client)
    return client


def test_who_has_no_password_reads_so(federated_only: Client) -> None:
    """And is not offered to change it."""
    page = federated_only.get("/myaccount/security/").content.decode()
    assert "None: you sign in another way" in page
    assert "Change your password" not in page


def confirm(client: Client) -> str:
    return begin(client, "/myaccount/confirm/at/university/", next="/myaccount/security/")


def test_who_has_no_password_confirms_with_the_provider(federated_only: Client, university: RunningProvider) -> None:
    """Security 20: shown anew, and only where the provider says so."""
    page = federated_only.get(CONFIRM).content
    assert b"Confirm with University" in page
    assert b'name="password"' not in page
    url = confirm(federated_only)
    assert (parameters(url)["prompt"], parameters(url)["max_age"]) == (["login"], ["0"])
    response = federated_only.get(university.show(url, name="A name only the ID token has"))
    assert response["Location"] == "/myaccount/security/"
    identity = FederatedIdentity.objects.get()
    assert identity.account_name == "carol-there@uni.example"
    assert Event.objects.filter(kind=EventKind.IDENTITY_CONFIRMED).exists()
    assert federated_only.session["step_up_level"] == 1


@pytest.mark.parametrize("auth_time", [None, 1, "now", True])
def test_an_old_proof_confirms_nothing(federated_only: Client, university: RunningProvider, auth_time: object) -> None:
    """Security 20: fails closed."""
    university.mutant.claims["auth_time"] = auth_time
    assert federated_only.get(university.show(confirm(federated_only))).status_code == 400
    assert not Event.objects.filter(kind=EventKind.IDENTITY_CONFIRMED).exists()


def test_somebody_elses_account_confirms_nothing(federated_only: Client, university: RunningProvider) -> None:
    """Security 73."""
    response = federated_only.get(university.show(confirm(federated_only), subject="somebody-else"))
    assert response.status_code == 403
    assert Event.objects.filter(kind=EventKind.IDENTITY_NOT_CONFIRMED).exists()


def test_a_second_factor_is_not_replaced_by_it(
    alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 53: whatever was on its way when the factor was added."""
    connected(alice, provider)
    alices = sign_in(new_browser())
    make_stale(alices)
    back = university.show(confirm(alices))
    add_app(alice)
    assert alices.get(back)["Location"].startswith(CONFIRM)
    assert alices.post("/myaccount/confirm/at/university/")["Location"].startswith(CONFIRM)
    assert not Event.objects.filter(kind=EventKind.IDENTITY_CONFIRMED).exists()
