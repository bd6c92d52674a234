"""`manage.py run_due_jobs`: the periodic jobs alone, for cron. It sends nothing; `worker --once` does both."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from myaccount.schedule.services import run_due


class Command(BaseCommand):
    help = "Runs the periodic jobs that are due, each once however many callers there are."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in run_due(now=timezone.now()):
            self.stdout.write(f"ran {name}")
