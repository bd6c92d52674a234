"""Security events in Django admin: read only."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from myaccount.activity.kinds import WORDS, EventGroup, EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web.read_only_admin import ReadOnlyAdmin, uuid_in


class KindFilter(admin.SimpleListFilter):
    """One kind, from the code's own list: asking the table which there are would read all of it."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        groups = list(EventGroup)
        kinds = sorted(EventKind, key=lambda kind: groups.index(WORDS[kind].group))
        return [(kind.value, str(WORDS[kind].title)) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What happened, newest first."""

    list_display = ("at", "words", "person", "done_by", "ip")
    list_filter = (KindFilter, "at")
    search_fields = ("user_uuid",)
    search_help_text = _("Username, e-mail address or id of the person, in full.")
    ordering = ("-id",)
    fields = (
        "at",
        "words",
        "kind",
        "person",
        "user_uuid",
        "done_by",
        "by_uuid",
        "session_uuid",
        "ip",
        "user_agent",
        "details",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """With the names of the people, who may be gone by now."""
        person = User.objects.filter(uuid=OuterRef("user_uuid")).values("username")[:1]
        actor = User.objects.filter(uuid=OuterRef("by_uuid")).values("username")[:1]
        events: QuerySet[Event] = super().get_queryset(request)
        return events.annotate(username=Subquery(person), by_username=Subquery(actor))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Newest first, by the column whose index fits what is asked for."""
        return ("-at", "-id") if any(name.startswith("at__") for name in request.GET) else ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By person only: there is an index for that, and for nothing else."""
        term = search_term.strip()
        if not term:
            return queryset, False
        uuid = uuid_in(term)
        if uuid is not None:
            return queryset.filter(user_uuid=uuid), False
        found = find_by_identifier(term)
        return (queryset.filter(user_uuid=found.uuid) if found else queryset.none()), False

    @admin.display(description=_("what happened"))
    def words(self, obj: Event) -> str:
        """As people read it."""
        return str(WORDS[EventKind(obj.kind)].title) if obj.kind in {kind.value for kind in EventKind} else obj.kind

    @admin.display(description=_("person"))
    def person(self, obj: Any) -> str | None:
        """The user name, while there is one."""
        return obj.username  # type: ignore[no-any-return]

    @admin.display(description=_("done by"))
    def done_by(self, obj: Any) -> str | None:
        """The user name of whoever did it."""
        return obj.by_username  # type: ignore[no-any-return]

    @admin.display(description=_("details"))
    def details(self, obj: Event) -> SafeString:
        """What is particular to this event."""
        return format_html("<pre>{}</pre>", json.dumps(obj.data, ensure_ascii=False, indent=2))
