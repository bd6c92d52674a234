"""Who has to show what, and when: `prompt`, `max_age`, hints, classes of authentication, chains, groups."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from consent.consents.models import Consent
from consent.openid.authentication import MULTI_FACTOR, SINGLE_FACTOR, proof_in
from consent.tokens.models import Grant
from myaccount.users.models import User
from security.factors.kinds import Authenticator
from security.factors.models import TotpDevice
from security.policy.models import AuthenticationChain, ChainStep
from tests.consent.support import consent_to
from tests.linked_accounts.support import link, switch_url
from tests.security.factors.support import ADD_APP, app_code, open_page, post
from tests.support.browsing import SECOND_STEP, SIGN_IN, new_browser, sign_in
from tests.support.factors import add_app, code_of, typed_secret
from tests.support.people import CHROME, PASSPHRASE, make_person
from tests.support.relying_party import RelyingParty, parameters_of, read_jwt, relying_party, target_of
from tests.web.test_every_address import no_writes

pytestmark = pytest.mark.usefixtures("consent")
CONFIRM = "/myaccount/confirm/"


def confirm(browser: Client, response: Any) -> str:
    """Do what the confirmation page asks, and say where it leads."""
    assert response.status_code == 302, response.content.decode()[:2000]
    assert response["Location"].startswith(CONFIRM), response["Location"]
    page = browser.get(response["Location"])
    if page.status_code == 302:  # to the page of the second factor
        TotpDevice.objects.update(last_step=-1)
        return target_of(browser.post(page["Location"], {"code": code_of()}))
    next_path = parameters_of(response["Location"])["next"]
    return target_of(browser.post(CONFIRM, {"next": next_path, "password": PASSPHRASE}))


def is_let_in(response: Any) -> bool:
    """Whether the application gets a code."""
    return response.status_code == 302 and "code" in parameters_of(response["Location"])


# Without a page


def test_nobody_is_signed_in_silently(browser: Client, pickup: RelyingParty) -> None:
    """Security 79."""
    answer = pickup.answer(browser, prompt="none")
    assert (answer["error"], answer["state"], answer["iss"]) == ("login_required", "the-state", "http://localhost:8000")


def test_silence_is_possible_with_stored_consent(alices: Client, pickup: RelyingParty) -> None:
    assert "code" in pickup.answer(alices, prompt="none")


def test_no_consent_is_given_silently(alices: Client, pickup: RelyingParty, consent: Consent) -> None:
    """Security 79: neither without consent, nor to more than was agreed, nor after it ran out."""
    Consent.objects.update(valid_until=timezone.now())
    assert pickup.answer(alices, prompt="none")["error"] == "consent_required"
    Consent.objects.update(valid_until=None, state="revoked")
    assert pickup.answer(alices, prompt="none")["error"] == "consent_required"
    Consent.objects.all().delete()
    assert pickup.answer(alices, prompt="none")["error"] == "consent_required"


def test_what_the_profile_lacks_is_not_asked_for_silently(alices: Client, alice: User, pickup: RelyingParty) -> None:
    alice.profile.values = {}
    alice.profile.save()
    assert pickup.answer(alices, prompt="none")["error"] == "interaction_required"
    assert alices.get(pickup.request()).status_code == 200


# A fresh proof


def test_prompt_login_asks_again_and_is_satisfied_by_a_later_proof(alices: Client, pickup: RelyingParty) -> None:
    back = confirm(alices, alices.get(pickup.request(prompt="login")))
    assert is_let_in(alices.get(back))
    assert alices.get(pickup.request(prompt="login")).status_code == 302  # another request asks anew
    assert not is_let_in(alices.get(pickup.request(prompt="login")))


def test_a_proof_satisfies_the_request_it_was_asked_for_alone(alices: Client, pickup: RelyingParty) -> None:
    asked = parameters_of(alices.get(pickup.request(prompt="login"))["Location"])["next"]
    proof = parameters_of(asked)["proof_since"]
    assert not is_let_in(alices.get(asked))  # nothing was shown
    confirm(alices, alices.get(asked))
    assert not is_let_in(alices.get(pickup.request(prompt="login", state="another", proof_since=proof)))
    assert not is_let_in(alices.get(pickup.request(prompt="login", proof_since=proof[:-1] + "x")))
    assert not is_let_in(alices.get(pickup.request(prompt="login", proof_since="1")))
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=2), tick=False):
        assert not is_let_in(alices.get(asked))
    assert is_let_in(alices.get(asked))


def test_prompt_login_never_asks_silently(alices: Client, pickup: RelyingParty) -> None:
    assert pickup.answer(alices, prompt="none", max_age="0")["error"] == "login_required"


def test_signing_in_for_it_is_proof_enough(alice: User, browser: Client, pickup: RelyingParty) -> None:
    for changes in ({"prompt": "login"}, {"max_age": "0"}, {"max_age": "1000"}):
        browser = new_browser()
        response = browser.get(pickup.request(**changes))
        next_path = parameters_of(response["Location"])["next"]
        on = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": next_path})
        assert on.status_code == 200  # our own page, which opens the next by itself
        assert is_let_in(browser.get(target_of(on))), changes


def test_max_age_asks_those_who_signed_in_long_ago(alices: Client, pickup: RelyingParty) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert is_let_in(alices.get(pickup.request(max_age="600")))
        assert pickup.answer(alices, prompt="none", max_age="60")["error"] == "login_required"
        response = alices.get(pickup.request(max_age="60"))
        assert response["Location"].startswith(CONFIRM)
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1), tick=False):
        back = confirm(alices, response)
        assert is_let_in(alices.get(back))


def test_a_proof_of_a_linked_account_is_none_here(alice: User, bob: User, pickup: RelyingParty) -> None:
    """Bob has just signed in and switched to alice, whose password nobody gave: applications hear of none, and those
    that want a fresh proof get one (security 71)."""
    browser = sign_in(new_browser(), "bob")
    browser.post(switch_url(link(alice, bob)))
    assert is_let_in(browser.get(pickup.request()))
    told = proof_in(browser.session).told(())
    assert (told["acr"], told["amr"]) == (SINGLE_FACTOR, [])
    assert pickup.answer(browser, prompt="none", max_age="600")["error"] == "login_required"
    back = confirm(browser, browser.get(pickup.request(max_age="600")))
    assert is_let_in(browser.get(back))
    assert proof_in(browser.session).told(())["amr"] == ["pwd"]


def test_auth_time_is_of_this_session_and_of_its_last_proof(alices: Client, pickup: RelyingParty) -> None:
    """Not the person's last sign-in anywhere."""
    signed_in_at = int(timezone.now().timestamp())
    later = timezone.now() + timedelta(minutes=4)
    with time_machine.travel(later, tick=False):
        sign_in(new_browser(CHROME))
        first = read_jwt(pickup.tokens(alices)["id_token"])
        assert abs(first["auth_time"] - signed_in_at) <= 2
        asked = alices.get(pickup.request(prompt="login"))
    with time_machine.travel(later + timedelta(seconds=5), tick=False):
        code = parameters_of(alices.get(confirm(alices, asked))["Location"])["code"]
        again = read_jwt(pickup.exchange(code).json()["id_token"])
    assert again["auth_time"] == int((later + timedelta(seconds=5)).timestamp())


