"""The authorisation endpoint: what a person sees and what an application is told."""

from __future__ import annotations

from django.test import Client

from consent.consents.models import Consent
from tests.support.relying_party import RelyingParty, read_jwt, target_of


def test_a_person_signs_in_agrees_and_the_application_knows_what_they_allowed(
    alices: Client, pickup: RelyingParty
) -> None:
    page = alices.get(pickup.request())
    assert page.status_code == 200
    assert not Consent.objects.exists()
    answer = alices.post(pickup.request(), {"decision": "allow", "claim_given_name": "on"})
    assert answer.status_code == 200  # a page of ours, since `form-action 'self'` holds forms to their redirects
    url = target_of(answer)
    assert url.startswith("https://pickup.example/callback?")
    assert "state=the-state" in url
    assert "iss=http%3A%2F%2Flocalhost%3A8000" in url
    code = dict(part.split("=") for part in url.split("?")[1].split("&"))["code"]
    given = pickup.exchange(code).json()
    told = pickup.userinfo(given["access_token"]).json()
    identity = read_jwt(given["id_token"])
    assert told == {"sub": identity["sub"], "given_name": "Alice"}
    assert identity["nonce"] == "the-nonce"
    assert identity["sid"] == alices.session["login_session"]


def test_stored_consent_skips_the_page(alices: Client, pickup: RelyingParty, consent: Consent) -> None:
    answer = pickup.answer(alices)
    assert answer.keys() == {"code", "state", "iss"}
