"""Accounts at other organisations' identity providers that people sign in with."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

REASON_LENGTH: Final = 500


class IdentityProvider(models.Model):
    """An OpenID provider people can connect their account with; administrators set it up."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    slug = models.SlugField(_("name in addresses"), max_length=40, unique=True)
    issuer = models.URLField(_("issuer"), max_length=300, unique=True)
    client_id = models.CharField(_("client ID"), max_length=255)
    client_secret = models.TextField(_("client secret"), blank=True, editable=False)  # encrypted; empty for none
    scopes = models.CharField(_("scopes"), max_length=300, default="openid profile email")
    claim_map = models.JSONField(_("attributes"), default=dict, blank=True)  # the provider's claim by our claim's name
    logo = models.BinaryField(_("logo"), default=bytes, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    may_sign_in = models.BooleanField(_("people may sign in with it"), default=True)
    may_create_accounts = models.BooleanField(_("unknown people get an account at their first sign-in"), default=False)
    version = models.PositiveIntegerField(default=0, editable=False)  # counts changes: another logo, another address

    class Meta:
        verbose_name = _("identity provider")
        verbose_name_plural = _("identity providers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Count the change."""
        self.version += 1
        super().save(*args, **kwargs)


class RefusedNewcomer(models.Model):
    """Somebody from a provider whom people did not agree to give an account. They are not asked again for a while."""

    identity_digest = models.CharField(max_length=64, primary_key=True)  # of issuer and subject
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    refused_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.identity_digest[:8]


class FederatedIdentity(models.Model):
    """Who somebody is at a provider: issuer and subject, never an e-mail address (security 72, 74)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="federated_identities")
    provider = models.ForeignKey(
        IdentityProvider, on_delete=models.PROTECT, related_name="identities", verbose_name=_("identity provider")
    )
    issuer = models.CharField(_("issuer"), max_length=300)
    subject = models.CharField(_("identifier at the provider"), max_length=255)
    account_name = models.CharField(
        _("account name"), max_length=254, blank=True
    )  # what the provider calls the account
    connected_at = models.DateTimeField(_("connected"))
    last_used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("connected identity")
        verbose_name_plural = _("connected identities")
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="federated_identity_once")]

    def __str__(self) -> str:
        return f"{self.account_name or self.subject} ({self.issuer})"
