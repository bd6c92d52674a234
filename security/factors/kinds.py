"""The authenticators people can prove who they are with, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Authenticator(models.TextChoices):
    """What somebody can show. Values are stored in policies and sessions: never change one."""

    PASSWORD = "password", _("Password")
    PASSKEY = "passkey", _("Passkey")
    TOTP = "totp", _("Authenticator app")
    SMS = "sms", _("SMS code")
    DEVICE = "device", _("Security device")
    BACKUP_CODE = "backup-code", _("Backup code")
    FEDERATED = "federated", _("Account at another identity provider")
    LINKED_ACCOUNT = "linked-account", _("Linked account")


FIRST: Final = (Authenticator.PASSWORD, Authenticator.PASSKEY, Authenticator.FEDERATED, Authenticator.LINKED_ACCOUNT)
SECOND: Final = (Authenticator.DEVICE, Authenticator.TOTP, Authenticator.SMS, Authenticator.BACKUP_CODE)
ENROLLABLE: Final = (Authenticator.DEVICE, Authenticator.TOTP, Authenticator.SMS)


@dataclass(frozen=True)
class Words:
    """How an authenticator is offered to a person."""

    title: str | Promise
    explanation: str | Promise
    icon: str
    offer: str | Promise  # the link that chooses it instead of another


WORDS: Final = {
    Authenticator.DEVICE: Words(
        _("Security device"),
        _("A USB security key, or the fingerprint, face or PIN of this device. Safe against forged sites."),
        "finger-print",
        _("Use a security device"),
    ),
    Authenticator.TOTP: Words(
        _("Authenticator app"),
        _("An app on your phone that shows a new code every 30 seconds. It works without a network."),
        "qr-code",
        _("Use an authenticator app"),
    ),
    Authenticator.SMS: Words(
        _("SMS number"),
        _("We send a code to your mobile number. Weaker than the others, since numbers can be taken over."),
        "device-phone-mobile",
        _("Get a code by SMS"),
    ),
    Authenticator.BACKUP_CODE: Words(
        _("Backup codes"),
        _("Codes to print or keep safe, for the day you have nothing else at hand. Each works once."),
        "ticket",
        _("Use a backup code"),
    ),
}

# Authentication method references of RFC 8176.
_METHODS: Final = {
    Authenticator.PASSWORD: ("pwd",),
    Authenticator.PASSKEY: ("pop", "user"),
    Authenticator.TOTP: ("otp",),
    Authenticator.SMS: ("sms",),
    Authenticator.DEVICE: ("pop",),
    Authenticator.BACKUP_CODE: ("otp",),
    Authenticator.FEDERATED: (),  # that registry has no word for it
    Authenticator.LINKED_ACCOUNT: (),
}


def method_references(shown: Iterable[str]) -> list[str]:
    """What was shown, in the words of RFC 8176, each once; `mfa` beside them when it was more than one factor."""
    kinds = [Authenticator(value) for value in shown]
    references = [reference for kind in kinds for reference in _METHODS[kind]]
    if is_multi_factor(shown):
        references.append("mfa")
    return list(dict.fromkeys(references))


def is_multi_factor(shown: Iterable[str]) -> bool:
    """Whether these are two factors: a passkey is by itself, since it also asks for a fingerprint or PIN."""
    values = set(shown)
    return Authenticator.PASSKEY in values or (bool(values & {*FIRST}) and bool(values & {*SECOND}))
