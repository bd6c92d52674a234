"""What ends with a session, in its transaction: codes, tokens, and what applications believe."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent.applications.models import Application
from consent.logout.models import LogoutDelivery
from consent.tokens.models import AccessToken, Grant, RefreshToken
from myaccount.activity.services import SYSTEM
from myaccount.users import services as users
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from security.password import services as passwords
from sessions_app import services
from sessions_app.models import EndReason, LoginSession
from tests.consent.logout.support import used
from tests.consent.support import make_application
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.people import CHROME, PASSPHRASE
from tests.web.test_errors import words_of

ALL = "/myaccount/security/sessions/terminate-all/"
SOON = timedelta(minutes=10)


@pytest.fixture
def application(db: None) -> Application:
    return make_application(claims={}, backchannel_logout_uri="https://pickup.example/out", may_work_offline=True)


def a_session(user: User) -> LoginSession:
    return services.start(user=user, origin=SYSTEM, methods=["pwd"], now=timezone.now())


def give(user: User, application: Application, session: LoginSession, *, is_offline: bool = False) -> None:
    """A pending code, an access token and a refresh token, given in this session."""
    now = timezone.now()
    bound = {"user": user, "application": application, "login_session": session, "is_offline": is_offline}
    Grant.objects.create(**bound, code=uuid.uuid4().hex, expires=now + SOON, redirect_uri="https://pickup.example/")
    token = AccessToken.objects.create(**bound, token=uuid.uuid4().hex, expires=now + SOON, scope="openid")
    RefreshToken.objects.create(**bound, token=uuid.uuid4().hex, access_token=token, ends_at=now + timedelta(days=1))


def left(session: LoginSession) -> dict[str, list[bool]]:
    """What of a session still works, by whether it is offline access."""
    of = {"login_session": session}
    return {
        "codes": sorted(Grant.objects.filter(**of).values_list("is_offline", flat=True)),
        "access": sorted(AccessToken.objects.filter(**of).values_list("is_offline", flat=True)),
        "refresh": sorted(RefreshToken.objects.filter(**of, revoked=None).values_list("is_offline", flat=True)),
    }


NOTHING: dict[str, list[bool]] = {"codes": [], "access": [], "refresh": []}
OFFLINE_ONLY = {"codes": [], "access": [True], "refresh": [True]}
EVERYTHING = {"codes": [False, True], "access": [False, True], "refresh": [False, True]}


@pytest.fixture
def session(alice: User, application: Application) -> LoginSession:
    """One of alice's sessions, in which the application was used, with offline access and without."""
    session = a_session(alice)
    used(application, session)
    give(alice, application, session)
    give(alice, application, session, is_offline=True)
    return session


@pytest.mark.parametrize(
    ("reason", "stays"),
    [
        (EndReason.TERMINATED, OFFLINE_ONLY),
        (EndReason.SIGNED_OUT, OFFLINE_ONLY),
        (EndReason.IDLE, OFFLINE_ONLY),
        (EndReason.TOO_OLD, OFFLINE_ONLY),
        (EndReason.REPLACED, OFFLINE_ONLY),
        (EndReason.BY_ADMINISTRATOR, NOTHING),
        (EndReason.PASSWORD_CHANGED, NOTHING),
        (EndReason.FACTOR_CHANGED, NOTHING),
        (EndReason.CONTACT_CHANGED, NOTHING),
        (EndReason.SOURCE_ENDED, NOTHING),
    ],
)
def test_codes_and_tokens_of_a_session_end_with_it(
    session: LoginSession, alice: User, application: Application, reason: EndReason, stays: dict[str, list[bool]]
) -> None:
    """Security 17, 19: offline access outlives a session, unless somebody else may have been in it."""
    other = a_session(alice)
    give(alice, application, other)
    services.end(login_session=session, reason=reason, origin=SYSTEM, now=timezone.now())
    assert left(session) == stays
    assert left(other) == {"codes": [False], "access": [False], "refresh": [False]}
    assert LogoutDelivery.objects.get().login_session == session


