"""Fixtures of all tests: no network, people, browsers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker
from pytest_socket import enable_socket, socket_allow_hosts

from consent.receipts import triggers
from myaccount.users.models import User
from myaccount.web.translation import pseudo
from security.recovery.questions import data as questions
from tests.support.browsing import new_browser, sign_in
from tests.support.caching import forget_everything
from tests.support.people import make_person

# A busy machine is no reason to fail, and nothing is kept between runs.
hypothesis.settings.register_profile("suite", deadline=None, database=None)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Tests talk to this machine and to nothing else."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(scope="session", autouse=True)
def built_in_attributes_survive_a_flush() -> Iterator[None]:
    """Tests of several transactions empty every table after them; what the migrations put there comes back."""

    def restore(sender: object, **kwargs: Any) -> None:
        if not apps.get_model("claims", "Claim").objects.exists():
            import_module("myaccount.claims.migrations.0002_built_in").add(apps, None)
            import_module("myaccount.claims.migrations.0003_asked_at_registration").mark(apps, None)
        questions.add(apps, None)
        import_module("consent.migrations.0003_first_purposes").add(apps, None)
        import_module("consent.migrations.0005_purpose_of_the_account").mark(apps, None)

    post_migrate.connect(restore, sender=apps.get_app_config("claims"), weak=False)
    yield
    post_migrate.disconnect(restore, sender=apps.get_app_config("claims"))


@pytest.fixture(scope="session", autouse=True)
def receipts_do_not_survive_a_flush() -> Iterator[None]:
    """Tests of several transactions empty every table after them; on SQLite the triggers that keep receipts have to
    step aside for that. PostgreSQL truncates, which they do not stop."""
    operations: Any = type(connection.ops)
    flush = operations.execute_sql_flush

    def past_the_triggers(self: Any, statements: list[str]) -> None:
        flush(self, [*triggers.drop("sqlite"), *statements, *triggers.create("sqlite")])

    if connection.vendor == "sqlite":
        operations.execute_sql_flush = past_the_triggers
    yield
    operations.execute_sql_flush = flush


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """As the plugin does it. On PostgreSQL whoever is still connected is sent away first, or nothing could be dropped:
    a thread of the live server keeps its connection until the browser has closed its socket."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


@pytest.fixture(scope="session", autouse=True)
def pseudo_languages() -> None:
    """The two pseudo-languages are made of the texts as they are now."""
    pseudo.ensure()


@pytest.fixture(autouse=True)
def clean_slate() -> Iterator[None]:
    """No language or cache entry of one test reaches another. The cache is emptied before: a test may end with what it
    has put in place of the network still there."""
    forget_everything()
    yield
    translation.deactivate()


@pytest.fixture
def on_postgresql() -> None:
    """For what SQLite, with its one writer, cannot show; `make test-services` runs these."""
    if connection.vendor != "postgresql":
        pytest.skip("shown on PostgreSQL only")


@pytest.fixture
def alice(db: None) -> User:
    return make_person("alice", values={"given_name": "Alice", "family_name": "Liddell"}, display_name="Alice Liddell")


@pytest.fixture
def bob(db: None) -> User:
    return make_person("bob")


@pytest.fixture
def browser() -> Client:
    """A browser nobody is signed in with."""
    return new_browser()


@pytest.fixture
def alices(alice: User, browser: Client) -> Client:
    """A browser in which alice has just signed in."""
    return sign_in(browser)
