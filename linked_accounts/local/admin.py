"""Linked accounts in Django admin: who can switch to whom, and ending it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from linked_accounts.local import services
from linked_accounts.local.models import LocalLink
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web.read_only_admin import ReadOnlyAdmin
from myaccount.web.requests import origin


@admin.register(LocalLink)
class LocalLinkAdmin(ReadOnlyAdmin):
    """The newest first. Links are made by the people themselves, who sign in to both accounts for it."""

    list_display = ("first", "second", "linked_at")
    list_select_related = ("first", "second")
    fields = ("first", "second", "linked_at")
    ordering = ("-pk",)
    search_fields = ("first__username_key",)
    search_help_text = gettext_lazy("Username or proven e-mail address of one of the two, in full.")
    actions = ("remove_selected",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LocalLink], search_term: str
    ) -> tuple[QuerySet[LocalLink], bool]:
        """By either of the two."""
        if not search_term.strip():
            return queryset, False
        person = find_by_identifier(search_term)
        return queryset.filter(Q(first=person) | Q(second=person)) if person else queryset.none(), False

    @admin.action(description=gettext_lazy("Remove selected links"), permissions=["act"])
    def remove_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Nobody can switch along these any more; both people are told."""
        removed = sum(
            services.unlink(
                user=link.first,
                other=link.second,
                by=cast("User", request.user),
                origin=origin(request),
                now=timezone.now(),
            )
            for link in self.chosen(request, queryset)
        )
        text = ngettext("%(count)s link was removed.", "%(count)s links were removed.", removed)
        self.message_user(request, text % {"count": removed}, messages.SUCCESS if removed else messages.WARNING)
