"""What admin pages share that show rows nobody edits, and lists that grow for ever."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

MAX_COUNTED: Final = 10_000
MAX_CHOSEN: Final = 200


class CappedPaginator(Paginator[Any]):
    """Counts at most so many rows: counting a million takes longer than showing a hundred."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.values("pk")[:MAX_COUNTED].count())


class BigTableAdmin(admin.ModelAdmin[Any]):
    """For tables of any size: no full counts, no facets, no sorting by columns without an index."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0

    def chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """The rows an action is for: so many as one request can do, and a word when there are more."""
        rows = list(queryset[: MAX_CHOSEN + 1])
        if len(rows) > MAX_CHOSEN:
            text = _("Only the first %(count)s were done. Repeat the action for the rest.") % {"count": MAX_CHOSEN}
            self.message_user(request, text, messages.WARNING)
        return rows[:MAX_CHOSEN]


class ReadOnlyAdmin(BigTableAdmin):
    """Rows the portal writes and administrators only read. Actions need the right to change such rows."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """May use the actions of this page (`permissions=["act"]`)."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))


def uuid_in(text: str) -> UUID | None:
    """The id somebody searched for, if it is one."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None
