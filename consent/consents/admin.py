"""Consents in Django admin, for what support is asked: what has this person agreed to? To be read, and revoked."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.consents.models import Consent, ConsentedClaim
from consent.consents.services import revoke
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web.read_only_admin import ReadOnlyAdmin
from myaccount.web.requests import origin


class DecisionInline(admin.TabularInline[ConsentedClaim, Consent]):
    """What was decided about each attribute."""

    model = ConsentedClaim
    fields = readonly_fields = ("claim", "is_granted", "decided_at", "expires_at", "purpose", "purpose_version")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """One row a person and application, and one for what the organisation itself keeps."""

    list_display = ("person", "what_for", "is_in_force", "given_at", "valid_until", "last_used_at")
    list_select_related = ("user", "application")
    search_fields = ("user__username_key",)
    search_help_text = gettext_lazy("Username or proven e-mail address of the person, in full.")
    inlines = (DecisionInline,)
    actions = ("revoke_selected",)
    fields = (
        "user", "what_for", "is_in_force", "given_at", "changed_at", "valid_until", "last_used_at", "scope", "version",
        "uuid",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Consent]:
        """Without logos; they are large."""
        return super().get_queryset(request).defer("application__logo")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Consent], search_term: str
    ) -> tuple[QuerySet[Consent], bool]:
        """Of one person."""
        if not search_term:
            return queryset, False
        user = find_by_identifier(search_term)
        return (queryset.filter(user=user) if user else queryset.none()), False

    @admin.display(description=gettext_lazy("person"))
    def person(self, consent: Consent) -> str:
        """Whose it is."""
        return consent.user.username

    @admin.display(description=gettext_lazy("application"))
    def what_for(self, consent: Consent) -> str:
        """The application, or that it is the system consent."""
        return consent.application.name if consent.application else _("System consent")

    @admin.display(description=gettext_lazy("in force"), boolean=True)
    def is_in_force(self, consent: Consent) -> bool:
        """Neither revoked nor run out."""
        return consent.holds(now=timezone.now())

    @admin.action(description=gettext_lazy("Revoke"), permissions=["act"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Consent]) -> None:
        """Take consents back on the person's behalf; what has already been told stays told."""
        now = timezone.now()
        revoked = sum(
            revoke(consent=consent, origin=origin(request), now=now, by=cast("User", request.user))
            for consent in self.chosen(request, queryset)
        )
        text = ngettext("%(count)s consent was revoked.", "%(count)s consents were revoked.", revoked)
        self.message_user(request, text % {"count": revoked}, messages.SUCCESS)
