"""What self-registration keeps: the administrators' settings, and registrations until a while after they are over."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from myaccount.users.names import USERNAME_KEY_MAX_LENGTH, USERNAME_MAX_LENGTH

EMAIL_KEY_MAX_LENGTH: Final = 254 * 3


class RegistrationSettings(models.Model):
    """Whether people may register themselves, and how: one row. Off until an administrator allows it."""

    is_allowed = models.BooleanField(_("People may register themselves"), default=False)
    domains = models.TextField(_("Addresses of these domains only"), blank=True)
    is_email_the_username = models.BooleanField(_("The e-mail address is the username"), default=False)
    asks_captcha = models.BooleanField(_("Captcha on registration"), default=True)
    code_minutes = models.PositiveSmallIntegerField(
        _("Minutes a link or code from an e-mail works"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(1440)],
    )
    groups = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("Roles new people get"))
    text = models.TextField(_("Text above the form"), blank=True, max_length=1000)
    policy_url = models.URLField(
        _("Privacy policy or terms"), blank=True, max_length=500, validators=[URLValidator(["https", "http"])]
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("self-registration")
        verbose_name_plural = _("self-registration")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="registration_settings_one_row")]

    def __str__(self) -> str:
        return str(_("self-registration"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep it one row, and count its versions."""
        self.pk = 1
        self.version += 1
        super().save(*args, **kwargs)

    @property
    def allowed_domains(self) -> list[str]:
        """The domains, as they are compared; none where every domain is welcome."""
        return self.domains.casefold().split()


class State(models.TextChoices):
    """How far a registration has come. Values are stored: never change one."""

    OPEN = "open", pgettext_lazy("registration", "Address not proven yet")
    WAITING = "waiting", pgettext_lazy("registration", "Waits for approval")
    DONE = "done", pgettext_lazy("registration", "Account made")
    REFUSED = "refused", pgettext_lazy("registration", "Not approved")
    FAILED = "failed", pgettext_lazy("registration", "Could not be completed")


class Registration(models.Model):
    """Somebody who asks for an account. Made for addresses that have one as well: nothing is told apart.

    No account exists before the last step. `password` is a hash, and goes when the registration is over.
    """

    uuid = models.UUIDField(_("identifier"), primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    username = models.CharField(_("username"), max_length=USERNAME_MAX_LENGTH)
    username_key = models.CharField(max_length=USERNAME_KEY_MAX_LENGTH)
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=EMAIL_KEY_MAX_LENGTH)
    password = models.CharField(max_length=128)
    values = models.JSONField(_("attributes"), default=dict)
    agreed = models.JSONField(default=list)  # names of the attributes that may be kept
    purpose_version = models.PositiveIntegerField()  # of what they were told these are kept for
    language = models.CharField(_("language"), max_length=10)
    started_at = models.DateTimeField(_("started"))
    expires_at = models.DateTimeField()
    proven_at = models.DateTimeField(_("address proven"), null=True)
    ended_at = models.DateTimeField(_("over since"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=512, blank=True)
    user_uuid = models.UUIDField(_("identifier of the account"), null=True)  # once it is made
    request_uuid = models.UUIDField(_("request for approval"), null=True)
    code_digest = models.CharField(max_length=64, blank=True)
    token_digest = models.CharField(max_length=64, blank=True, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            # Nobody can take from somebody who waits what they asked for first.
            models.UniqueConstraint(
                fields=["username_key"], condition=models.Q(state="waiting"), name="one_waiting_username"
            ),
            models.UniqueConstraint(
                fields=["email_key"], condition=models.Q(state="waiting"), name="one_waiting_address"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(state="open"), name="registration_running_out"),
            models.Index(fields=["ended_at"], condition=models.Q(ended_at__isnull=False), name="registration_over"),
            models.Index(fields=["-started_at"], name="registration_newest"),
            models.Index(
                fields=["user_uuid"], condition=models.Q(user_uuid__isnull=False), name="registration_of_account"
            ),
        ]

    def __str__(self) -> str:
        return self.username
