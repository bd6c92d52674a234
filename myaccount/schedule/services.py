"""Runs what is due. Safe to call from any number of workers and from cron at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from myaccount.schedule.models import JobRun
from myaccount.schedule.registry import Job, jobs

logger = logging.getLogger(__name__)


def run_due(*, now: datetime) -> list[str]:
    """Run every job that is due and that no other worker has taken. Returns the names of those run."""
    known = jobs()
    due = dict(JobRun.objects.values_list("name", "due_at"))
    missing = [job for job in known if job.name not in due]
    if missing:
        JobRun.objects.bulk_create([JobRun(name=job.name, due_at=now) for job in missing], ignore_conflicts=True)
        due.update((job.name, now) for job in missing)
    return [job.name for job in known if due[job.name] <= now and _take(job, now=now) and _run(job, now=now)]


def run_soon(names: Iterable[str], *, now: datetime) -> int:
    """Make jobs due now, so that the next worker to look runs them. Returns how many are known."""
    return JobRun.objects.filter(name__in=list(names)).update(due_at=now)


def _take(job: Job, *, now: datetime) -> bool:
    """Move the job's due time on; true for the one caller whose update did it."""
    ready = JobRun.objects.filter(Q(name=job.name) & Q(due_at__lte=now))
    return ready.update(due_at=now + job.every, started_at=now) == 1


def _run(job: Job, *, now: datetime) -> bool:
    error = ""
    try:
        job.run(now)
    except Exception as failure:
        logger.exception("periodic job %s failed", job.name)
        error = f"{type(failure).__name__}: {failure}"[:300]
    JobRun.objects.filter(name=job.name).update(finished_at=timezone.now(), last_error=error)
    return True
