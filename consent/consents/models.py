"""What a person has decided: one consent an application, one decision an attribute."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consent.applications.models import Application
from consent.purposes.models import Purpose
from myaccount.claims.models import Claim


class State(models.TextChoices):
    """Whether a consent holds. One that has run out is read as revoked, before a job makes it so."""

    ACTIVE = "active", pgettext_lazy("consent", "Active")
    REVOKED = "revoked", pgettext_lazy("consent", "Revoked")


class Consent(models.Model):
    """A person's consent to one application; without an application, to what the organisation itself keeps."""

    uuid = models.UUIDField(_("identifier"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents", verbose_name=_("person")
    )
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("application")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    scope = models.CharField(_("scopes"), max_length=500, blank=True, help_text=_("What was asked for, with spaces."))
    valid_until = models.DateTimeField(_("valid until"), null=True)
    given_at = models.DateTimeField(_("given"))
    changed_at = models.DateTimeField(_("last changed"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_from_registration = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(fields=["user", "application"], name="one_consent_an_application"),
            models.UniqueConstraint(fields=["user"], condition=models.Q(application=None), name="one_system_consent"),
        ]
        indexes = [
            models.Index(
                fields=["valid_until"],
                condition=models.Q(state="active", valid_until__isnull=False),
                name="consent_running_out",
            )
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    def holds(self, *, now: datetime) -> bool:
        """Whether it is in force: neither revoked nor run out."""
        return self.state == State.ACTIVE and (self.valid_until is None or self.valid_until > now)


class ConsentedClaim(models.Model):
    """Whether one attribute may be shared, since when and until when, and for which version of which purpose."""

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="claims")
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="+", verbose_name=_("attribute"))
    is_granted = models.BooleanField(_("granted"))
    decided_at = models.DateTimeField(_("decided"))
    expires_at = models.DateTimeField(_("expires"), null=True)
    purpose = models.ForeignKey(
        Purpose, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("purpose")
    )
    purpose_version = models.PositiveIntegerField(_("version of the purpose"), default=0)

    class Meta:
        verbose_name = _("decision about an attribute")
        verbose_name_plural = _("decisions about attributes")
        constraints = [models.UniqueConstraint(fields=["consent", "claim"], name="one_decision_an_attribute")]

    def __str__(self) -> str:
        return f"{self.claim_id} of {self.consent_id}"

    def holds(self, *, now: datetime) -> bool:
        """Whether the attribute may be shared, as far as this decision goes; its consent has to hold, too."""
        return self.is_granted and (self.expires_at is None or self.expires_at > now)

    def is_about(self, purpose: Purpose) -> bool:
        """Whether it was taken for this purpose, in the words the purpose has now."""
        return (self.purpose_id, self.purpose_version) == (purpose.pk, purpose.version)