# Consent and accounts


def test_prompt_consent_shows_the_page_every_time(alices: Client, pickup: RelyingParty) -> None:
    """Security 79: `approval_prompt` has no say in it."""
    for changes in ({}, {"approval_prompt": "auto"}):
        page = alices.get(pickup.request(prompt="consent", **changes))
        assert page.status_code == 200
        assert b'value="allow"' in page.content
    assert not Grant.objects.exists()


def test_there_is_one_account_to_select(alices: Client, pickup: RelyingParty) -> None:
    assert is_let_in(alices.get(pickup.request(prompt="select_account")))


def test_deny_goes_back_with_access_denied(alices: Client, pickup: RelyingParty, consent: Consent) -> None:
    for prompt in (None, "consent"):
        url = target_of(alices.post(pickup.request(prompt=prompt), {"decision": "deny"}))
        assert url.startswith(pickup.redirect_uri)
        told = parameters_of(url)
        assert (told["error"], told["state"], told["iss"]) == ("access_denied", "the-state", "http://localhost:8000")
    consent.refresh_from_db()
    assert consent.state == "active"


# Hints


def test_the_login_hint_is_filled_in(browser: Client, pickup: RelyingParty) -> None:
    response = browser.get(pickup.request(login_hint="alice@example.org"))
    assert b'value="alice@example.org"' in browser.get(response["Location"]).content
    for hint in ("x" * 300, "a\u202eb", '"><script>'):
        page = browser.get(browser.get(pickup.request(login_hint=hint))["Location"])
        assert page.status_code == 200
        assert b"<script>" not in page.content
    elsewhere = browser.get(f"{SIGN_IN}?{urlencode({'next': '/myaccount/?login_hint=alice'})}")
    assert b'value="alice"' not in elsewhere.content


