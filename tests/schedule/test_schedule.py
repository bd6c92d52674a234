"""Periodic jobs: each once when it is due, whoever asks and however many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from myaccount.schedule import registry
from myaccount.schedule.models import JobRun
from myaccount.schedule.registry import Job, jobs, periodic
from myaccount.schedule.services import run_due
from tests.support.parallel import in_parallel

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def only_these(monkeypatch: pytest.MonkeyPatch) -> dict[str, Job]:
    """A registry of its own for a test."""
    own: dict[str, Job] = {}
    monkeypatch.setattr(registry, "_jobs", own)
    return own


def test_a_job_runs_when_due_and_not_before(db: None, only_these: dict[str, Job]) -> None:
    runs: list[datetime] = []
    periodic("hourly", every=HOUR)(runs.append)
    for minutes in (0, 1, 59, 60, 61, 119, 120):
        run_due(now=NOW + timedelta(minutes=minutes))
    assert [(at - NOW) / HOUR for at in runs] == [0, 1, 2]


def test_after_a_long_time_down_a_job_runs_once(db: None, only_these: dict[str, Job]) -> None:
    runs: list[datetime] = []
    periodic("hourly", every=HOUR)(runs.append)
    run_due(now=NOW)
    later = NOW + timedelta(days=3)
    assert run_due(now=later) == ["hourly"]
    assert run_due(now=later) == []
    assert JobRun.objects.get().due_at == later + HOUR


def test_a_failure_is_written_down_and_stops_no_other_job(db: None, only_these: dict[str, Job]) -> None:
    runs: list[datetime] = []

    @periodic("a: breaks", every=HOUR)
    def break_down(now: datetime) -> None:
        raise ValueError("no good\n" + "x" * 1000)

    periodic("b: works", every=HOUR)(runs.append)
    assert run_due(now=NOW) == ["a: breaks", "b: works"]
    assert runs == [NOW]
    broken = JobRun.objects.get(name="a: breaks")
    assert broken.last_error.startswith("ValueError: no good")
    assert len(broken.last_error) == 300
    assert broken.finished_at is not None
    assert JobRun.objects.get(name="b: works").last_error == ""


def test_a_job_that_works_again_loses_its_error(db: None, only_these: dict[str, Job]) -> None:
    is_broken = True

    @periodic("sometimes", every=HOUR)
    def sometimes(now: datetime) -> None:
        if is_broken:
            raise ValueError

    run_due(now=NOW)
    assert JobRun.objects.get().last_error
    is_broken = False
    run_due(now=NOW + HOUR)
    assert not JobRun.objects.get().last_error


def test_a_job_that_failed_waits_for_its_next_time(db: None, only_these: dict[str, Job]) -> None:
    @periodic("breaks", every=HOUR)
    def break_down(now: datetime) -> None:
        raise ValueError

    run_due(now=NOW)
    assert run_due(now=NOW + timedelta(minutes=1)) == []


def test_two_jobs_of_one_name_are_refused(only_these: dict[str, Job]) -> None:
    periodic("twice", every=HOUR)(print)
    with pytest.raises(ValueError, match="twice"):
        periodic("twice", every=HOUR)(print)


@pytest.mark.django_db(transaction=True)
def test_a_due_job_runs_once_however_many_workers_there_are(only_these: dict[str, Job]) -> None:
    runs: list[datetime] = []
    for name in ("a", "b", "c"):
        periodic(name, every=HOUR)(runs.append)
    for hour in range(2):  # at first the rows are made too, by all at once
        now = NOW + hour * HOUR
        results = in_parallel(lambda _, now=now: run_due(now=now), 8)  # type: ignore[misc]  # (mypy and the default)
        assert [result for result in results if isinstance(result, Exception)] == []
        assert sorted(name for names in results if isinstance(names, list) for name in names) == ["a", "b", "c"]
    assert len(runs) == 6


def test_the_real_jobs_run_from_cron(db: None) -> None:
    """`run_due_jobs`, for where no worker runs all the time."""
    with time_machine.travel(NOW, tick=False):
        output = StringIO()
        call_command("run_due_jobs", stdout=output)
        assert output.getvalue().splitlines() == [f"ran {job.name}" for job in jobs()]
        again = StringIO()
        call_command("run_due_jobs", stdout=again)
        assert again.getvalue() == ""
    assert not JobRun.objects.exclude(last_error="").exists()
    assert JobRun.objects.filter(started_at=NOW).count() == len(jobs())


def test_the_jobs_of_every_area_are_registered() -> None:
    names = {job.name for job in jobs()}
    assert names >= {
        "limits: forget old ones",
        "outbox: queue lost messages anew",
        "outbox: forget old messages",
        "sessions: end those that ran out",
        "sessions: forget old ones",
        "profile: forget changes nobody proved",
    }
