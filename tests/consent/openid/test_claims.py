"""What is told about a person: what was asked for, as far as they agree at that moment."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.utils import timezone
from oauth2_provider.oauth2_backends import get_oauthlib_core

from consent.consents import services as consents
from consent.consents.models import Consent
from consent.purposes.models import Purpose
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.users.models import User
from tests.consent.support import consent_to
from tests.support.relying_party import EVERY_SCOPE, RelyingParty, read_jwt, relying_party, target_of

CLAIMS = json.dumps({"userinfo": {"phone_number": None}, "id_token": {"email": {"essential": True}, "auth_time": None}})


@pytest.fixture
def told_all(alice: User) -> RelyingParty:
    """An application alice tells everything."""
    alice.mobile, alice.language, alice.time_zone = "+447400123456", "en", "Europe/London"
    alice.picture, alice.mobile_verified_at = "https://gravatar.example/x", timezone.now()
    alice.save()
    alice.profile.values |= {
        "address": "1 River Bank\nOxford",
        "birthdate": "1852-05-04",
        "country": "GB",
        "staff": "true",
    }
    alice.profile.save()
    alice.groups.set([Group.objects.create(name="Couriers, night"), Group.objects.create(name="Drivers")])
    Claim.objects.create(name="staff", type="boolean", order=2000)
    names = ["username", "given_name", "family_name", "email", "mobile", "address", "birthdate", "country", "locale",
             "zoneinfo", "role", "picture", "staff"]  # fmt: skip
    party = relying_party(claims=dict.fromkeys(names, False))
    consent_to(alice, party.application)
    return party


def test_values_are_told_as_openid_connect_has_them(alices: Client, told_all: RelyingParty) -> None:
    told = told_all.userinfo(told_all.tokens(alices, scope=EVERY_SCOPE)["access_token"]).json()
    assert told.pop("sub")
    assert told == {
        "preferred_username": "alice",
        "given_name": "Alice",
        "family_name": "Liddell",
        "name": "Alice Liddell",
        "email": "alice@example.org",
        "email_verified": True,
        "phone_number": "+447400123456",
        "phone_number_verified": True,
        "address": {"formatted": "1 River Bank\nOxford"},
        "birthdate": "1852-05-04",
        "country": "GB",
        "locale": "en",
        "zoneinfo": "Europe/London",
        "roles": ["Couriers, night", "Drivers"],
        "picture": "https://gravatar.example/x",
        "staff": True,
    }


def test_a_picture_kept_here_has_no_address_others_can_open(
    alices: Client, alice: User, told_all: RelyingParty
) -> None:
    alice.picture = "/myaccount/picture/x"
    alice.save()
    told = told_all.userinfo(told_all.tokens(alices)["access_token"]).json()
    assert "picture" not in told


def test_scopes_ask_for_userinfo_alone(alices: Client, told_all: RelyingParty) -> None:
    """OpenID Connect Core 1.0, 5.4: an ID token gets what is asked for by name."""
    given = told_all.tokens(alices, scope="openid email")
    told, identity = told_all.userinfo(given["access_token"]).json(), read_jwt(given["id_token"])
    assert told.keys() == {"sub", "email", "email_verified"}
    assert "email" not in identity
    assert told["sub"] == identity["sub"]


def test_the_claims_parameter_names_what_and_where(alices: Client, told_all: RelyingParty) -> None:
    """OpenID Connect Core 1.0, 5.5."""
    given = told_all.tokens(alices, scope="openid", claims=CLAIMS)
    assert told_all.userinfo(given["access_token"]).json().keys() == {"sub", "phone_number", "phone_number_verified"}
    identity = read_jwt(given["id_token"])
    assert identity["email"] == "alice@example.org"
    assert "phone_number" not in identity


def test_an_id_token_says_who_for_whom_and_how(alices: Client, told_all: RelyingParty) -> None:
    given = told_all.tokens(alices)
    identity = read_jwt(given["id_token"])
    assert identity["iss"] == "http://localhost:8000"
    assert identity["aud"] == told_all.application.client_id
    assert identity["exp"] - identity["iat"] == 900
    assert identity["nonce"] == "the-nonce"
    assert identity["sid"] == alices.session["login_session"]
    assert {"at_hash", "auth_time", "acr", "amr", "jti"} <= identity.keys()


def test_only_what_is_listed_for_the_application_can_be_asked_for(alices: Client, alice: User) -> None:
    """Security 79: whatever scopes and `claims` say."""
    party = relying_party(claims={"given_name": True})
    consent_to(alice, party.application)
    given = party.tokens(alices, scope=EVERY_SCOPE, claims=CLAIMS)
    assert party.userinfo(given["access_token"]).json().keys() == {"sub", "given_name"}
    assert "email" not in read_jwt(given["id_token"])


@pytest.mark.parametrize("name", ["sub", "nonce", "aud", "at_hash", "iss", "sid", "acr", "exp"])
def test_an_attribute_never_takes_the_place_of_what_the_protocol_says(alices: Client, alice: User, name: str) -> None:
    """Whatever an administrator calls one."""
    Claim.objects.filter(name="country").update(openid_name=name)
    alice.profile.values |= {"country": "somebody-else"}
    alice.profile.save()
    party = relying_party(claims={"given_name": True, "country": False})
    consent_to(alice, party.application)
    given = party.tokens(alices, claims=json.dumps({"id_token": {name: None}, "userinfo": {name: None}}))
    identity = read_jwt(given["id_token"])
    assert identity[name] != "somebody-else"
    assert party.userinfo(given["access_token"]).json()["sub"] == identity["sub"]


# The person decides, at any time


def email_is_told(party: RelyingParty, given: dict[str, Any]) -> bool:
    return "email" in party.userinfo(given["access_token"]).json()


@pytest.fixture
def asks(alice: User) -> RelyingParty:
    party = relying_party(claims={"given_name": True, "email": False})
    consent_to(alice, party.application)
    return party


def narrow(alice: User, party: RelyingParty) -> None:
    consent = Consent.objects.get(application=party.application)
    assert consents.change(
        consent=consent, granted={"given_name"}, valid_until=None, opened_version=consent.version,
        origin=SYSTEM, now=timezone.now(),
    )  # fmt: skip


def test_what_is_taken_back_vanishes_from_tokens_already_given(alices: Client, alice: User, asks: RelyingParty) -> None:
    """Security 81: from userinfo, from the next ID token, and after a refresh."""
    claims = json.dumps({"id_token": {"email": None}})
    given = asks.tokens(alices, claims=claims)
    assert email_is_told(asks, given)
    assert "email" in read_jwt(given["id_token"])
    narrow(alice, asks)
    assert not email_is_told(asks, given)
    refreshed = asks.refresh(given["refresh_token"]).json()
    assert not email_is_told(asks, refreshed)
    assert "email" not in read_jwt(refreshed["id_token"])
    assert "email" not in read_jwt(asks.tokens(alices, claims=claims)["id_token"])


def test_a_code_given_before_tells_what_is_agreed_when_it_is_exchanged(
    alices: Client, alice: User, asks: RelyingParty
) -> None:
    """Security 79, 81."""
    code = asks.code(alices, claims=json.dumps({"id_token": {"email": None}}))
    narrow(alice, asks)
    assert "email" not in read_jwt(asks.exchange(code).json()["id_token"])


def test_one_attribute_runs_out_by_itself(alices: Client, alice: User, asks: RelyingParty) -> None:
    """Security 81."""
    consent = Consent.objects.get(application=asks.application)
    consent.claims.filter(claim__name="email").update(expires_at=timezone.now() + timedelta(minutes=5))
    given = asks.tokens(alices)
    assert email_is_told(asks, given)
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert not email_is_told(asks, given)
        assert "code" in asks.answer(alices, prompt="none")  # an optional one is silently left out


def test_a_purpose_that_reads_otherwise_is_asked_about_anew(alices: Client, alice: User, asks: RelyingParty) -> None:
    """Security 80."""
    given = asks.tokens(alices)
    Purpose.objects.filter(name="Providing the service").update(version=2)
    assert asks.userinfo(given["access_token"]).json().keys() == {"sub"}
    assert asks.answer(alices, prompt="none")["error"] == "consent_required"


def test_consent_is_to_an_application_and_not_to_its_name(alices: Client, alice: User, asks: RelyingParty) -> None:
    """Security 80: one of the same name, or made anew under the same client ID, starts with nothing."""
    twin = relying_party("Pickup", redirect_uris="https://twin.example/")
    assert twin.answer(alices, prompt="none")["error"] == "consent_required"
    client_id = asks.application.client_id
    asks.application.delete()
    again = relying_party("Pickup", claims={"given_name": True}, client_id=client_id)
    assert again.answer(alices, prompt="none")["error"] == "consent_required"


def test_a_mandatory_value_the_profile_lacks_is_asked_for_first(alices: Client, alice: User) -> None:
    party = relying_party(claims={"country": True})
    page = alices.get(party.request())
    assert b"value_country" in page.content
    assert alices.post(party.request(), {"decision": "allow"}).status_code == 422
    assert alices.post(party.request(), {"decision": "allow", "value_country": "XX"}).status_code == 422
    on = alices.post(party.request(), {"decision": "allow", "value_country": "GB"})
    assert on.status_code == 302
    assert b"claim_country" in alices.get(on["Location"]).content
    alice.profile.refresh_from_db()
    assert alice.profile.values["country"] == "GB"
    assert not Consent.objects.filter(application=party.application).exists()
    denied = relying_party("Other", claims={"birthdate": True}, redirect_uris="https://other.example/callback")
    assert "error=access_denied" in target_of(alices.post(denied.request(), {"decision": "deny"}))


# Userinfo


def test_an_id_token_opens_nothing_the_library_protects(alices: Client, asks: RelyingParty) -> None:
    """As it comes, it would take one for an access token."""
    given, core = asks.tokens(alices), get_oauthlib_core()

    def opens(token: str) -> bool:
        request = RequestFactory().get("/", headers={"authorization": f"Bearer {token}"})
        return bool(core.verify_request(request, ["openid"])[0])

    assert opens(given["access_token"])
    for token in (given["id_token"], given["refresh_token"], "", "x"):
        assert not opens(token)


def test_a_token_for_less_than_openid_is_none_for_userinfo(alices: Client, asks: RelyingParty) -> None:
    given = asks.refresh(asks.tokens(alices)["refresh_token"], scope="email").json()
    assert "id_token" not in given
    assert asks.userinfo(given["access_token"]).status_code == 401


def test_userinfo_takes_a_bearer_token_from_the_header_alone(alices: Client, asks: RelyingParty) -> None:
    """Security 76: neither from an address nor from a form; and an ID token opens nothing."""
    given = asks.tokens(alices)
    token = given["access_token"]
    post = asks.server.post("/oauth2/userinfo/", headers={"authorization": f"Bearer {token}"})
    assert post.status_code == 200
    assert (post["Cache-Control"], post["Content-Type"]) == ("no-store", "application/json")
    assert "Access-Control-Allow-Origin" not in post
    refused = [
        asks.server.get(f"/oauth2/userinfo/?access_token={token}"),
        asks.server.post("/oauth2/userinfo/", {"access_token": token}),
        asks.server.get("/oauth2/userinfo/"),
        alices.get("/oauth2/userinfo/"),
        *(asks.userinfo(wrong) for wrong in (given["id_token"], given["refresh_token"], "", "x", "\x01", "é", "a b")),
        asks.server.get("/oauth2/userinfo/", headers={"authorization": f"Basic {token}"}),
    ]
    for response in refused:
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert b"alice" not in response.content