def test_the_pages_speak_the_language_the_application_asks_for(browser: Client, pickup: RelyingParty) -> None:
    response = browser.get(pickup.request(ui_locales="tlh en-XA en"))
    assert browser.get(response["Location"])["Content-Language"] == "en-xa"
    browser.cookies["language"] = "en"  # the person has chosen one
    assert browser.get(response["Location"])["Content-Language"] == "en"


def test_an_id_token_hint_of_somebody_else_gets_nobody(alices: Client, pickup: RelyingParty) -> None:
    """OpenID Connect Core 1.0, 3.1.2.1."""
    bob = make_person("bob", values={"given_name": "Bob"})
    consent_to(bob, pickup.application)
    hint = pickup.tokens(alices)["id_token"]
    bobs = sign_in(new_browser(CHROME), "bob")
    assert "code" in pickup.answer(alices, id_token_hint=hint)
    for prompt in ("none", None):
        assert pickup.answer(bobs, id_token_hint=hint, prompt=prompt)["error"] == "login_required"
    tampered = hint[:-4] + "AAAA"
    assert pickup.answer(alices, id_token_hint=tampered)["error"] == "invalid_request"
    subject = read_jwt(hint)["sub"]
    asks_for_alice = json.dumps({"id_token": {"sub": {"value": subject}}})
    assert "code" in pickup.answer(alices, claims=asks_for_alice)
    assert pickup.answer(bobs, claims=asks_for_alice)["error"] == "login_required"


# Classes of authentication


