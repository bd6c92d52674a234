"""Rows of the security area."""

from __future__ import annotations

from django.conf import settings
from django.db import models

# Django looks for an area's models here.
from security.captcha.models import CaptchaSolution
from security.factors.models import (
    BackupCode,
    BackupCodes,
    Challenge,
    PreferredFactor,
    SecurityDevice,
    SentCode,
    SmsDevice,
    TotpDevice,
    TrustedBrowser,
)
from security.policy.models import AuthenticationChain, ChainStep, SignInPolicy
from security.recovery.models import (
    Answer,
    Question,
    QuestionSet,
    Recovery,
    RecoveryAddress,
    RecoverySettings,
    WaitingRecovery,
)

__all__ = [
    "Answer",
    "AuthenticationChain",
    "BackupCode",
    "BackupCodes",
    "CaptchaSolution",
    "ChainStep",
    "Challenge",
    "PasswordDemand",
    "PastPassword",
    "PreferredFactor",
    "Question",
    "QuestionSet",
    "Recovery",
    "RecoveryAddress",
    "RecoverySettings",
    "SecurityDevice",
    "SentCode",
    "SignInPolicy",
    "SmsDevice",
    "TotpDevice",
    "TrustedBrowser",
    "WaitingRecovery",
]


class PastPassword(models.Model):
    """The hash of a password a person had; the last few may not be used again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="past_passwords")
    password = models.CharField(max_length=128)
    replaced_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-replaced_at"])]

    def __str__(self) -> str:
        return f"{self.user_id} until {self.replaced_at:%Y-%m-%d}"


class PasswordDemand(models.Model):
    """An administrator asks for a new password at the next sign-in."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="password_demand"
    )
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}"
