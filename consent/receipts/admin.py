"""Receipts in Django admin. Read only; the database itself refuses anything else."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from consent.receipts.models import ConsentReceipt
from myaccount.users.selectors import find_by_identifier
from myaccount.web.read_only_admin import ReadOnlyAdmin, uuid_in


@admin.register(ConsentReceipt)
class ConsentReceiptAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("uuid", "service", "issued_at", "version", "is_revocation")
    ordering = ("-issued_at",)
    search_fields = ("uuid",)
    search_help_text = gettext_lazy("Receipt id, or username or proven e-mail address of the person, in full.")
    fields = ("uuid", "issued_at", "version", "supersedes", "is_revocation", "consent_uuid", "user_uuid", "readable",
              "signed")  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ConsentReceipt], search_term: str
    ) -> tuple[QuerySet[ConsentReceipt], bool]:
        """One receipt, or those of one person; of somebody whose account is gone, by their id."""
        if not search_term:
            return queryset, False
        uuid = uuid_in(search_term)
        if uuid is not None:
            return queryset.filter(pk=uuid) | queryset.filter(user_uuid=uuid), False
        user = find_by_identifier(search_term)
        return (queryset.filter(user_uuid=user.uuid) if user else queryset.none()), False

    @admin.display(description=gettext_lazy("service"))
    def service(self, receipt: ConsentReceipt) -> str:
        """Whom the consent was given to."""
        return str(receipt.document["services"][0]["serviceDisplayName"])

    @admin.display(description=gettext_lazy("document"))
    def readable(self, receipt: ConsentReceipt) -> Any:
        """The document, a member a line."""
        return format_html("<pre>{}</pre>", json.dumps(receipt.document, ensure_ascii=False, indent=2))
