"""Signing out that an application starts: it has to be ours to believe, and leads nowhere else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from consent import keys
from consent.consents.models import Consent
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.settings.base import openid_provider
from myaccount.settings.environment import new_signing_key
from myaccount.users.models import User
from sessions_app.services import LoginSession
from tests.consent.support import consent_to
from tests.support.browsing import new_browser, sign_in
from tests.support.people import CHROME
from tests.support.relying_party import LOGOUT, RelyingParty, relying_party, target_of

pytestmark = pytest.mark.usefixtures("consent")
BACK = "https://pickup.example/bye"
CONFIRM = "/oauth2/logout/confirm/"


@pytest.fixture
def pickup(db: None) -> RelyingParty:
    return relying_party(post_logout_redirect_uris=f"{BACK} https://pickup.example/other?x=1")


def asking(**parameters: str) -> str:
    return f"{LOGOUT}?{urlencode(parameters)}"


def is_signed_in(browser: Client) -> bool:
    return browser.get("/myaccount/").status_code == 200


def assert_asks_first(browser: Client, response: Any) -> None:
    assert response.status_code == 200
    assert b"<form" in response.content
    assert is_signed_in(browser)


def test_a_token_of_this_session_ends_it_and_leads_back(alices: Client, pickup: RelyingParty) -> None:
    """Security 84: `state` comes back as it was."""
    given = pickup.tokens(alices)
    response = alices.get(asking(id_token_hint=given["id_token"], post_logout_redirect_uri=BACK, state="a b&c"))
    assert (response.status_code, response["Location"]) == (302, f"{BACK}?state=a+b%26c")
    assert not is_signed_in(alices)
    assert pickup.userinfo(given["access_token"]).status_code == 401
    event = Event.objects.get(kind=EventKind.APPLICATION_SIGNED_OUT)
    assert event.data == {"application": "Pickup"}
    assert LoginSession.objects.get().end_reason == "signed-out"


def test_only_this_browsers_session_ends(alices: Client, pickup: RelyingParty) -> None:
    """Not all of the person's, in all applications, as the library would have it."""
    other = sign_in(new_browser(CHROME))
    given, others = pickup.tokens(alices), pickup.tokens(other)
    alices.get(asking(id_token_hint=given["id_token"]))
    assert not is_signed_in(alices)
    assert is_signed_in(other)
    assert pickup.userinfo(others["access_token"]).status_code == 200


def test_a_token_that_has_expired_will_do(alices: Client, pickup: RelyingParty) -> None:
    hint = pickup.tokens(alices)["id_token"]
    for minutes in (5, 10, 16):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
            alices.get("/myaccount/")
    with time_machine.travel(timezone.now() + timedelta(minutes=17), tick=False):
        response = alices.get(asking(id_token_hint=hint, post_logout_redirect_uri=BACK))
        assert response["Location"] == BACK
        assert not is_signed_in(alices)


def test_a_token_signed_by_a_key_of_before_will_do(alices: Client, pickup: RelyingParty) -> None:
    """Security 84: the key is chosen by its `kid`."""
    hint = pickup.tokens(alices)["id_token"]
    kept = [new_signing_key(), settings.OAUTH2_PROVIDER["OIDC_RSA_PRIVATE_KEY"]]
    with override_settings(OAUTH2_PROVIDER=openid_provider(settings.PUBLIC_URL, kept, ["https", "http"])):
        assert alices.get(asking(id_token_hint=hint, post_logout_redirect_uri=BACK))["Location"] == BACK
    assert not is_signed_in(alices)


def test_without_a_token_the_person_is_asked(alices: Client, pickup: RelyingParty) -> None:
    """Security 12, 84."""
    client_id = pickup.application.client_id
    for parameters in ({}, {"client_id": client_id}, {"client_id": client_id, "post_logout_redirect_uri": BACK}):
        page = alices.get(asking(**parameters))
        assert_asks_first(alices, page)
    action = page.content.decode().split('action="')[1].split('"')[0].replace("&amp;", "&")
    assert action.startswith(CONFIRM)
    assert alices.get(action).status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = alices.cookies
    assert careful.post(action).status_code == 403
    response = alices.post(action)
    assert response.status_code == 200
    assert target_of(response) == BACK
    assert not is_signed_in(alices)


