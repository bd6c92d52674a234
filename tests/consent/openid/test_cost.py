"""What each step of a sign-in asks of the database. Stated, so that a change of it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from consent.consents.models import Consent
from myaccount.users.models import User
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.usefixtures("consent")
_OF_TRANSACTIONS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@contextmanager
def statements(expected: int) -> Iterator[None]:
    """Let the block send that many statements, those that begin and end transactions left aside."""
    sent: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(_OF_TRANSACTIONS):
            sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield
    assert len(sent) == expected, "\n".join(sent)


def test_a_sign_in_with_stored_consent(alices: Client, alice: User, pickup: RelyingParty) -> None:
    """At most nine, nine and three statements (the issue's bounds)."""
    pickup.tokens(alices)  # the subject and the first access of this session are rows of their own
    with statements(9):
        code = pickup.code(alices)
    with statements(7):
        given = pickup.exchange(code).json()
    with statements(3):
        assert pickup.userinfo(given["access_token"]).status_code == 200
    with statements(6):
        assert pickup.refresh(given["refresh_token"]).status_code == 200


def test_a_first_sign_in_to_an_application(alices: Client, pickup: RelyingParty) -> None:
    with statements(11):
        code = pickup.code(alices)
    with statements(8):
        pickup.exchange(code)


def test_asking_and_giving_back(alices: Client, pickup: RelyingParty) -> None:
    given = pickup.tokens(alices)
    with statements(3):
        assert pickup.introspect(given["access_token"])["active"]
    with statements(4):
        assert pickup.introspect("nonsense") == {"active": False}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/oauth2/keys/"])
def test_what_everybody_may_know(client: Client, path: str, consent: Consent) -> None:
    with statements(1 if "well-known" in path else 0):
        client.get(path)
