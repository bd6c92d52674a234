"""Telling an application that a session has ended."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consent.applications.models import Application


class DeliveryState(models.TextChoices):
    """How far it has come."""

    WAITING = "waiting", pgettext_lazy("delivery", "Waiting")
    DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")
    GIVEN_UP = "given-up", pgettext_lazy("delivery", "Given up")


class LogoutDelivery(models.Model):
    """One application to be told that one session is over (OpenID Connect Back-Channel Logout 1.0).

    Of an account that was erased it has no session and no person any more, but what the application knew them by;
    it goes when it is over.
    """

    uuid = models.UUIDField(_("identifier"), primary_key=True, default=uuid.uuid4, editable=False)
    login_session = models.ForeignKey(
        "sessions_app.LoginSession",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("sign-in session"),
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    detached_session = models.UUIDField(null=True, editable=False)
    detached_subject = models.CharField(max_length=255, null=True, editable=False)
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="+", verbose_name=_("application")
    )
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created"))
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("logout notification")
        verbose_name_plural = _("logout notifications")
        constraints = [models.UniqueConstraint(fields=["login_session", "application"], name="told_once_a_session")]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state="waiting"), name="logout_delivery_waiting"
            )
        ]

    def __str__(self) -> str:
        return str(self.application)