def test_nothing_of_it_happens_without_the_end(session: LoginSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction: a failure after it takes all of it back."""

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(services, "record", fail)
    with pytest.raises(RuntimeError):
        services.end(login_session=session, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now())
    assert left(session) == EVERYTHING
    assert not LogoutDelivery.objects.exists()


@pytest.mark.parametrize("ticked", [False, True])
def test_terminating_all_offers_to_end_offline_access_too(
    alices: Client, alice: User, session: LoginSession, application: Application, ticked: bool
) -> None:
    """Offline access of sessions that ended long ago, too: that is what it is for."""
    long_ago = a_session(alice)
    give(alice, application, long_ago, is_offline=True)
    services.end(login_session=long_ago, reason=EndReason.IDLE, origin=SYSTEM, now=timezone.now())
    assert "Also end offline access of applications" in words_of(alices.get(ALL))
    alices.post(ALL, {"ends_offline": "on"} if ticked else {})
    assert left(session) == (NOTHING if ticked else OFFLINE_ONLY)
    assert left(long_ago) == (NOTHING if ticked else OFFLINE_ONLY)
    assert LoginSession.objects.filter(ended_at=None).count() == 0


def test_what_was_ticked_is_still_ticked_after_confirming(alices: Client) -> None:
    """Security 20: the form is kept while the person proves who they are."""
    make_stale(alices)
    asked = alices.post(ALL, {"ends_offline": "on"})
    alices.post(asked["Location"], {"password": PASSPHRASE, "next": "/myaccount/confirm/continue/"})
    assert 'name="ends_offline" value="on"' in alices.get("/myaccount/confirm/continue/").content.decode()


def test_nobody_elses_access_ends(alices: Client, bob: User, application: Application) -> None:
    """Security 17."""
    bobs = a_session(bob)
    give(bob, application, bobs)
    give(bob, application, bobs, is_offline=True)
    alices.post(ALL, {"ends_offline": "on"})
    assert left(bobs) == EVERYTHING


def test_a_changed_password_ends_what_was_given_in_the_other_sessions(
    alices: Client, alice: User, session: LoginSession, application: Application
) -> None:
    """Security 19."""
    own = LoginSession.objects.get(pk=alices.session["login_session"])
    give(alice, application, own)
    new = "nine loud metal trumpets"
    form = {"current_password": PASSPHRASE, "new_password": new, "confirm_new_password": new}
    alices.post("/myaccount/security/change-password/", form)
    session.refresh_from_db()
    assert session.end_reason == EndReason.PASSWORD_CHANGED
    assert left(session) == NOTHING
    assert left(own) == {"codes": [False], "access": [False], "refresh": [False]}


def test_a_new_password_without_a_session_ends_offline_access_too(
    alice: User, session: LoginSession, application: Application
) -> None:
    """Security 19: of a recovered account, even where no session is left."""
    services.end(login_session=session, reason=EndReason.IDLE, origin=SYSTEM, now=timezone.now())
    assert left(session) == OFFLINE_ONLY
    passwords.replace(user=alice, new="nine loud metal trumpets", origin=SYSTEM, now=timezone.now(), keep=None)
    assert left(session) == NOTHING


def test_a_demanded_password_ends_offline_access_too(alice: User, bob: User, session: LoginSession) -> None:
    """Security 18, 19."""
    services.end(login_session=session, reason=EndReason.IDLE, origin=SYSTEM, now=timezone.now())
    passwords.demand(user=alice, by=bob, origin=SYSTEM, now=timezone.now())
    assert left(session) == NOTHING


def test_a_disabled_account_has_no_token_left_nor_when_it_is_enabled_again(alice: User, session: LoginSession) -> None:
    """Security 18."""
    services.end(login_session=session, reason=EndReason.SIGNED_OUT, origin=SYSTEM, now=timezone.now())
    give(alice, Application.objects.get(), session, is_offline=True)
    users.disable(user=alice, origin=SYSTEM, now=timezone.now())
    users.enable(user=alice, origin=SYSTEM, now=timezone.now())
    assert left(session) == NOTHING


def test_a_deleted_account_leaves_no_token(alice: User, session: LoginSession) -> None:
    """Security 18."""
    users.delete(user=alice, origin=SYSTEM, now=timezone.now())
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.exists()
    assert not Grant.objects.exists()


def test_signing_out_tells_the_applications_of_that_session_alone(alice: User, application: Application) -> None:
    here, there = sign_in(new_browser()), sign_in(new_browser(CHROME))
    for browser in (here, there):
        used(application, LoginSession.objects.get(pk=browser.session["login_session"]))
    own = here.session["login_session"]
    here.post("/myaccount/sign-out/")
    assert str(LogoutDelivery.objects.get().login_session_id) == own


def test_a_session_that_runs_out_tells_them_too(session: LoginSession) -> None:
    LoginSession.objects.filter(pk=session.pk).update(last_seen_at=timezone.now() - timedelta(hours=2))
    services.sweep(portal_settings=PortalSettings(), now=timezone.now())
    assert left(session) == OFFLINE_ONLY
    assert LogoutDelivery.objects.get().login_session == session


@pytest.mark.parametrize("count", [1, 10])
def test_ending_costs_the_same_however_many_applications_there_are(
    alice: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    session = a_session(alice)
    for number in range(count):
        application = make_application(f"App {number}", claims={}, backchannel_logout_uri="https://app.example/out")
        used(application, session)
        give(alice, application, session)
    with django_assert_num_queries(19):
        services.end(login_session=session, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now())
