"""A session that has switched to a linked account stays in the list of the account it came from (security 17, 71)."""

from __future__ import annotations

import pytest
from django.test import Client

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from sessions_app import selectors
from sessions_app.models import EndReason, LoginSession
from tests.consent.logout.support import used
from tests.consent.support import make_application
from tests.linked_accounts.support import BACK, link, switch_url, who_is_in
from tests.support.browsing import new_browser, sign_in
from tests.support.people import CHROME, make_person

SECURITY = "/myaccount/security/"
OTHERS = f"{SECURITY}sessions/sign-out-elsewhere/"


@pytest.fixture
def carol(db: None) -> User:
    return make_person("carol", display_name="Carol Liddell")


@pytest.fixture
def thief(alice: User, carol: User) -> Client:
    """Somebody in alice's account, who has gone on from there to carol's."""
    thief = sign_in(new_browser(CHROME))
    thief.post(switch_url(link(alice, carol)))
    assert who_is_in(thief) == "carol"
    return thief


def away() -> LoginSession:
    return LoginSession.objects.get(switched_from_name="alice")


def terminate_url(session: LoginSession) -> str:
    return f"{SECURITY}sessions/{session.pk}/terminate/"


def list_of(browser: Client) -> str:
    page = browser.get(SECURITY).content.decode()
    return page[page.index('id="active-sessions"') : page.index("Security history")]


def last_end(user: User) -> Event:
    return Event.objects.filter(kind=EventKind.SESSION_ENDED, user_uuid=user.uuid).latest("id")


def test_it_is_listed_and_can_be_ended(alices: Client, alice: User, carol: User, thief: Client) -> None:
    """Or whoever is in it comes back unseen. Carol's history says that it ended, not from where (security 17, 18)."""
    listed = list_of(alices)
    assert "Chrome on Linux" in listed
    assert "Switched to carol" in listed
    assert "2 sessions" in listed
    assert "Sign out everywhere else" in listed
    session = away()
    assert "your linked account carol" in alices.get(terminate_url(session)).content.decode()
    done = alices.post(terminate_url(session), follow=True).content.decode()
    assert "You have successfully revoked your session!" in done
    assert "Switched to carol" not in done
    assert thief.post(BACK).status_code == 302
    assert (who_is_in(thief), who_is_in(alices)) == ("", "alice")
    hers, carols = last_end(alice), last_end(carol)
    assert hers.data == {"reason": EndReason.TERMINATED, "browser": "Chrome", "operating_system": "Linux"}
    assert (hers.ip, hers.by_uuid) == ("192.0.2.10", alice.uuid)
    assert carols.data == {"reason": EndReason.SOURCE_ENDED, "browser": "Chrome", "operating_system": "Linux"}
    assert (carols.ip, carols.user_agent, carols.session_uuid, carols.by_uuid) == (None, "", None, carol.uuid)


def test_signing_out_everywhere_else_counts_it(alices: Client, alice: User, carol: User, thief: Client) -> None:
    """Security 18: and one person's history does not say why the other's sessions ended."""
    done = alices.post(OTHERS, follow=True).content.decode()
    assert "1 other session was ended. You are signed in here only." in done
    assert (who_is_in(thief), who_is_in(alices)) == ("", "alice")
    hers, carols = last_end(alice), last_end(carol)
    assert hers.data == {"reason": EndReason.TERMINATED, "count": 1, "kept_one": True}
    assert (carols.data["reason"], carols.ip) == (EndReason.SOURCE_ENDED, None)


def test_it_is_nobody_elses(alices: Client, alice: User, bob: User, thief: Client) -> None:
    """Neither one's who is linked to either of the two, nor that of a stranger (security 17)."""
    link(alice, bob)
    bobs = sign_in(new_browser(), "bob")
    assert "Switched to carol" not in list_of(bobs)
    assert bobs.post(terminate_url(away())).status_code == 404
    assert who_is_in(thief) == "carol"


def test_what_is_used_in_the_other_account_is_not_told(alices: Client, thief: Client) -> None:
    used(make_application("Pickup"), away())
    assert "Pickup" not in list_of(alices)
    assert "Pickup" in list_of(thief)
    assert "Switched from alice" in list_of(thief)


def test_one_that_goes_on_at_that_very_moment_is_not_said_to_have_ended(
    alices: Client, alice: User, thief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = selectors.own_session(alice, away().pk)
    thief.post(BACK)
    monkeypatch.setattr(selectors, "own_session", lambda user, uuid: session)
    done = alices.post(terminate_url(session), follow=True).content.decode()  # type: ignore[arg-type]
    assert "That session had just ended." in done
    assert "successfully revoked" not in done
    assert who_is_in(thief) == "alice"
