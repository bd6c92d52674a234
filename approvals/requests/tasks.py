"""The job that tells candidates. Queued in the transaction that opens a step."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task


@task()
def tell(step_pk: int) -> None:
    """Mail everybody who is asked at a step, however many they are, a batch at a time."""
    from approvals.requests import telling  # noqa: PLC0415 (steps queue this job)

    while telling.tell_some(step_pk, now=timezone.now()):
        pass