def essential(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


def acr_of(pickup: RelyingParty, browser: Client, **changes: str) -> tuple[str, list[str]]:
    identity = read_jwt(pickup.tokens(browser, **changes)["id_token"])
    return identity["acr"], identity["amr"]


def test_who_has_one_factor_goes_on_with_it(alices: Client, pickup: RelyingParty) -> None:
    for changes in ({}, {"acr_values": MULTI_FACTOR}, {"acr_values": f"unknown {SINGLE_FACTOR}"}):
        assert acr_of(pickup, alices, **changes) == (SINGLE_FACTOR, ["pwd"])


def test_a_class_that_cannot_be_reached_is_said_when_it_is_essential(alices: Client, pickup: RelyingParty) -> None:
    for values in ((MULTI_FACTOR,), ("unknown",)):
        for prompt in ("none", None):
            answer = pickup.answer(alices, claims=essential(*values), prompt=prompt)
            assert answer["error"] == "unmet_authentication_requirements"
    assert "code" in pickup.answer(alices, claims=essential(MULTI_FACTOR, SINGLE_FACTOR))


def test_who_has_a_second_factor_is_asked_for_it(alices: Client, alice: User, pickup: RelyingParty) -> None:
    """A step-up: this session has shown the password alone."""
    add_app(alice)
    assert acr_of(pickup, alices) == (SINGLE_FACTOR, ["pwd"])
    assert acr_of(pickup, alices, acr_values=f"{SINGLE_FACTOR} {MULTI_FACTOR}")[0] == SINGLE_FACTOR
    assert acr_of(pickup, alices, acr_values=MULTI_FACTOR, prompt="none")[0] == SINGLE_FACTOR
    assert pickup.answer(alices, claims=essential(MULTI_FACTOR), prompt="none")["error"] == "login_required"
    back = confirm(alices, alices.get(pickup.request(acr_values=MULTI_FACTOR)))
    code = parameters_of(alices.get(back)["Location"])["code"]
    identity = read_jwt(pickup.exchange(code).json()["id_token"])
    assert (identity["acr"], identity["amr"]) == (MULTI_FACTOR, ["pwd", "otp", "mfa"])
    assert acr_of(pickup, alices, claims=essential(MULTI_FACTOR))[0] == MULTI_FACTOR
    assert acr_of(pickup, alices, claims=essential(SINGLE_FACTOR))[0] == SINGLE_FACTOR


def test_a_factor_set_up_with_the_password_alone_is_no_second_factor_yet(
    alices: Client, alice: User, pickup: RelyingParty
) -> None:
    """Security 53: whoever has only the password cannot raise themselves to more by adding an app of their own."""
    seed = typed_secret(open_page(alices, ADD_APP))
    post(alices, ADD_APP, name="Phone", code=app_code(seed))
    assert TotpDevice.objects.filter(user=alice).exists()
    assert acr_of(pickup, alices) == (SINGLE_FACTOR, ["pwd"])


def test_two_factors_at_sign_in_are_told(alice: User, pickup: RelyingParty) -> None:
    add_app(alice)
    browser = sign_in(new_browser())
    assert acr_of(pickup, browser, acr_values=MULTI_FACTOR) == (MULTI_FACTOR, ["pwd", "otp", "mfa"])


# Chains of applications


def ask_for_app(application: Any, **fields: Any) -> AuthenticationChain:
    chain = AuthenticationChain.objects.create(name="strict", application=application.client_id, **fields)
    ChainStep.objects.create(chain=chain, order=1, authenticators=[Authenticator.PASSWORD])
    ChainStep.objects.create(chain=chain, order=2, authenticators=[Authenticator.TOTP])
    return chain


def test_an_applications_chain_is_asked_when_one_signs_in_for_it(alice: User, pickup: RelyingParty) -> None:
    """Security 52; and nobody else is asked."""
    ask_for_app(pickup.application)
    assert sign_in(new_browser()).session["login_session"]
    browser = new_browser()
    next_path = parameters_of(browser.get(pickup.request())["Location"])["next"]
    response = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": next_path})
    assert response["Location"] == "/myaccount/sign-in/set-up/"  # she has no app yet
    add_app(alice)
    browser = new_browser()
    response = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": next_path})
    assert response["Location"] == SECOND_STEP
    on = browser.post(f"{SECOND_STEP}totp/", {"code": code_of()})
    assert is_let_in(browser.get(target_of(on)))


def test_who_has_shown_less_signs_in_anew_for_it(alices: Client, alice: User, pickup: RelyingParty) -> None:
    add_app(alice)
    chain = ask_for_app(pickup.application)
    assert pickup.answer(alices, prompt="none")["error"] == "login_required"
    response = alices.get(pickup.request())
    assert response["Location"].startswith(f"{SIGN_IN}?again=1&next=")
    page = alices.get(response["Location"])
    assert page.status_code == 200
    next_path = parameters_of(response["Location"])["next"]
    before = alices.session["login_session"]
    alices.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": next_path})
    on = alices.post(f"{SECOND_STEP}totp/", {"code": code_of()})
    assert is_let_in(alices.get(target_of(on)))
    assert alices.session["login_session"] != before
    chain.is_active = False
    chain.save()
    assert is_let_in(sign_in(new_browser(CHROME)).get(pickup.request()))


def test_a_trusted_browser_is_asked_by_the_application_all_the_same(alice: User, pickup: RelyingParty) -> None:
    add_app(alice)
    browser = new_browser()
    browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE})
    assert browser.post(f"{SECOND_STEP}totp/", {"code": code_of(), "trust": "on"}).status_code == 302
    browser.post("/myaccount/sign-out/")
    assert browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE})["Location"] == "/myaccount/"
    assert is_let_in(browser.get(pickup.request()))
    ask_for_app(pickup.application)
    assert browser.get(pickup.request())["Location"].startswith(f"{SIGN_IN}?again=1")


def test_a_chain_of_the_application_never_takes_from_what_the_portal_asks(alice: User, pickup: RelyingParty) -> None:
    """Security 52: a link for a lenient application is no way around the second step."""
    add_app(alice)
    chain = AuthenticationChain.objects.create(name="lenient", application=pickup.application.client_id)
    ChainStep.objects.create(chain=chain, order=1, authenticators=[Authenticator.PASSWORD])
    browser = new_browser()
    response = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": pickup.request()})
    assert response["Location"] == SECOND_STEP


# Groups


