"""`manage.py worker`: sends queued messages and runs periodic jobs. Run as many as you like."""

from __future__ import annotations

import logging
import random
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.db.utils import DatabaseError
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from myaccount.schedule.services import run_due

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Sends queued messages and runs periodic jobs until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between looks at the queue")
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")

    def handle(self, *args: Any, interval: float, once: bool, **options: Any) -> None:
        queue = Worker(
            queue_names=["default"], interval=0, batch=True, backend_name="default", startup_delay=False,
            max_tasks=None, worker_id=get_random_string(32), excluded_queue_names=[],
        )  # fmt: skip
        queue.configure_signals()
        while queue.running:
            try:
                close_old_connections()
                run_due(now=timezone.now())
                queue.run()
            except DatabaseError:
                logger.exception("the database did not answer; trying again")
                time.sleep(5 * random.random())  # noqa: S311 (spreads workers out)
            if once:
                return
            time.sleep(interval)
