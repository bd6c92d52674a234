"""Connecting an account at an identity provider, and removing it again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from linked_accounts.federated import services
from linked_accounts.federated.adapters import Proven
from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from linked_accounts.federated.selectors import redirect_uri
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.users.signals import ChangeRefused
from myaccount.users.ways_in import ways_in
from myaccount.web.models import PortalSettings
from security.factors import removal
from tests.security.factors.devices_support import registered
from tests.support.authenticators import synced_passkey
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.identity_provider import RunningProvider, begin, connected, parameters, set_up
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, make_person

PAGE = "/myaccount/personal-info/"
FOUND = "/myaccount/personal-info/identities/connect/"
CONNECT = f"{FOUND}university/"


def test_a_person_connects_an_account(
    alices: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 72: by issuer and subject; with its event and its mail."""
    assert b"Connect" in alices.get(PAGE).content
    url = begin(alices, CONNECT)
    asked = parameters(url)
    assert asked["redirect_uri"] == [redirect_uri("university")]
    assert asked["code_challenge_method"] == ["S256"]
    page = alices.get(university.show(url, preferred_username="alice.l"), follow=True)
    assert page.redirect_chain == [(FOUND, 302)]
    assert "At University you are signed in as “alice.l”." in page.content.decode()
    assert not FederatedIdentity.objects.exists(), "nobody has looked at it yet"
    response = alices.post(FOUND, follow=True)
    assert b"Your account at University is connected." in response.content
    assert b"alice.l" in response.content
    identity = FederatedIdentity.objects.get()
    assert (identity.user, identity.issuer, identity.subject) == (alice, university.issuer, "carol-there")
    event = Event.objects.get(kind=EventKind.IDENTITY_CONNECTED)
    assert event.data == {"provider": "University", "account": "alice.l"}
    mail = Message.objects.get(topic="identity_connected")
    assert "alice.l" in mail.text
    assert "If this was not you" in mail.text


