"""What a person's profile holds beside the shared User."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Profile(models.Model):
    """Attribute values by claim name, and how often they were written."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    values = models.JSONField(_("values"), default=dict, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return str(self.user_id)


class UploadedPicture(models.Model):
    """A picture the person uploaded, as we wrote it anew: WebP, square, without metadata.

    In the database, so that every machine of an installation has it.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    image = models.BinaryField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.digest


class ContactKind(models.TextChoices):
    """A way to reach a person that has to be proven."""

    EMAIL = "email", _("E-mail address")
    MOBILE = "mobile", _("Mobile number")


class PendingContact(models.Model):
    """A new address or number that is not proven yet. The old one stays until it is.

    Bound to the person, the value and the session it was asked for in (security 29).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pending_contacts")
    kind = models.CharField(max_length=10, choices=ContactKind.choices)
    value = models.CharField(max_length=254)
    purpose = models.CharField(max_length=30, blank=True)  # what else it is for, as the area that asked names it
    session_uuid = models.UUIDField()
    code_digest = models.CharField(max_length=64, blank=True)
    token_digest = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_pending_contact_a_kind")]
        indexes = [models.Index(fields=["expires_at"])]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"
