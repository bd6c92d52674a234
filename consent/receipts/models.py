"""The consent receipt: issued once, never changed."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConsentReceipt(models.Model):
    """A record of what was agreed (Kantara Consent Receipt 1.1), and the same signed.

    Outlives the consent and the account: no foreign keys. The database refuses UPDATE and DELETE
    (`receipts/triggers.py`); an edit issues a new receipt that names the one it supersedes.
    """

    uuid = models.UUIDField(_("receipt id"), primary_key=True, default=uuid.uuid4, editable=False)
    consent_uuid = models.UUIDField(_("consent"))
    user_uuid = models.UUIDField(_("person"))
    issued_at = models.DateTimeField(_("issued"))
    version = models.PositiveIntegerField(_("version of the consent"))
    supersedes = models.UUIDField(_("supersedes"), null=True, unique=True)
    is_revocation = models.BooleanField(_("records a revocation"), default=False)
    document = models.JSONField(_("document"))
    signed = models.TextField(_("signed document"))

    class Meta:
        verbose_name = _("consent receipt")
        verbose_name_plural = _("consent receipts")
        indexes = [
            models.Index(fields=["consent_uuid", "-version"], name="receipt_of_consent"),
            models.Index(fields=["user_uuid"], name="receipt_of_person"),
            models.Index(fields=["issued_at"], name="receipt_issued"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class PurgePermit(models.Model):
    """While a transaction has put a row here, the database lets it delete receipts; it is never committed."""

    class Meta:
        verbose_name = _("permit to purge receipts")
        verbose_name_plural = _("permits to purge receipts")

    def __str__(self) -> str:
        return str(self.pk)
