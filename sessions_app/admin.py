"""Sign-in sessions in Django admin: who is signed in where, and ending it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web.read_only_admin import ReadOnlyAdmin
from myaccount.web.requests import PortalRequest, origin
from sessions_app import devices, services
from sessions_app.models import EndReason, LoginSession


class StateFilter(admin.SimpleListFilter):
    """Active sessions unless asked otherwise: those are what one looks for, and there is an index for them."""

    title = gettext_lazy("state")
    parameter_name = "state"
    ENDED = "ended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.ENDED, _("Ended"))]

    def choices(self, changelist: Any) -> Any:
        """“All” is called what it is here."""
        every, *rest = super().choices(changelist)
        return [{**every, "display": _("Active")}, *rest]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LoginSession]) -> QuerySet[LoginSession]:
        return queryset.filter(ended_at__isnull=self.value() != self.ENDED)


@admin.register(LoginSession)
class LoginSessionAdmin(ReadOnlyAdmin):
    """The most recently used first."""

    list_display = ("person", "where", "ip", "started_at", "last_seen_at")
    list_select_related = ("user",)
    list_filter = (StateFilter,)
    search_fields = ("user__username_key",)
    search_help_text = gettext_lazy("Username or proven e-mail address of the person, in full.")
    actions = ("end_selected",)
    fields = (
        "user",
        "browser",
        "operating_system",
        "device",
        "ip",
        "user_agent",
        "methods",
        "started_at",
        "last_seen_at",
        "ended_at",
        "end_reason",
        "uuid",
    )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """When and why it ended, of those that have."""
        is_ended = request.GET.get("state") == StateFilter.ENDED
        return (*self.list_display, "ended_at", "end_reason") if is_ended else self.list_display

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """By a column that has an index, whichever sessions are shown."""
        return ("-ended_at",) if request.GET.get("state") == StateFilter.ENDED else ("-last_seen_at",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LoginSession], search_term: str
    ) -> tuple[QuerySet[LoginSession], bool]:
        """By person."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(user=find_by_identifier(search_term)), False

    @admin.display(description=gettext_lazy("person"))
    def person(self, obj: LoginSession) -> str:
        """The user name."""
        return obj.user.username

    @admin.display(description=gettext_lazy("where"))
    def where(self, obj: LoginSession) -> str:
        """“Firefox on Windows”."""
        return devices.browser_on_system(obj.browser, obj.operating_system)

    @admin.action(description=gettext_lazy("End selected sessions"), permissions=["act"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Sign those browsers out; the one this was asked from stays."""
        own = cast("PortalRequest", request).login_session.uuid
        chosen = self.chosen(request, queryset.select_related("user"))
        now = timezone.now()
        ended = sum(
            services.end(
                login_session=login_session,
                reason=EndReason.BY_ADMINISTRATOR,
                origin=origin(request),
                now=now,
                by=cast("User", request.user),
            )
            for login_session in chosen
            if login_session.uuid != own
        )
        text = ngettext("%(count)s session was ended.", "%(count)s sessions were ended.", ended)
        self.message_user(request, text % {"count": ended}, messages.SUCCESS if ended else messages.WARNING)
        if any(login_session.uuid == own for login_session in chosen):
            self.message_user(request, _("Your own session stays: sign out to end it."), messages.WARNING)