def test_a_token_of_another_session_or_person_asks_first(alices: Client, pickup: RelyingParty, bob: User) -> None:
    """Security 84: it proves nothing about this browser."""
    bob.profile.values = {"given_name": "Bob"}
    bob.profile.save()
    consent_to(bob, pickup.application)
    for browser in (sign_in(new_browser(CHROME)), sign_in(new_browser(CHROME), "bob")):
        hint = pickup.tokens(browser)["id_token"]
        assert_asks_first(alices, alices.get(asking(id_token_hint=hint, post_logout_redirect_uri=BACK)))


def forged(token: str) -> list[str]:
    head, body, signature = token.split(".")
    return [
        "", "x", f"{head}.{body}.", f"{head}.{body}.{signature[:-6]}AAAAAA", f"eyJhbGciOiJub25lIn0.{body}.",
        f"{head}.{body[:-4]}AAAA.{signature}",
        keys.sign(b'{"iss": "https://evil.example", "sub": "x", "aud": "x"}', type="JWT"),
        keys.sign(b'{"sub": "x"}', type="JWT"), keys.sign(b"[]", type="JWT"), keys.sign(b"\xff", type="JWT"),
    ]  # fmt: skip


def test_what_is_no_token_of_ours_ends_nothing(alices: Client, pickup: RelyingParty) -> None:
    """Security 84."""
    hint = pickup.tokens(alices)["id_token"]
    payload = keys.verify(hint, keys.public_key_set())[1]
    logout_token = keys.sign(payload, type="logout+jwt")
    of_another = keys.sign(payload.replace(b"http://localhost:8000", b"https://evil.example"), type="JWT")
    for wrong in [*forged(hint)[1:], logout_token, of_another]:
        response = alices.get(asking(id_token_hint=wrong, post_logout_redirect_uri=BACK))
        assert response.status_code == 400, wrong
        assert is_signed_in(alices)
    assert alices.get(asking(id_token_hint=hint, client_id="somebody-else")).status_code == 400
    assert is_signed_in(alices)


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/", f"{BACK}/", f"{BACK}?x=1", f"{BACK}#x", "https://pickup.example/callback",
        "https://PICKUP.example/bye", "//pickup.example/bye", "javascript:alert(1)", "https://pickup.example/other",
        f"{BACK} https://evil.example", "/myaccount/", f"{BACK}\n",
    ],
)  # fmt: skip
def test_it_leads_to_registered_addresses_alone(alices: Client, pickup: RelyingParty, back: str) -> None:
    """Security 84: to the letter; whether or not somebody is signed in."""
    hint = pickup.tokens(alices)["id_token"]
    for browser in (alices, new_browser()):
        response = browser.get(asking(id_token_hint=hint, post_logout_redirect_uri=back))
        assert response.status_code == 400
        assert "Location" not in response
    assert is_signed_in(alices)
    assert alices.post(f"{CONFIRM}?{urlencode({'post_logout_redirect_uri': back})}").status_code == 400
    assert is_signed_in(alices)


def test_an_address_without_an_application_leads_nowhere(alices: Client, pickup: RelyingParty) -> None:
    """Security 84."""
    assert alices.get(asking(post_logout_redirect_uri=BACK)).status_code == 400
    assert alices.get(asking(post_logout_redirect_uri=BACK, client_id="nobody")).status_code == 400


def test_another_sites_form_changes_nothing_by_itself(alices: Client, pickup: RelyingParty) -> None:
    """Security 12: it brings no cookie; the same is asked for by GET, which brings it."""
    hint = pickup.tokens(alices)["id_token"]
    stranger = Client(enforce_csrf_checks=True)
    response = stranger.post(LOGOUT, {"id_token_hint": hint, "post_logout_redirect_uri": BACK, "state": "s", "x": "y"})
    assert response.status_code == 200
    assert is_signed_in(alices)
    assert alices.get(target_of(response))["Location"] == f"{BACK}?state=s"
    assert not is_signed_in(alices)


def test_who_is_signed_out_already_is_led_back(browser: Client, pickup: RelyingParty, alices: Client) -> None:
    hint = pickup.tokens(alices)["id_token"]
    fresh = new_browser()
    assert fresh.get(asking(id_token_hint=hint, post_logout_redirect_uri=BACK))["Location"] == BACK
    assert fresh.get(LOGOUT)["Location"] == "/myaccount/signed-out/"
    assert is_signed_in(alices)


def test_it_is_asked_for_nothing_by_an_application_that_is_off(alices: Client, pickup: RelyingParty) -> None:
    hint = pickup.tokens(alices)["id_token"]
    type(pickup.application).objects.update(is_active=False)
    assert alices.get(asking(id_token_hint=hint, post_logout_redirect_uri=BACK)).status_code == 400
    assert is_signed_in(alices)
    assert Consent.objects.exists()
