"""Back-channel logout: applications learn that a session has ended, and none of them slows anybody down."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from consent import keys
from consent.applications.models import Application, SubjectType
from consent.applications.subjects import subject_of
from consent.logout import adapters, services
from consent.logout.models import DeliveryState, LogoutDelivery
from consent.logout.tokens import EVENT
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from myaccount.web import outgoing
from sessions_app.models import EndReason, LoginSession
from sessions_app.services import end, start
from tests.consent.logout.support import (
    PRIVATE,
    Listener,
    application_server,
    certificate,
    delivery_of,
    odd_server,
    used,
)
from tests.consent.support import make_application
from tests.support.parallel import in_parallel
from tests.support.people import make_person
from tests.support.servers import free_port
from tests.support.worker import work_once

HUGE = b"x" * 50_000_000


@pytest.fixture
def session(alice: User) -> LoginSession:
    return start(user=alice, origin=SYSTEM, methods=["pwd"], now=timezone.now())


def told_at(uri: str, session: LoginSession, name: str = "Pickup") -> Application:
    """An application used in the session, with this back-channel address."""
    application = make_application(name, claims={}, backchannel_logout_uri=uri)
    used(application, session)
    return application


def end_it(session: LoginSession) -> None:
    assert end(login_session=session, reason=EndReason.TERMINATED, origin=SYSTEM, now=timezone.now())


# What is queued


def test_every_application_used_in_it_that_wants_to_know_is_queued_once(
    session: LoginSession, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    applications = [told_at(f"https://app{number}.example/out", session, f"App {number}") for number in range(10)]
    told_at("", session, "Wants nothing")
    make_application("Not used", backchannel_logout_uri="https://other.example/out")
    with django_assert_num_queries(5):  # a savepoint, what was used, the deliveries, the job
        queued = services.queue(session_uuids=[session.uuid], user=alice, now=timezone.now())
    assert queued == 10
    services.queue(session_uuids=[session.uuid], user=alice, now=timezone.now())
    assert {delivery.application for delivery in LogoutDelivery.objects.all()} == set(applications)
    assert LogoutDelivery.objects.count() == 10


def test_the_sessions_end_and_the_queue_commit_together(session: LoginSession) -> None:
    application = told_at("https://app.example/out", session)
    end_it(session)
    assert delivery_of(application).state == DeliveryState.WAITING


# What is sent


@pytest.mark.parametrize("subject_type", SubjectType)
def test_the_token_is_what_the_standard_says(session: LoginSession, alice: User, subject_type: SubjectType) -> None:
    with application_server() as listener:
        application = told_at(listener.uri, session)
        Application.objects.update(subject_type=subject_type)
        application.refresh_from_db()
        end_it(session)
        assert services.deliver_due(now=timezone.now()) == 1
    (token,) = listener.tokens
    header, payload = keys.verify(token, keys.public_key_set())
    claims = json.loads(payload)
    assert (header["typ"], header["alg"]) == ("logout+jwt", "RS256")
    assert claims["iss"] == "http://localhost:8000"
    assert claims["aud"] == application.client_id
    assert claims["sid"] == str(session.uuid)
    assert claims["sub"] == subject_of(alice, application)
    assert (claims["sub"] == str(alice.uuid)) == (subject_type == SubjectType.PUBLIC)
    assert claims["exp"] - claims["iat"] == 120
    assert claims["events"] == {EVENT: {}}
    assert len(claims["jti"]) >= 16
    assert "nonce" not in claims
    ((path, headers),) = listener.requests
    assert path == "/backchannel?from=portal"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Host"] == f"localhost:{listener.port}"
    delivery = delivery_of(application)
    assert (delivery.state, delivery.attempts, delivery.last_error) == (DeliveryState.DELIVERED, 1, "")
    assert delivery.delivered_at is not None


@pytest.mark.parametrize(
    ("status", "state"), [(200, "delivered"), (204, "delivered"), (400, "waiting"), (500, "waiting")]
)
def test_only_a_success_counts_as_delivered(session: LoginSession, status: int, state: str) -> None:
    with application_server(Listener(status=status)) as listener:
        application = told_at(listener.uri, session)
        end_it(session)
        services.deliver_due(now=timezone.now())
    delivery = delivery_of(application)
    assert delivery.state == state
    assert delivery.last_error == ("" if state == "delivered" else f"answered {status}")


def test_a_redirect_is_not_followed(session: LoginSession) -> None:
    with (
        application_server() as elsewhere,
        application_server(Listener(status=307, location=elsewhere.uri)) as listener,
    ):
        application = told_at(listener.uri, session)
        end_it(session)
        services.deliver_due(now=timezone.now())
    assert elsewhere.requests == []
    assert delivery_of(application).last_error == "answered 307"


def test_of_a_huge_answer_nothing_but_its_status_is_read(session: LoginSession) -> None:
    with application_server(Listener(body=HUGE)) as listener:
        application = told_at(listener.uri, session)
        end_it(session)
        began = time.monotonic()
        services.deliver_due(now=timezone.now())
        assert time.monotonic() - began < 2
    assert delivery_of(application).state == DeliveryState.DELIVERED


def test_an_application_that_is_down_is_tried_again_and_given_up_after_five_times(session: LoginSession) -> None:
    application = told_at(f"http://localhost:{free_port()}/out", session)
    end_it(session)
    now, pauses = timezone.now(), []
    for attempt in range(1, 6):
        assert services.deliver_due(now=now) == 1
        delivery = delivery_of(application)
        assert delivery.attempts == attempt
        assert "refused" in delivery.last_error
        if delivery.next_attempt_at is None:
            break
        assert services.deliver_due(now=now + timedelta(seconds=1)) == 0
        pauses.append(delivery.next_attempt_at - timezone.now())
        now = delivery.next_attempt_at
    assert delivery.state == DeliveryState.GIVEN_UP
    assert [round(pause.total_seconds() / 60) for pause in pauses] == [1, 5, 20, 60]
    assert services.deliver_due(now=now + timedelta(days=1)) == 0


def test_one_that_ends_its_worker_each_time_is_given_up_too(session: LoginSession) -> None:
    application = told_at("https://app.example/out", session)
    end_it(session)
    LogoutDelivery.objects.update(attempts=5)
    assert services.deliver_due(now=timezone.now()) == 0
    assert delivery_of(application).state == DeliveryState.GIVEN_UP


def test_what_another_worker_has_taken_is_left_to_it(session: LoginSession) -> None:
    with application_server() as listener:
        told_at(listener.uri, session)
        end_it(session)
        now = timezone.now()
        assert len(services._claim(now=now)) == 1
        assert services.deliver_due(now=now) == 0
        assert services.deliver_due(now=now + services.CLAIM_LIFE) == 1  # its worker has died
    assert len(listener.tokens) == 1


@pytest.mark.parametrize(
    ("answer", "every"),
    [(b"", 0), (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 40, 0.5), (b"HTTP/1.1 100 Continue\r\n\r\n" * 40, 0.05)],
    ids=["silent", "a byte at a time", "continue for ever"],
)
def test_who_does_not_come_to_an_end_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, every: float
) -> None:
    monkeypatch.setattr(adapters, "READ_WITHIN", 1.0)
    monkeypatch.setattr(adapters, "ALL_WITHIN", 1.5)
    with odd_server(answer, every=every) as uri:
        began = time.monotonic()
        with pytest.raises(adapters.NoAnswer):
            adapters.tell(uri, "token", allows_private=True)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 999999\r\n\r\n", b"\x00\xff", b"HTTP/1.1 200 " + b"x" * 70_000]
)
def test_an_answer_that_is_none_counts_as_none(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "READ_WITHIN", 0.5)
    with odd_server(answer) as uri, pytest.raises(adapters.NotDelivered):
        adapters.tell(uri, "token", allows_private=True)


def test_the_limits_are_those_that_were_promised() -> None:
    assert (adapters.CONNECT_WITHIN, adapters.READ_WITHIN) == (2, 5)


def test_many_are_told_at_once_and_the_silent_hold_nobody_up(session: LoginSession, alice: User) -> None:
    """Ten that take a second and one that never answers, for thirty sessions."""
    sessions = [session, *(start(user=alice, origin=SYSTEM, methods=["pwd"], now=timezone.now()) for _ in range(29))]
    with odd_server(b"") as dead_uri, application_server(Listener(delay=0.3)) as listener:
        dead = make_application("Dead", claims={}, backchannel_logout_uri=dead_uri)
        slow = make_application("Slow", claims={}, backchannel_logout_uri=listener.uri)
        for one in sessions:
            used(dead, one)
            used(slow, one)
            end_it(one)
        began = time.monotonic()
        assert services.deliver_due(now=timezone.now()) == 60
        took = time.monotonic() - began
    assert LogoutDelivery.objects.filter(application=slow, state=DeliveryState.DELIVERED).count() == 30
    assert LogoutDelivery.objects.filter(application=dead, state=DeliveryState.WAITING, attempts=1).count() == 30
    assert took < 5 + 5  # once its time limit, never thirty times


def test_ending_a_session_waits_for_nobody(session: LoginSession) -> None:
    with odd_server(b"") as uri:
        told_at(uri, session)
        began = time.monotonic()
        end_it(session)
        assert time.monotonic() - began < 1


@pytest.mark.django_db(transaction=True)
def test_the_worker_does_it() -> None:
    person = make_person()
    session = start(user=person, origin=SYSTEM, methods=["pwd"], now=timezone.now())
    with application_server() as listener:
        application = told_at(listener.uri, session)
        end_it(session)
        work_once()
    assert len(listener.tokens) == 1
    assert delivery_of(application).state == DeliveryState.DELIVERED


@pytest.mark.django_db(transaction=True)
def test_many_workers_tell_each_application_once() -> None:
    person = make_person()
    with application_server() as listener:
        application = make_application("Pickup", claims={}, backchannel_logout_uri=listener.uri)
        for _ in range(12):
            session = start(user=person, origin=SYSTEM, methods=["pwd"], now=timezone.now())
            used(application, session)
            end_it(session)
        now = timezone.now()
        told = in_parallel(lambda _: services.deliver_due(now=now), 4)
    assert sum(told) == 12  # type: ignore[arg-type]
    assert len(set(listener.tokens)) == len(listener.tokens) == 12
    assert LogoutDelivery.objects.filter(state=DeliveryState.DELIVERED, attempts=1).count() == 12


# Where it may lead


@pytest.mark.parametrize("address", PRIVATE, ids=str)
def test_no_private_address_passes_for_a_public_one(address: outgoing.Address) -> None:
    assert not outgoing.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_public(address: str) -> None:
    assert outgoing.is_public(ipaddress.ip_address(address))


def test_private_addresses_are_told_nothing_unless_the_operator_allows_it(
    session: LoginSession, settings: Settings
) -> None:
    settings.PRIVATE_ADDRESSES_ALLOWED = False
    with application_server() as listener:
        application = told_at(listener.uri, session)
        end_it(session)
        services.deliver_due(now=timezone.now())
    assert listener.requests == []
    assert delivery_of(application).last_error == "leads to a private address"


def test_one_private_address_among_public_ones_is_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to both could lead to either."""

    def both(host: str, port: int, **kwargs: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("93.184.215.14", "10.0.0.7")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(adapters.NotDelivered, match="private"):
        adapters.tell("https://both.example/", "token", allows_private=False)


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was checked is what is connected to: the second answer of a lying name server is never asked for."""
    asked = []
    real = socket.getaddrinfo

    def counted(host: str, port: int, **kwargs: Any) -> Any:
        asked.append(host)
        return real(host, port, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    with application_server() as listener:
        adapters.tell(listener.uri, "token", allows_private=True)
    assert asked == ["localhost"]


@pytest.mark.parametrize(
    ("name", "is_trusted", "arrives"),
    [("localhost", True, True), ("localhost", False, False), ("other.example", True, False)],
)
def test_the_certificate_is_checked_for_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_trusted: bool, arrives: bool
) -> None:
    file = certificate(tmp_path, name=name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with application_server(context=context) as listener:
        if arrives:
            adapters.tell(listener.uri, "token", allows_private=True)
        else:
            with pytest.raises(adapters.NotDelivered, match="certificate"):
                adapters.tell(listener.uri, "token", allows_private=True)
    assert bool(listener.tokens) == arrives


@pytest.mark.parametrize(
    "uri", ["http://localhost:1/ü", "http://[", "http://localhost:99999/", "http://\x00/", "nonsense", "http://a..b/"]
)
def test_an_address_that_is_none_is_an_error_and_no_crash(uri: str) -> None:
    with pytest.raises(adapters.NotDelivered):
        adapters.tell(uri, "token", allows_private=True)
