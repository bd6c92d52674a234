"""What people prove who they are with, beside the password; and the codes and challenges on their way."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_otp.models import Device

from security.factors.kinds import Authenticator

NAME_MAX_LENGTH: Final = 64  # characters
CREDENTIAL_ID_MAX_LENGTH: Final = 1364  # characters: 1,023 bytes in base64url (security 69)


class Factor(Device):
    """What all factors share. A row exists only once it has been proven, so `confirmed` is always true."""

    authenticator: ClassVar[Authenticator]

    created_at = models.DateTimeField(_("added"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        abstract = True


class TotpDevice(Factor):
    """An authenticator app (RFC 6238: SHA-1, 30 seconds, 6 digits)."""

    authenticator = Authenticator.TOTP

    seed = models.TextField(editable=False)  # encrypted
    last_step = models.BigIntegerField(default=-1, editable=False)  # of the newest code used; none is used twice

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")

    def verify_token(self, token: Any) -> bool:
        """Whether this is the code of now, or of a step beside it, and no code as new was used before."""
        from security.factors.totp.services import accept  # noqa: PLC0415 (services know the models)

        return accept(self, str(token))


class SmsDevice(Factor):
    """The person's proven mobile number as a factor. The number itself is the profile's."""

    authenticator = Authenticator.SMS

    class Meta:
        verbose_name = _("SMS number")
        verbose_name_plural = _("SMS numbers")
        constraints = [models.UniqueConstraint(fields=["user"], name="sms_device_one_each")]


class DeviceKind(models.TextChoices):
    """What sort of security device the person chose to add."""

    USB = "usb", _("USB security key")
    BUILT_IN = "built-in", _("Built-in sensor")


class SecurityDevice(Factor):
    """A WebAuthn credential. `is_passwordless` ones are passkeys; the older rest are second factors only."""

    authenticator = Authenticator.DEVICE

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=DeviceKind.choices)
    credential_id = models.CharField(max_length=CREDENTIAL_ID_MAX_LENGTH, unique=True, editable=False)  # base64url
    public_key = models.BinaryField(editable=False)  # COSE
    sign_count = models.PositiveBigIntegerField(default=0, editable=False)
    transports = models.JSONField(default=list, editable=False)
    aaguid = models.CharField(max_length=36, blank=True, editable=False)
    is_passwordless = models.BooleanField(_("signs in without a password"))
    is_backup_eligible = models.BooleanField(_("can be copied to other devices"))
    is_backed_up = models.BooleanField(_("is copied to other devices"))

    class Meta:
        verbose_name = _("security device")
        verbose_name_plural = _("security devices")


class BackupCodes(Factor):
    """A person's set of backup codes; making new ones replaces the set."""

    authenticator = Authenticator.BACKUP_CODE

    salt = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("backup codes")
        verbose_name_plural = _("backup codes")
        constraints = [models.UniqueConstraint(fields=["user"], name="backup_codes_one_each")]

    def verify_token(self, token: Any) -> bool:
        """Whether this is a code of the set that has not been used; it is used then."""
        from security.factors.backup_codes.services import burn  # noqa: PLC0415

        return burn(self, str(token))


class BackupCode(models.Model):
    """The digest of one backup code."""

    codes = models.ForeignKey(BackupCodes, on_delete=models.CASCADE, related_name="each")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["codes", "digest"], name="backup_code_once")]

    def __str__(self) -> str:
        return f"{self.codes_id}"


class PreferredFactor(models.Model):
    """What a person is asked for first."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preferred_factor"
    )
    authenticator = models.CharField(max_length=20, choices=Authenticator.choices)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.authenticator}"


class Purpose(models.TextChoices):
    """What a sent code or a challenge is for; it is good for nothing else."""

    REGISTER = "register", pgettext_lazy("purpose", "Add a security device")
    PASSKEY = "passkey", pgettext_lazy("purpose", "Sign in with a passkey")
    SIGN_IN = "sign-in", pgettext_lazy("purpose", "Second step of signing in")
    CONFIRM = "confirm", pgettext_lazy("purpose", "Confirm access")
    RECOVER = "recover", pgettext_lazy("purpose", "Recover an account")
    LINK = "link", pgettext_lazy("purpose", "Link an account")


class SentCode(models.Model):
    """A code on its way to a person's mobile number, for one purpose in one browser session (security 58)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    binding = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "purpose"], name="sent_code_one_each")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.purpose}"


class Challenge(models.Model):
    """A WebAuthn challenge: for one ceremony in one browser session, taken out before its answer is looked at."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    challenge = models.BinaryField()
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    binding = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, blank=True, choices=DeviceKind.choices)  # when registering
    is_older_device = models.BooleanField(default=False)  # when registering
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.id} {self.purpose}"


class TrustedBrowser(models.Model):
    """A browser that is not asked for the second step, for a while."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trusted_browsers")
    digest = models.CharField(max_length=64, unique=True)
    user_agent = models.CharField(max_length=512, blank=True)
    ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.uuid)
