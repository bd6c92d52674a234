"""What admin pages share that show rows nobody edits, and lists that grow for ever."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

MAX_COUNTED: Final = 10_000


class CappedPaginator(Paginator[Any]):
    """Counts at most so many rows: counting a million takes longer than showing a hundred."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:MAX_COUNTED].count())


class BigTableAdmin(admin.ModelAdmin[Any]):
    """For tables of any size: no full counts, no facets, no sorting by columns without an index."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by: tuple[str, ...] = ()
    list_per_page = 50
    list_max_show_all = 0


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
