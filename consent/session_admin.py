"""What a sign-in session's page in Django admin shows of applications: those used in it, and whether they were told."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent.applications.models import ApplicationAccess
from consent.logout.models import LogoutDelivery
from sessions_app.services import LoginSession


class OfSession(admin.TabularInline[Any, Any]):
    """Rows the portal writes and administrators only read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the applications' names, and without their logos."""
        return super().get_queryset(request).select_related("application").defer("application__logo")


class AccessInline(OfSession):
    """The applications used in the session."""

    model = ApplicationAccess
    fields = ("first_at", "last_at")
    ordering = ("-last_at",)


class DeliveryInline(OfSession):
    """Whether each was told that the session has ended."""

    model = LogoutDelivery
    verbose_name_plural = _("told that the session has ended")
    fields = ("state", "attempts", "delivered_at", "next_attempt_at", "last_error")
    ordering = ("created_at",)


sessions: Any = admin.site.get_model_admin(LoginSession)
sessions.inlines = (*sessions.inlines, AccessInline, DeliveryInline)