def test_people_outside_its_groups_are_told_and_so_is_the_application(
    alices: Client, alice: User, pickup: RelyingParty
) -> None:
    group = Group.objects.create(name="Couriers")
    pickup.application.groups.add(group)
    page = alices.get(pickup.request())
    assert page.status_code == 403
    assert b"You cannot use Pickup" in page.content
    assert b"error=access_denied" in page.content
    assert pickup.answer(alices, prompt="none")["error"] == "access_denied"
    assert alices.post(pickup.request(), {"decision": "allow", "claim_given_name": "on"}).status_code == 403
    alice.groups.add(group)
    assert is_let_in(alices.get(pickup.request()))


# Looking


def test_asking_writes_nothing(alices: Client, alice: User, pickup: RelyingParty) -> None:
    """Security 12: only what is let in does, which is what the protocol asks for by GET."""
    other = relying_party("Other", redirect_uris="https://other.example/callback")
    add_app(alice)
    subject = json.dumps({"id_token": {"sub": {"value": "5e2a9c1e-7d0f-4a53-9d6c-0d2b6f0f2b11"}}})
    with no_writes():
        assert alices.get(other.request()).status_code == 200
        assert new_browser().get(other.request()).status_code == 302
        for changes in (
            {"prompt": "none"}, {"prompt": "login"}, {"prompt": "consent"}, {"max_age": "0"}, {"claims": subject},
            {"acr_values": MULTI_FACTOR}, {"redirect_uri": "x"}, {"client_id": "x"}, {"scope": "x"},
        ):  # fmt: skip
            alices.get(other.request(**changes))
        alices.get("/oauth2/logout/")


# Going on after a form


@pytest.mark.parametrize("next_path", ["/myaccount/security/", ""])
def test_a_sign_in_that_stays_here_is_a_plain_redirect(alice: User, browser: Client, next_path: str) -> None:
    response = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": next_path})
    assert (response.status_code, response["Location"]) == (302, next_path or "/myaccount/")


def test_the_page_between_says_where_it_leads_and_has_a_link(alices: Client, pickup: RelyingParty) -> None:
    """Chromium holds a form to `form-action 'self'` through all redirects that follow it."""
    page = alices.post(pickup.request(prompt="consent"), {"decision": "deny"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "form-action 'self'" in page["Content-Security-Policy"]
    assert 'class="btn btn-primary" href="https://pickup.example/callback?error=access_denied' in text
    assert "Pickup" in text


def test_a_long_request_survives_signing_in(alice: User, browser: Client, pickup: RelyingParty) -> None:
    response = browser.get(pickup.request(state="s" * 1500))
    next_path = parameters_of(response["Location"])["next"]
    on = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE, "next": next_path})
    assert parameters_of(browser.get(target_of(on))["Location"])["state"] == "s" * 1500


def test_the_session_of_one_person_is_never_anothers(alices: Client, alice: User, pickup: RelyingParty) -> None:
    """Security 21: whoever signs in next in the same browser gets a `sid` of their own."""
    bob = make_person("bob", values={"given_name": "Bob"})
    consent_to(bob, pickup.application)
    hers = read_jwt(pickup.tokens(alices)["id_token"])
    alices.post(SIGN_IN, {"identifier": "bob", "password": PASSPHRASE})
    his = read_jwt(pickup.tokens(alices)["id_token"])
    assert his["sid"] != hers["sid"]
    assert his["sub"] != hers["sub"]


def test_another_application_knows_the_person_by_another_name(
    alices: Client, alice: User, pickup: RelyingParty
) -> None:
    """OpenID Connect Core 1.0, 8.1; applications of one sector share it, and public ones all do."""
    others = [
        relying_party("Other", redirect_uris="https://other.example/callback"),
        relying_party("Same host", redirect_uris="https://pickup.example/second"),
        relying_party("Same sector", redirect_uris="https://x.example/", sector="pickup.example"),
        relying_party("Public", redirect_uris="https://y.example/", subject_type="public"),
        relying_party("Many hosts", redirect_uris="https://pickup.example/3 https://z.example/"),
    ]
    for other in others:
        consent_to(alice, other.application)
    known_as = [read_jwt(party.tokens(alices)["id_token"])["sub"] for party in (pickup, *others)]
    assert known_as[0] == known_as[2] == known_as[3]
    assert known_as[4] == str(alice.uuid)
    assert len({*known_as}) == 4
    assert str(alice.uuid) not in (known_as[0], known_as[1], known_as[5])
