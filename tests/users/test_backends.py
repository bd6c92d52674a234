"""Whose password it is."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher
from django.core.management import call_command
from django.test import RequestFactory
from pytest_django import Settings

from myaccount.users.backends import IdentifierBackend
from myaccount.users.hashers import PortalArgon2PasswordHasher
from myaccount.users.models import User
from tests.support.hashers import CountingPasswordHasher
from tests.support.people import PASSPHRASE, make_person

check = IdentifierBackend().authenticate


def test_the_right_password_names_the_person(alice: User) -> None:
    assert check(None, username="alice", password=PASSPHRASE) == alice
    assert check(None, username="ALICE@example.org", password=PASSPHRASE) == alice


def test_the_same_password_typed_on_another_keyboard_is_the_same(db: None) -> None:
    """Security 32: compared in NFC."""
    composed, decomposed = "caf\u00e9 au lait au matin", "cafe\u0301 au lait au matin"
    person = make_person(password=composed)
    assert check(None, username="alice", password=decomposed) == person


@pytest.mark.parametrize("password", ["", " ", PASSPHRASE.upper(), PASSPHRASE + " ", PASSPHRASE[:-1]])
def test_another_password_names_nobody(alice: User, password: str) -> None:
    assert check(None, username="alice", password=password) is None


def test_missing_credentials_name_nobody(alice: User) -> None:
    assert check(None, username=None, password=PASSPHRASE) is None
    assert check(None, username="alice", password=None) is None


def test_a_disabled_person_does_not_get_in(db: None) -> None:
    """Security 6, 18."""
    make_person(is_active=False)
    assert check(None, username="alice", password=PASSPHRASE) is None


def test_every_refusal_hashes_exactly_once(db: None, settings: Settings) -> None:
    """Security 2: unknown, unusable, disabled and wrong cost the same work as right."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    make_person("alice")
    make_person("disabled", is_active=False)
    make_person("unusable", password=None)
    for name in ("alice", "nobody", "disabled", "unusable"):
        before = CountingPasswordHasher.calls
        assert check(None, username=name, password="wrong") is None
        assert CountingPasswordHasher.calls - before == 1, name


def test_passwords_are_hashed_with_argon2id_as_owasp_says(db: None, settings: Settings) -> None:
    """Security 35."""
    settings.PASSWORD_HASHERS = ["myaccount.users.hashers.PortalArgon2PasswordHasher"]
    assert make_person().password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_of_other_parameters_is_made_anew_at_sign_in(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch, rf: RequestFactory
) -> None:
    """Security 35: rehash on sign-in."""
    settings.PASSWORD_HASHERS = ["myaccount.users.hashers.PortalArgon2PasswordHasher"]
    monkeypatch.setattr(PortalArgon2PasswordHasher, "time_cost", 1)
    person = make_person()
    weak = person.password
    monkeypatch.undo()
    assert authenticate(rf.post("/"), username="alice", password=PASSPHRASE) == person
    person.refresh_from_db()
    assert person.password != weak
    assert not identify_hasher(person.password).must_update(person.password)
    assert person.check_password(PASSPHRASE)


def test_an_administrator_made_on_the_command_line_can_sign_in(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSPHRASE)
    call_command("createsuperuser", "--no-input", "--username", "Root", verbosity=0)
    person = check(None, username="root", password=PASSPHRASE)
    assert isinstance(person, User)
    assert person.is_staff
    assert person.is_superuser
    assert person.email_verified_at is None
