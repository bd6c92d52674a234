"""The sign-in session, and the row the browser's cookie points at."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from myaccount.users.names import USERNAME_MAX_LENGTH

USER_AGENT_MAX_LENGTH = 512


class EndReason(models.TextChoices):
    """Why a session is over."""

    SIGNED_OUT = "signed-out", pgettext_lazy("session", "Signed out")
    TERMINATED = "terminated", pgettext_lazy("session", "Terminated")
    PASSWORD_CHANGED = "password-changed", pgettext_lazy("session", "Password changed")
    FACTOR_CHANGED = "factor-changed", pgettext_lazy("session", "Second factor changed")
    CONTACT_CHANGED = "contact-changed", pgettext_lazy("session", "E-mail address changed")
    IDENTITY_CHANGED = "identity-changed", pgettext_lazy("session", "Account elsewhere connected or removed")
    IDLE = "idle", pgettext_lazy("session", "Not used for too long")
    TOO_OLD = "too-old", pgettext_lazy("session", "Open for too long")
    BY_ADMINISTRATOR = "by-administrator", pgettext_lazy("session", "Ended by an administrator")
    REPLACED = "replaced", pgettext_lazy("session", "Signed in anew")
    SWITCHED = "switched", pgettext_lazy("session", "Switched to a linked account")
    UNLINKED = "unlinked", pgettext_lazy("session", "The link to the other account was removed")
    SOURCE_ENDED = "source-ended", pgettext_lazy("session", "Signed out of the account it came from")
    NO_LONGER_VALID = "no-longer-valid", pgettext_lazy("session", "No longer valid")


class LoginSession(models.Model):
    """One sign-in of one person in one browser; its uuid is the OpenID `sid`."""

    uuid = models.UUIDField(_("identifier"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="login_sessions", verbose_name=_("person")
    )
    user_agent = models.CharField(_("user agent"), max_length=USER_AGENT_MAX_LENGTH, blank=True)
    browser = models.CharField(_("browser"), max_length=100, blank=True)
    operating_system = models.CharField(_("operating system"), max_length=100, blank=True)
    device = models.CharField(_("device"), max_length=100, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    started_at = models.DateTimeField(_("login time"))
    last_seen_at = models.DateTimeField(_("last accessed"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    end_reason = models.CharField(_("why it ended"), max_length=20, choices=EndReason.choices, blank=True)
    methods = models.JSONField(_("how signed in"), default=list, help_text=_("Names from RFC 8176."))
    # Whose account the person switched from; none for a session they signed in to.
    switched_from = models.UUIDField(_("switched from"), null=True, editable=False)
    switched_from_name = models.CharField(max_length=USERNAME_MAX_LENGTH, blank=True, editable=False)

    class Meta:
        verbose_name = _("sign-in session")
        verbose_name_plural = _("sign-in sessions")
        indexes = [
            models.Index(fields=["user"], condition=models.Q(ended_at=None), name="login_session_active"),
            models.Index(fields=["last_seen_at"], condition=models.Q(ended_at=None), name="login_session_idle"),
            models.Index(fields=["ended_at"], name="login_session_ended"),
            models.Index(
                fields=["switched_from"],
                condition=models.Q(ended_at=None, switched_from__isnull=False),
                name="login_session_switched",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class BrowserSession(AbstractBaseSession):
    """Django's session row. `login_session` lets it be read with its person, and ended, in one statement."""

    login_session = models.ForeignKey(
        LoginSession, on_delete=models.CASCADE, null=True, related_name="browser_sessions", db_constraint=False
    )

    @classmethod
    def get_session_store_class(cls) -> type:
        from sessions_app.session_store import SessionStore  # noqa: PLC0415 (the store imports this model)

        return SessionStore
