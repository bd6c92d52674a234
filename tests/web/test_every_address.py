"""Rules that hold for every address there is, those of tomorrow included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from myaccount.users.models import User
from myaccount.web.features import FEATURES, Feature
from myaccount.web.models import PortalSettings
from profile.models import Profile
from tests.support.addresses import Address, addresses
from tests.support.browsing import SIGN_IN, make_stale, new_browser, sign_in
from tests.support.people import CHROME, PASSPHRASE, make_person
from tests.web.test_errors import assert_wears_its_headers

PUBLIC = {
    "sign-in", "sign-out", "signed-out", "set-language", "theme", "logo", "session-remaining", "extend-session",
    "sign-in-with-passkey", "passkey-options", "captcha-challenge",
    "sign-in-with-provider", "identity-callback", "identity-provider-logo",
    # on the way in: these ask the unfinished sign-in themselves
    "second-step", "second-step-with", "send-sign-in-code", "second-step-options", "enrol-at-sign-in",
    "new-password-at-sign-in", "deletion-at-sign-in", "keep-account", "leave-account",
    "to-be-deleted",  # to the browser it was asked for in
    # for people who cannot sign in: these ask the recovery itself
    "forgot-password", "recovery-ways", "recovery-code", "resend-recovery-code", "recovery-by-link", "recovery-link",
    "recovery-questions", "recovery-second-step", "recovery-second-step-with", "send-recovery-step-code",
    "recovery-options", "lost-everything", "recovery-password", "cancel-waiting", "forgot-username",
    # for people who have no account: these ask the registration itself
    "register", "registration-code", "resend-registration-code", "registration-by-link", "registration-link",
    "registration-result",
    "export-schema",  # what an exported file means, which is nobody's data
}  # fmt: skip
OF_NO_FEATURE = PUBLIC | {
    "overview",  # leads to the first page that is on
    "switch-back",  # whoever has switched gets back, whatever is switched off meanwhile
    "confirm-access",
    "confirm-with",
    "confirm-with-provider",
    "send-confirmation-code",
    "confirm-options",
    "continue-interrupted",
    "picture",  # the person's own, which the shell shows on every page
    "application-logo",  # the consent page shows it, whatever is switched off
}
KEPT_BY_BROWSERS = {"theme", "logo"}
KEPT_BY_ANYBODY = {"openid-configuration", "openid-keys", "export-schema"}
# Asked by applications' servers, which have no form of ours; they show a secret or a token instead of a cookie.
# Signing in and out that another site asks for by POST changes nothing: it is asked for again by GET.
BY_MACHINES = {"token", "userinfo", "introspect", "revoke-token"}
WITHOUT_FORM = BY_MACHINES | {"openid-logout", "authorize"}

EVERY = addresses()
OURS = [address for address in EVERY if address.path.startswith("/myaccount/")]
PRIVATE = [address for address in OURS if address.name not in PUBLIC]
by_path = pytest.mark.parametrize("address", OURS, ids=str)


@contextmanager
def no_writes(*, except_for: str = "no table") -> Iterator[None]:
    """Let the database be read only."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        is_read = sql.lstrip(" \n(").upper().startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK"))
        assert is_read or except_for in sql, f"GET writes: {sql}"
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


@pytest.fixture
def admins(db: None) -> Client:
    """A browser of somebody who may do everything."""
    make_person("admin", is_staff=True, is_superuser=True)
    return sign_in(new_browser(), "admin")


