"""How often one place can have providers asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from linked_accounts.federated import flows
from linked_accounts.federated.models import IdentityProvider
from myaccount.limits.models import AttemptBudget
from myaccount.users.models import User
from tests.support.browsing import new_browser, sign_in
from tests.support.identity_provider import Mutant, RunningProvider, begin, connected, parameters

BEGIN = "/myaccount/sign-in/with/university/"
CONNECT = "/myaccount/personal-info/identities/connect/university/"
CONFIRM = "/myaccount/confirm/at/university/"


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place is spent with the second request nobody comes back from."""
    monkeypatch.setattr(flows, "PER_PLACE", replace(flows.PER_PLACE, free_attempts=2))


def counted() -> int:
    return sum(AttemptBudget.objects.filter(key__startswith="identity-providers:").values_list("failures", flat=True))


def from_address(address: str) -> Client:
    return new_browser(address=address)


def spend(client: Client) -> None:
    begin(client)
    begin(client)


def test_too_many_from_one_network_wait(provider: IdentityProvider, university: RunningProvider) -> None:
    """Security 8: a page that says so; nobody elsewhere waits, and it passes."""
    nobody = new_browser()
    spend(nobody)
    response = nobody.post(BEGIN)
    assert response.status_code == 429
    assert b"Too many tries" in response.content
    assert from_address("192.0.2.77").post(BEGIN).status_code == 200
    with time_machine.travel(timezone.now() + flows.PER_PLACE.longest_pause * 1.1):
        begin(nobody)
    assert AttemptBudget.objects.exclude(key__contains="192.0.2.77").get().failures == 1, "what never came is forgotten"


def test_a_household_is_one_network(provider: IdentityProvider, university: RunningProvider) -> None:
    """Security 8: with its 2^64 addresses."""
    spend(from_address("2001:db8:1:2::1"))
    assert from_address("2001:db8:1:2:ffff::9").post(BEGIN).status_code == 429
    assert from_address("2001:db8:1:3::1").post(BEGIN).status_code == 200


def test_who_is_signed_in_counts_by_themselves(
    alice: User, provider: IdentityProvider, university: RunningProvider
) -> None:
    """Whatever the neighbours do."""
    connected(alice, provider)
    alices = sign_in(new_browser())
    spend(new_browser())
    for path in (CONNECT, CONFIRM):
        assert alices.post(path).status_code == 200
        AttemptBudget.objects.filter(key__contains=str(alice.uuid)).get().delete()
    begin(alices, CONNECT)
    begin(alices, CONFIRM)
    assert alices.post(CONFIRM).status_code == 429


def test_what_ends_in_order_is_given_back(alice: User, provider: IdentityProvider, university: RunningProvider) -> None:
    """Signed in, cancelled there, unknown here; and a provider that is down."""
    connected(alice, provider)
    nobody = new_browser()
    assert nobody.get(university.show(begin(nobody), subject="unknown")).status_code == 403
    assert counted() == 0
    state = parameters(begin(nobody))["state"][0]
    assert nobody.get(f"{BEGIN}callback/?error=access_denied&state={state}&iss={university.issuer}").status_code == 302
    assert counted() == 0
    back = university.show(begin(nobody))
    university.mutant = Mutant(at="/token", status=500)
    assert nobody.get(back).status_code == 503
    assert counted() == 0
    university.mutant = Mutant()
    assert nobody.get(university.show(begin(nobody))).status_code == 302
    assert counted() == 0
    IdentityProvider.objects.update(issuer="http://127.0.0.1:9")
    assert nobody.post(BEGIN).status_code == 503
    assert counted() == 0


def test_what_is_not_believed_stays_counted(provider: IdentityProvider, university: RunningProvider) -> None:
    """Security 8: or codes could be tried without end."""
    nobody = new_browser()
    for _ in range(2):
        state = parameters(begin(nobody))["state"][0]
        back = f"{BEGIN}callback/?code=guessed&state={state}&iss={university.issuer}"
        assert nobody.get(back).status_code == 400
        assert nobody.get(back).status_code == 400
    assert counted() == 2
    assert nobody.post(BEGIN).status_code == 429
