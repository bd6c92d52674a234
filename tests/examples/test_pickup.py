"""The example application against the portal, both over HTTP: what it shows, and how it is signed out."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
import requests
from django.utils import timezone
from joserfc import jws
from joserfc.jwk import RSAKey
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from consent import keys
from consent.applications.models import Application
from consent.consents import services as consents
from consent.consents.models import Consent, ConsentedClaim
from consent.logout.models import LogoutDelivery
from consent.logout.services import deliver_due
from consent.logout.tokens import logout_token
from examples.pickup.app import Pickup
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from profile.models import Profile
from sessions_app import services as sessions
from sessions_app.models import EndReason, LoginSession
from tests.support.people import PASSPHRASE, make_person
from tests.support.pickup import provider_at, running_pickup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pickup(live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pickup]:
    """The example, registered and running."""
    settings.PUBLIC_URL = portal = live_server.url.replace("127.0.0.1", "localhost")
    settings.OAUTH2_PROVIDER = provider_at(portal)
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "true")
    with running_pickup(portal) as example:
        yield example


@pytest.fixture
def person(pickup: Pickup) -> User:
    return make_person(values={"given_name": "Alice", "country": "GB"})


class Browser:
    """A person's browser, as far as this needs one: cookies, forms, and pages that lead on by themselves."""

    def __init__(self, pickup: Pickup) -> None:
        self.pickup, self.http = pickup, requests.Session()
        self.page = ""
        self.at = ""

    def get(self, address: str) -> str:
        return self._shown(self.http.get(address))

    def post(self, address: str, fields: dict[str, str]) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        return self._shown(self.http.post(address, data={**fields, "csrfmiddlewaretoken": token[1] if token else ""}))

    def _shown(self, answer: requests.Response) -> str:
        self.page, self.at = answer.text, answer.url
        led_on = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]*)">', answer.text)
        if led_on:
            address = unescape(led_on[1])
            return self.get(address if address.startswith("http") else f"{self.pickup.portal}{address}")
        return self.page

    def sign_in(self, **ticked: str) -> str:
        """From the example's page to the example's page, through everything the portal asks."""
        self.get(f"{self.pickup.address}/sign-in")
        if "/myaccount/sign-in/" in self.at:
            wanted = re.search(r'name="next" value="([^"]*)"', self.page)
            assert wanted
            fields = {"identifier": "alice", "password": PASSPHRASE, "next": unescape(wanted[1])}
            self.post(f"{self.pickup.portal}/myaccount/sign-in/", fields)
        if "/oauth2/authorize/" in self.at:
            self.post(self.at, {"decision": "allow", "claim_email": "on", "claim_given_name": "on", **ticked})
        return self.page

    def home(self) -> str:
        return self.get(f"{self.pickup.address}/")

    def claims(self) -> dict[str, str]:
        """What the page says the portal tells now."""
        now = self.page[: self.page.index("What the ID token said")]
        return dict(re.findall(r"<tr><th scope=row>([^<]+)</th><td>([^<]*)</td>", now))


