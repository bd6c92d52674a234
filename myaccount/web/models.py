"""What an administrator may change about the whole portal while it runs: one row."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class PortalSettings(models.Model):
    """The organisation's name and dress, what is switched on, and how long a sign-in lasts."""

    product_name = models.CharField(_("product name"), max_length=60, default="My Account")
    accent_color = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Give a colour like #3355aa."))],
        help_text=_("Its hue is used; lightness is chosen so that everything stays readable, light and dark."),
    )
    logo = models.BinaryField(_("logo"), default=bytes, blank=True)
    support_url = models.URLField(_("support link"), blank=True, help_text=_("Shown as “Help” on every page."))
    footer = models.CharField(_("footer"), max_length=200, blank=True)
    features = models.JSONField(default=dict, blank=True)
    prove_contact_changes = models.BooleanField(
        _("prove new e-mail addresses and mobile numbers"),
        default=True,
        help_text=_(
            "A new address or number takes effect once a code sent to it comes back. "
            "Without this, a typing mistake or somebody else's address is accepted as it is."
        ),
    )
    session_idle_minutes = models.PositiveSmallIntegerField(
        _("sign out after minutes without activity"),
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(60)],
    )
    session_absolute_hours = models.PositiveSmallIntegerField(
        _("sign out after hours in any case"), default=12, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("portal settings")
        verbose_name_plural = _("portal settings")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="portal_settings_one_row")]

    def __str__(self) -> str:
        return self.product_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Count versions, so that a browser fetches a changed theme anew."""
        self.pk = 1
        self.version += 1
        super().save(*args, **kwargs)
