"""Periodic jobs in Django admin: when each is due and how it went. Read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from myaccount.schedule.models import JobRun
from myaccount.schedule.services import run_soon
from myaccount.web.read_only_admin import ReadOnlyAdmin


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """One row a job, made when a worker first looks."""

    list_display = ("name", "due_at", "started_at", "finished_at", "last_error")
    ordering = ("name",)
    actions = ("run_next",)
    fields = list_display

    @admin.action(description=gettext_lazy("Run at next opportunity"), permissions=["act"])
    def run_next(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Make the chosen jobs due."""
        count = run_soon(queryset.values_list("name", flat=True), now=timezone.now())
        text = ngettext(
            "%(count)s job runs as soon as a worker looks.", "%(count)s jobs run as soon as a worker looks.", count
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
