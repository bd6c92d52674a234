"""Seeds are unreadable at rest, and survive the change of a key."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_otp import verify_token
from pytest_django import Settings

from myaccount.users.models import User
from myaccount.web import encryption
from security.factors.models import TotpDevice
from security.factors.totp import services
from tests.security.factors.support import app_code, seed_of
from tests.support.factors import add_app

SEED = b"12345678901234567890"
OLD, NEW = "an old key " * 5, "a new key " * 5


def test_what_is_stored_shows_nothing_of_the_seed(alice: User) -> None:
    """Security 55."""
    one, other = add_app(alice, seed=SEED), add_app(alice, seed=SEED)
    assert one.seed != other.seed, "different every time"
    for readable in (SEED.decode(), services.secret_of(SEED), SEED.hex()):
        assert readable not in one.seed
    assert seed_of(one) == SEED


def test_another_key_opens_nothing(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    closed = encryption.encrypt(SEED)
    settings.SECRET_KEY = NEW
    with pytest.raises(encryption.CannotDecrypt):
        encryption.decrypt(closed)


@pytest.mark.parametrize("closed", ["", "nonsense", "gAAAAA==", "é"])
def test_what_was_tampered_with_does_not_open(closed: str) -> None:
    with pytest.raises(encryption.CannotDecrypt):
        encryption.decrypt(closed)
    whole = encryption.encrypt(SEED)
    with pytest.raises(encryption.CannotDecrypt):
        encryption.decrypt(whole[:-5] + "AAAA=")


def test_a_former_key_still_opens(alice: User, settings: Settings) -> None:
    """Security 55: the ring of keys."""
    settings.SECRET_KEY = OLD
    device = add_app(alice, seed=SEED)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert verify_token(alice, device.persistent_id, app_code(SEED)) is not None


def test_after_the_command_the_old_key_can_go(alice: User, settings: Settings) -> None:
    """Security 55."""
    settings.SECRET_KEY = OLD
    devices = [add_app(alice, name=f"App {number}") for number in range(5)]
    seeds = [seed_of(device) for device in devices]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    said = StringIO()
    call_command("encrypt_anew", stdout=said)
    assert "5" in said.getvalue()
    settings.SECRET_KEY_FALLBACKS = []
    assert [seed_of(device) for device in devices] == seeds
    call_command("encrypt_anew", stdout=said)
    assert [seed_of(device) for device in devices] == seeds, "once more does no harm"


def test_a_seed_nobody_can_open_is_told_of_and_left_alone(alice: User, settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    lost = add_app(alice)
    settings.SECRET_KEY = NEW
    kept = add_app(alice)
    before = lost.seed
    with pytest.raises(CommandError, match="No key opens 1 of the seeds and secrets"):
        call_command("encrypt_anew", stdout=StringIO())
    lost.refresh_from_db()
    assert lost.seed == before
    assert seed_of(kept)


def test_the_command_goes_in_batches(alice: User) -> None:
    for number in range(7):
        add_app(alice, name=f"App {number}")
    after, closed, rounds = 0, 0, 0
    while True:
        with CaptureQueriesContext(connection) as queries:
            after, more, lost = services.encrypt_anew(after=after, batch=3)
        assert len(queries) <= 5
        assert lost == 0
        if not after:
            break
        closed, rounds = closed + more, rounds + 1
    assert (closed, rounds) == (7, 3)
    assert TotpDevice.objects.count() == 7


def test_there_is_nothing_to_do_without_apps(db: None) -> None:
    said = StringIO()
    call_command("encrypt_anew", stdout=said)
    assert "0" in said.getvalue()