@pytest.fixture
def browser(pickup: Pickup) -> Browser:
    return Browser(pickup)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_people_see_what_the_portal_tells_and_what_they_revoke_is_gone(browser: Browser, person: User) -> None:
    """Security 81: in the user info of a token that was given before."""
    assert "Sign in with My Account" in browser.home()
    assert "Good to see you, Alice" in browser.sign_in(claim_country="on")
    told = browser.claims()
    assert (told["given_name"], told["country"], told["email"]) == ("Alice", "GB", "alice@example.org")
    assert told["sub"] != str(person.uuid)
    consent = Consent.objects.get(user=person, application__client_id="pickup")
    given = ["email", "given_name"]
    assert ConsentedClaim.objects.filter(consent=consent, is_granted=True).count() == 3
    consents.change(
        consent=consent, granted=given, valid_until=None, opened_version=consent.version, origin=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip
    browser.post(f"{browser.pickup.address}/ask-again", {})
    assert "country" not in browser.claims()
    assert browser.claims()["given_name"] == "Alice"
    consent.refresh_from_db()
    consents.revoke(consent=consent, origin=SYSTEM, now=timezone.now())
    assert "The portal tells nothing any more" in browser.post(f"{browser.pickup.address}/ask-again", {})


def test_a_session_that_ends_in_the_portal_ends_in_the_application(browser: Browser, person: User) -> None:
    """Security 17: and a person signed in elsewhere stays."""
    browser.sign_in()
    other = Browser(browser.pickup)
    other.sign_in()
    first = LoginSession.objects.order_by("started_at").first()
    assert first
    sessions.end(login_session=first, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now())
    assert deliver_due(now=timezone.now()) == 1
    assert LogoutDelivery.objects.get().state == "delivered"
    assert "Sign in with My Account" in browser.home()
    assert "Good to see you, Alice" in other.home()


def test_signing_out_of_the_application_signs_out_of_the_portal(browser: Browser, person: User) -> None:
    """Security 84."""
    browser.sign_in()
    browser.post(f"{browser.pickup.address}/sign-out", {})
    assert browser.at == f"{browser.pickup.address}/"
    assert "Sign in with My Account" in browser.page
    wait_for(lambda: not LoginSession.objects.filter(ended_at=None).exists())
    assert "/myaccount/sign-in/" in (browser.get(f"{browser.pickup.portal}/myaccount/") and browser.at)


def test_denying_leads_back_with_a_word(browser: Browser, person: User) -> None:
    browser.get(f"{browser.pickup.address}/sign-in")
    wanted = re.search(r'name="next" value="([^"]*)"', browser.page)
    assert wanted
    fields = {"identifier": "alice", "password": PASSPHRASE, "next": unescape(wanted[1])}
    browser.post(f"{browser.pickup.portal}/myaccount/sign-in/", fields)
    assert "The portal said: access_denied" in browser.post(browser.at, {"decision": "deny"})


@pytest.mark.parametrize("query", ["", "code=x&state=y", "code=x", "error=access_denied", "state=%00"])
def test_an_answer_nobody_asked_for_signs_nobody_in(pickup: Pickup, query: str) -> None:
    answer = requests.get(f"{pickup.address}/callback?{query}")
    assert answer.status_code == 400
    assert "This is no answer to a sign-in of this browser." in answer.text


def forged(pickup: Pickup, person: User, session: LoginSession, how: str) -> str:
    """A logout token with one thing wrong."""
    application = Application.objects.get()
    now = timezone.now()
    good = logout_token(application=application, login_session_uuid=session.uuid, subject="someone", now=now)
    claims: dict[str, Any] = json.loads(keys.verify(good, keys.public_key_set())[1])
    changes: dict[str, dict[str, Any]] = {
        "another audience": {"aud": "somebody-else"},
        "another issuer": {"iss": "https://evil.example"},
        "run out": {"exp": int(now.timestamp()) - 1},
        "no event": {"events": {}},
        "an ID token": {"nonce": "n"},
        "no session": {"sid": None},
    }
    payload = {name: value for name, value in {**claims, **changes.get(how, {})}.items() if value is not None}
    if how == "another key":
        key = RSAKey.generate_key(2048, {"kid": str(keys.signing_key().kid)})
        header = {"alg": "RS256", "kid": key.kid, "typ": "logout+jwt"}
        return jws.serialize_compact(header, json.dumps(payload).encode(), key)
    type_ = "JWT" if how == "another kind" else "logout+jwt"
    return "" if how == "nothing" else keys.sign(json.dumps(payload).encode(), type=type_)


@pytest.mark.parametrize(
    "how",
    [
        "another audience", "another issuer", "run out", "no event", "an ID token", "no session", "another key",
        "another kind", "nothing",
    ],
)  # fmt: skip
def test_a_forged_logout_signs_nobody_out(browser: Browser, person: User, how: str) -> None:
    browser.sign_in()
    session = LoginSession.objects.get()
    address = f"{browser.pickup.address}/backchannel-logout"
    answer = requests.post(address, data={"logout_token": forged(browser.pickup, person, session, how)})
    assert answer.status_code == 400
    assert "Good to see you, Alice" in browser.home()
    good = forged(browser.pickup, person, session, "as it should be")
    assert requests.post(address, data={"logout_token": good}).status_code == 200
    assert "Sign in with My Account" in browser.home()


def test_a_form_of_another_site_is_refused(browser: Browser, person: User) -> None:
    browser.sign_in()
    answer = browser.http.post(f"{browser.pickup.address}/sign-out", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "Good to see you, Alice" in browser.home()


def test_what_the_portal_tells_is_escaped_and_every_answer_wears_its_headers(browser: Browser, person: User) -> None:
    Profile.objects.filter(user=person).update(values={"given_name": "<b>Alice</b>", "country": "GB"})
    assert "&lt;b&gt;Alice&lt;/b&gt;" in browser.sign_in()
    assert "<b>" not in browser.page
    for path in ("/", "/style.css", "/nothing"):
        answer = browser.http.get(f"{browser.pickup.address}{path}")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    cookie = next(cookie for cookie in browser.http.cookies if cookie.name == "pickup-session")
    assert cookie.has_nonstandard_attr("HttpOnly")