def assert_nothing_is_kept(response: Any) -> None:
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("who", ["nobody", "alices", "admins"])
def test_looking_is_safe_everywhere(db: None, who: str, request: pytest.FixtureRequest) -> None:
    """Security 12, 16, 89: GET writes nothing, nothing private is kept, every response wears its headers."""
    browser: Client = new_browser() if who == "nobody" else request.getfixturevalue(who)
    Profile.objects.all().delete()  # as an account made on the command line has none
    PortalSettings(accent_color="#336699").save()
    for address in EVERY:
        # Django's admin leaves a message where there is no such object, and messages are in the session.
        # A page that sets a factor up keeps in the session what it shows, until the person has proven it.
        # A link of a mail leaves its token there, and so do words for the page people are led to.
        is_for_setting_up = hasattr(address.view, "is_for_enrolment") or "/backup-codes/" in address.path
        is_for_setting_up |= "/forgot-password/" in address.path or "/register/" in address.path
        keeps_something = address.path.startswith("/admin/") or is_for_setting_up
        writable = "browsersession" if keeps_something else "no table"
        with no_writes(except_for=writable):
            response = browser.get(address.path)
        assert response.status_code < 500, address
        assert b"UNKNOWN VARIABLE" not in response.content, address
        if address.name not in KEPT_BY_BROWSERS | KEPT_BY_ANYBODY or response.status_code != 200:
            assert_nothing_is_kept(response)
        assert_wears_its_headers(response)
        assert "script-src 'self'" in response["Content-Security-Policy"], address
        assert "unsafe" not in response["Content-Security-Policy"], address


def test_opening_links_of_mails_and_own_things_changes_nothing(alices: Client, alice: User) -> None:
    """Security 12: with parts of addresses that exist."""
    other = sign_in(new_browser(CHROME))
    row = alice.login_sessions.get(uuid=other.session["login_session"])
    with no_writes():
        for path in (
            f"/myaccount/security/sessions/{row.uuid}/terminate/",
            "/myaccount/sign-out/",
            "/myaccount/confirm/?next=/myaccount/",
            "/myaccount/personal-info/?edit=given_name",
            "/myaccount/security/?edit=password",
        ):
            assert alices.get(path).status_code == 200, path


@pytest.mark.parametrize("address", PRIVATE, ids=str)
def test_strangers_are_led_to_the_sign_in_page(db: None, client: Client, address: Address) -> None:
    """Security 6, 16."""
    for response in (client.get(address.path), client.post(address.path)):
        assert response.status_code in (302, 405)
        if response.status_code == 302:
            assert response["Location"].startswith(SIGN_IN)
        assert_nothing_is_kept(response)
    assert 302 in (client.get(address.path).status_code, client.post(address.path).status_code)


@by_path
def test_an_address_is_declared_private_or_listed_as_public(address: Address) -> None:
    assert (address.name in PUBLIC) != hasattr(address.view, "requires_sign_in")


@by_path
def test_an_address_belongs_to_a_feature_or_is_listed_as_without(address: Address) -> None:
    assert (address.name in OF_NO_FEATURE) != hasattr(address.view, "feature_id")


def test_the_lists_name_nothing_that_is_gone() -> None:
    names = {address.name for address in OURS}
    assert names >= OF_NO_FEATURE


def addresses_of(feature: Feature) -> list[Address]:
    """Those of a section, or of a page and its sections."""
    ids = {other.id for other in FEATURES if feature.id in (other.id, other.page_id)}
    return [address for address in OURS if getattr(address.view, "feature_id", "") in ids]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.id)
def test_what_is_switched_off_has_no_addresses(alices: Client, feature: Feature) -> None:
    PortalSettings(features={feature.id: "off"}).save()
    for address in addresses_of(feature):
        answers = {alices.get(address.path).status_code, alices.post(address.path).status_code}
        assert 404 in answers, address
        assert answers <= {404, 405}, address
    for page in ("overview", "personal-info", "security", "applications"):
        expected = 200 if feature.id != page else 302 if page == "overview" else 404
        assert alices.get(reverse(page)).status_code == expected


