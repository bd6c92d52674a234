"""Accounts whose people have asked for their deletion, and what administrators decide about it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Ending(models.TextChoices):
    """What becomes of an account when its time has come. Values are stored: never change one."""

    ERASE = "erase", _("Erase it")
    MAKE_ANONYMOUS = "make-anonymous", _("Make it anonymous")


class DeletionSettings(models.Model):
    """How people delete their own accounts, and how long events are kept: one row."""

    cooling_off_days = models.PositiveSmallIntegerField(
        _("Days until an account is deleted"), default=14, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    ending = models.CharField(
        _("What happens to the account then"), max_length=20, choices=Ending.choices, default=Ending.ERASE
    )
    event_days = models.PositiveSmallIntegerField(
        _("Days security events are kept"),
        null=True,
        blank=True,
        validators=[MinValueValidator(30), MaxValueValidator(7300)],
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("account deletion")
        verbose_name_plural = _("account deletion")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="deletion_settings_one_row")]

    def __str__(self) -> str:
        return str(_("account deletion"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep it one row, and count its versions."""
        self.pk = 1
        self.version += 1
        super().save(*args, **kwargs)


class AccountDeletion(models.Model):
    """An account in its cooling-off period. The row goes when its person, or an administrator, keeps the account.

    While it is there nobody signs in to the account; whoever has the row locked decides what becomes of it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deletion", verbose_name=_("person")
    )
    requested_at = models.DateTimeField(_("asked for"))
    erase_at = models.DateTimeField(_("to be deleted"), db_index=True)

    class Meta:
        verbose_name = _("account to be deleted")
        verbose_name_plural = _("accounts to be deleted")

    def __str__(self) -> str:
        return str(self.user)
