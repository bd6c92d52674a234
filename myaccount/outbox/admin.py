"""The outbox in Django admin: what is on its way, what left, what could not. Read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tasks_db.models import DBTaskResult

from myaccount.outbox import services
from myaccount.outbox.models import Message
from myaccount.users.selectors import find_by_identifier
from myaccount.web.read_only_admin import ReadOnlyAdmin

# The queue's own rows say nothing an administrator needs: messages and jobs are listed here by themselves.
admin.site.unregister(DBTaskResult)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages, newest first. What a message with a code or link says is never shown (security 88)."""

    list_display = ("created_at", "channel", "topic", "recipient", "state", "attempts", "next_attempt_at", "last_error")
    list_filter = ("state", "channel", "created_at")
    search_fields = ("recipient",)
    search_help_text = gettext_lazy("Username or e-mail address of the person, or the recipient, in full.")
    ordering = ("-created_at",)
    actions = ("try_again",)
    fields = (
        "channel",
        "topic",
        "recipient",
        "user",
        "state",
        "attempts",
        "last_error",
        "created_at",
        "next_attempt_at",
        "sent_at",
        "expires_at",
        "subject",
        "what_it_says",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Lists need no texts, and those can be long."""
        found: QuerySet[Message] = super().get_queryset(request).select_related("user").defer("html")
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """By person, or by where it goes."""
        term = search_term.strip()
        if not term:
            return queryset, False
        user = find_by_identifier(term)
        return queryset.filter(user=user) if user else queryset.filter(recipient=term), False

    @admin.display(description=gettext_lazy("what it says"))
    def what_it_says(self, obj: Message) -> str:
        """The text, unless it holds a secret."""
        return _("Holds a code or a link, so it is not shown.") if obj.is_secret else obj.text

    @admin.action(description=gettext_lazy("Try again now"), permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Queue the chosen messages anew."""
        now = timezone.now()
        chosen = self.chosen(request, queryset)
        queued = sum(services.try_again(message, now=now) for message in chosen)
        if queued:
            text = ngettext("%(count)s message is tried again now.", "%(count)s messages are tried again now.", queued)
            self.message_user(request, text % {"count": queued}, messages.SUCCESS)
        if left := len(chosen) - queued:
            text = ngettext(
                "%(count)s message was left alone: it was sent, is being sent, or its code no longer holds.",
                "%(count)s messages were left alone: they were sent, are being sent, or their codes no longer hold.",
                left,
            )
            self.message_user(request, text % {"count": left}, messages.WARNING)