def test_who_looks_and_cancels_connects_nothing(
    alices: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 72: on a shared computer the provider may know somebody else; and it is too late after ten minutes."""
    alices.get(university.show(begin(alices, CONNECT), preferred_username="eve"))
    assert "“eve”" in alices.get(FOUND).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        session = alices.session
        session["step_up_confirmed_at"] = timezone.now().timestamp()
        session.save()
        assert alices.post(FOUND).status_code == 400
    make_stale(alices)
    assert alices.post(FOUND)["Location"].startswith("/myaccount/confirm/")
    assert not FederatedIdentity.objects.exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"issuer": "https://other.example"}], ids=str)
def test_what_changes_while_they_look_connects_nothing(
    alices: Client, university: RunningProvider, provider: IdentityProvider, change: dict[str, object]
) -> None:
    """Security 72, 75: the provider is switched off, or another one."""
    alices.get(university.show(begin(alices, CONNECT)))
    IdentityProvider.objects.update(**change)
    assert alices.get(FOUND).status_code == alices.post(FOUND).status_code == 400
    assert not FederatedIdentity.objects.exists()


def test_what_somebody_else_connects_meanwhile_is_theirs(
    alices: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 72."""
    alices.get(university.show(begin(alices, CONNECT)))
    connected(make_person("bob"), provider)
    assert alices.post(FOUND).status_code == 409
    assert FederatedIdentity.objects.get().user.username == "bob"


@pytest.mark.parametrize("may_sign_in", [True, False])
def test_the_mail_says_what_is_so(alice: User, provider: IdentityProvider, may_sign_in: bool) -> None:
    """Nothing of signing in where that is not on, nor of sessions where there were none."""
    provider.may_sign_in = may_sign_in
    identity = services.connect(
        user=alice, provider=provider, proven=Proven(provider.issuer, "x", {}), origin=SYSTEM, now=timezone.now()
    )
    text = Message.objects.get(topic="identity_connected").text
    assert ("You can sign in with it" in text) == may_sign_in
    assert "sessions were ended" not in text
    services.remove(user=alice, identity=identity, origin=SYSTEM, now=timezone.now())
    assert "sessions were ended" not in Message.objects.get(topic="identity_removed").text


def test_connecting_asks_for_a_fresh_proof_and_a_form_of_ours(alices: Client, provider: IdentityProvider) -> None:
    """Security 12, 20."""
    assert alices.get(CONNECT).status_code == 405
    make_stale(alices)
    assert alices.post(CONNECT)["Location"].startswith("/myaccount/confirm/")
    checking = sign_in(Client(enforce_csrf_checks=False))
    checking.handler.enforce_csrf_checks = True
    assert checking.post(CONNECT).status_code == 403


def test_other_sessions_end_when_a_way_in_comes_or_goes(
    alices: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 9, 19."""
    other = sign_in(new_browser(CHROME))
    alices.get(university.show(begin(alices, CONNECT)))
    assert other.get(PAGE).status_code == 200
    assert alices.post(FOUND).status_code == 302
    assert other.get(PAGE).status_code == 302
    assert "Your other sessions were ended." in Message.objects.get(topic="identity_connected").text
    assert alices.get(PAGE).status_code == 200
    assert "Account elsewhere connected or removed" in alices.get("/myaccount/security/history/").content.decode()


def test_what_is_anothers_is_refused_without_telling_whose(
    alices: Client, alice: User, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 72."""
    connected(make_person("bob"), provider)
    response = alices.get(university.show(begin(alices, CONNECT)))
    assert response.status_code == 409
    assert b"bob" not in response.content
    assert not alice.federated_identities.exists()
    assert Event.objects.filter(kind=EventKind.IDENTITY_REFUSED, user_uuid=alice.uuid).exists()


def test_a_callback_in_another_persons_session_connects_nothing(
    alices: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 73: swapped between browsers, and replayed in its own."""
    back = university.show(begin(alices, CONNECT))
    make_person("bob")
    bobs = sign_in(new_browser(CHROME), "bob")
    begin(bobs, CONNECT)
    assert bobs.get(back).status_code == 400
    assert not FederatedIdentity.objects.exists()
    assert alices.get(back)["Location"] == FOUND
    assert alices.get(back).status_code == 400, "once"
    assert bobs.post(FOUND).status_code == 400
    assert alices.post(FOUND).status_code == 302
    assert alices.post(FOUND).status_code == 400, "once"
    assert FederatedIdentity.objects.get().user.username == "alice"


def test_a_callback_after_signing_out_and_in_again_connects_nothing(
    alices: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    """Security 73: bound to the session it was begun in, too."""
    url = begin(alices, CONNECT)
    kept = alices.session["federated_requests"]
    alices.post("/myaccount/sign-out/")
    sign_in(alices)
    session = alices.session
    session["federated_requests"] = kept
    session.save()
    assert alices.get(university.show(url)).status_code == 400
    assert not FederatedIdentity.objects.exists()


@pytest.mark.parametrize(("age", "status"), [(599, 302), (601, 400), (-5, 400)])
def test_an_answer_may_take_ten_minutes(
    alices: Client, university: RunningProvider, provider: IdentityProvider, age: int, status: int
) -> None:
    """Security 73."""
    url = begin(alices, CONNECT)
    session = alices.session
    session["federated_requests"][0]["at"] -= age
    session.save()
    assert alices.get(university.show(url)).status_code == status


def test_of_many_requests_the_newest_five_are_answered(
    alices: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    urls = [begin(alices, CONNECT) for _ in range(6)]
    assert alices.get(university.show(urls[0])).status_code == 400
    assert alices.get(university.show(urls[1])).status_code == 302


def test_who_cancels_is_told_that_nothing_was_done(
    alices: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    state = parameters(begin(alices, CONNECT))["state"][0]
    back = f"/myaccount/sign-in/with/university/callback/?error=access_denied&state={state}&iss={university.issuer}"
    assert b"Nothing was done" in alices.get(back, follow=True).content
    assert not FederatedIdentity.objects.exists()


def test_a_person_removes_an_account(alices: Client, alice: User, provider: IdentityProvider) -> None:
    """Security 62: a password is left."""
    identity = connected(alice, provider)
    path = f"/myaccount/personal-info/identities/{identity.pk}/remove/"
    assert b"Delete the link to University?" in alices.get(path).content
    assert FederatedIdentity.objects.exists()
    assert b"was removed" in alices.post(path, follow=True).content
    assert not FederatedIdentity.objects.exists()
    assert Event.objects.filter(kind=EventKind.IDENTITY_REMOVED).exists()
    assert Message.objects.filter(topic="identity_removed").exists()


def test_the_last_way_in_stays(alice: User, university: RunningProvider, provider: IdentityProvider) -> None:
    """Security 62: without a password; one more identity, of a provider that is off, does not count."""
    identity = connected(alice, provider)
    off = IdentityProvider.objects.create(
        name="Off", slug="off", issuer="https://off.example", client_id="x", is_active=False
    )
    connected(alice, off)
    User.objects.filter(pk=alice.pk).update(password="!")
    alices = new_browser()
    alices.get(university.show(begin(alices), auth_time=int(time.time())))
    path = f"/myaccount/personal-info/identities/{identity.pk}/remove/"
    response = alices.post(path)
    assert response.status_code == 422
    assert b"It is the only way you can sign in." in response.content
    assert FederatedIdentity.objects.count() == 2
    second = connected(alice, provider, "alice-elsewhere")
    assert alices.post(path).status_code == 302
    services.remove(user=alice, identity=identity, origin=SYSTEM, now=timezone.now())  # it has gone: nothing to refuse
    assert {*FederatedIdentity.objects.all()} == {second, off.identities.get()}


def test_a_passkey_that_is_the_last_way_in_stays(alice: User, provider: IdentityProvider) -> None:
    """Security 62: an identity counts while one can sign in with it. An administrator may take even the last."""
    User.objects.filter(pk=alice.pk).update(password="!")
    passkey = registered(alice, synced_passkey())
    connected(alice, provider)
    IdentityProvider.objects.update(may_sign_in=False)
    with pytest.raises(removal.LastWayIn, match="Add another passkey or connect another account first"):
        removal.remove(factor=passkey, origin=SYSTEM, now=timezone.now())
    IdentityProvider.objects.update(may_sign_in=True)
    removal.remove(factor=passkey, origin=SYSTEM, now=timezone.now())
    FederatedIdentity.objects.all().delete()
    last, admin = registered(alice, synced_passkey()), make_person("admin", is_staff=True)
    removal.remove(factor=last, origin=SYSTEM, now=timezone.now(), by=admin)
    assert ways_in(User.objects.get(pk=alice.pk)) == 0


@pytest.mark.parametrize("other", ["identity", "passkey"])
@pytest.mark.django_db(transaction=True)
def test_of_two_ways_in_removed_at_once_one_stays(university: RunningProvider, on_postgresql: None, other: str) -> None:
    """Security 62: two identities, and an identity and a passkey."""
    alice, provider = make_person("alice"), set_up(university)
    User.objects.update(password="!")
    identity = connected(alice, provider)
    remove_other: Callable[[], None]
    if other == "identity":
        second = connected(alice, provider, "alice-elsewhere")
        remove_other = partial(services.remove, user=alice, identity=second, origin=SYSTEM, now=timezone.now())
    else:
        passkey = registered(alice, synced_passkey())
        remove_other = partial(removal.remove, factor=passkey, origin=SYSTEM, now=timezone.now())
    remove = partial(services.remove, user=alice, identity=identity, origin=SYSTEM, now=timezone.now())
    results = in_parallel(lambda number: (remove, remove_other)[number](), 2)
    assert sorted(isinstance(result, ChangeRefused) for result in results) == [False, True], results
    assert ways_in(User.objects.get()) == 1


def test_anothers_identity_is_none(alices: Client, provider: IdentityProvider) -> None:
    identity = connected(make_person("bob"), provider)
    path = f"/myaccount/personal-info/identities/{identity.pk}/remove/"
    assert alices.get(path).status_code == alices.post(path).status_code == 404
    assert FederatedIdentity.objects.exists()


@pytest.mark.parametrize(("state", "status"), [("off", 404), ("read-only", 403)])
def test_the_section_can_be_switched_off_and_frozen(
    alices: Client, university: RunningProvider, provider: IdentityProvider, state: str, status: int
) -> None:
    """Also between the button and the answer."""
    url = begin(alices, CONNECT)
    PortalSettings(features={"personal-info.linked-accounts": state}).save()
    assert alices.post(CONNECT).status_code == status
    assert alices.get(university.show(url)).status_code == 404
    assert not FederatedIdentity.objects.exists()


def test_nothing_is_shown_where_nothing_is_set_up(alices: Client) -> None:
    assert b"other identity providers" not in alices.get(PAGE).content


def test_the_page_asks_the_same_of_the_database_for_one_and_for_many(
    alices: Client, alice: User, provider: IdentityProvider
) -> None:
    connected(alice, provider)
    counts = []
    for number in range(2):
        alices.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            alices.get(PAGE)
        counts.append(len(queries))
        for other in range(20 if number == 0 else 0):
            extra = IdentityProvider.objects.create(
                name=f"P{other}", slug=f"p{other}", issuer=f"https://p{other}.example", client_id="x"
            )
            connected(alice, extra, last_used_at=timezone.now() - timedelta(days=1))
    assert counts == [9, 9]  # one of them about providers and identities


@pytest.mark.django_db(transaction=True)
def test_answers_at_once_make_one_row(university: RunningProvider, on_postgresql: None) -> None:
    """Security 72: ten at once, for two people."""
    provider = set_up(university)
    people = [make_person("alice"), make_person("bob")]
    proven = Proven(provider.issuer, "both", {})

    def act(number: int) -> FederatedIdentity:
        return services.connect(
            user=people[number % 2], provider=provider, proven=proven, origin=SYSTEM, now=timezone.now()
        )

    results = in_parallel(act, 10)
    identity = FederatedIdentity.objects.get()
    losers = [result for result in results if not isinstance(result, FederatedIdentity)]
    assert [type(loser) for loser in losers] == [services.IdentityTaken] * 5
    assert Event.objects.filter(kind=EventKind.IDENTITY_CONNECTED).count() == 1
    assert identity.user in people