@pytest.mark.parametrize("feature", [f for f in FEATURES if f.changes_something], ids=lambda feature: feature.id)
def test_what_is_read_only_takes_no_forms(alices: Client, feature: Feature) -> None:
    """What takes one's data away changes nothing, and stays."""
    PortalSettings(features={feature.id: "read-only"}).save()
    change_something = {other.id for other in FEATURES if other.changes_something}
    addresses = [a for a in addresses_of(feature) if getattr(a.view, "feature_id", "") in change_something]
    assert addresses
    for address in addresses:
        assert alices.post(address.path).status_code in (403, 405), address


@pytest.mark.parametrize(
    ("features", "landing"),
    [
        ({"overview": "off"}, "/myaccount/personal-info/"),
        ({"overview": "off", "personal-info": "off"}, "/myaccount/security/"),
        ({}, "/myaccount/"),
    ],
)
def test_everybody_lands_on_the_first_page_that_is_on(alice: User, features: dict[str, str], landing: str) -> None:
    PortalSettings(features=features).save()
    browser = new_browser()
    page = browser.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE}, follow=True)
    assert page.status_code == 200
    assert page.request["PATH_INFO"] == landing


@pytest.mark.parametrize("who", ["alices", "admins"])
def test_no_form_is_taken_without_its_token(who: str, request: pytest.FixtureRequest) -> None:
    """Security 12."""
    careful = new_browser(enforce_csrf_checks=True)
    careful.cookies = request.getfixturevalue(who).cookies
    for address in EVERY:
        if address.name not in WITHOUT_FORM:
            assert careful.post(address.path).status_code in (403, 405), address


def test_machines_get_nothing_for_a_cookie(alices: Client) -> None:
    """Security 12: what takes a request without our form's token takes no cookie for a proof either."""
    for address in EVERY:
        if address.name in BY_MACHINES:
            assert {alices.get(address.path).status_code, alices.post(address.path).status_code} <= {400, 401, 405}
    assert alices.post("/oauth2/logout/").status_code == 200
    assert alices.get("/myaccount/").status_code == 200


@pytest.mark.parametrize("address", EVERY, ids=str)
def test_no_view_is_exempt_from_the_token(address: Address) -> None:
    """Security 12."""
    assert getattr(address.view, "csrf_exempt", False) == (address.name in WITHOUT_FORM)


def test_a_form_with_the_token_of_another_browser_is_refused(alice: User) -> None:
    """Security 12."""
    theirs, ours = new_browser(enforce_csrf_checks=True), new_browser(enforce_csrf_checks=True)
    theirs.get(SIGN_IN)
    ours.get(SIGN_IN)
    form = {"identifier": "alice", "password": "x", "csrfmiddlewaretoken": theirs.cookies["csrf"].value}
    assert ours.post(SIGN_IN, form).status_code == 403


def test_a_form_from_another_site_is_refused_over_https(alice: User) -> None:
    """Security 12."""
    browser = new_browser(enforce_csrf_checks=True)
    browser.get(SIGN_IN, secure=True)
    form = {"identifier": "alice", "password": "x", "csrfmiddlewaretoken": browser.cookies["csrf"].value}
    for headers in ({"origin": "https://evil.example"}, {"referer": "https://evil.example/"}, {}, {"origin": "null"}):
        assert browser.post(SIGN_IN, form, secure=True, headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace", "options"])
def test_other_methods_do_nothing(alices: Client, alice: User, method: str) -> None:
    """Security 12."""
    for address in OURS:
        assert getattr(alices, method)(address.path).status_code == 405, address
    assert alice.login_sessions.filter(ended_at=None).count() == 1


def test_a_stale_session_opens_nothing_that_needs_a_fresh_one(alices: Client) -> None:
    """Security 20: every address that declares it, by GET and by POST."""
    make_stale(alices)
    guarded = [address for address in EVERY if hasattr(address.view, "requires_step_up")]
    assert len(guarded) >= 5
    for address in guarded:
        answers = [alices.get(address.path), alices.post(address.path)]
        assert {answer.status_code for answer in answers} <= {302, 405}, address
        assert any(a.status_code == 302 and a["Location"].startswith("/myaccount/confirm/") for a in answers), address
