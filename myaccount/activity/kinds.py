"""Every kind of security event, `area.subject.action`, and the words people read for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EventKind(StrEnum):
    """What happened. Values are stored: never change one, never use one again for something else."""

    SIGNED_IN = "security.sign_in.succeeded"
    SIGN_IN_FAILED = "security.sign_in.failed"
    SIGNED_OUT = "security.sign_in.ended"
    IDENTITY_CONFIRMED = "security.step_up.succeeded"
    IDENTITY_NOT_CONFIRMED = "security.step_up.failed"
    PASSWORD_CHANGED = "security.password.changed"  # noqa: S105 (the name of an event)
    PASSWORD_CHANGE_REFUSED = "security.password.refused"  # noqa: S105
    SESSION_ENDED = "sessions.session.ended"
    SESSION_EXPIRED = "sessions.session.expired"
    PROFILE_CHANGED = "profile.attribute.changed"
    PICTURE_CHANGED = "profile.picture.changed"
    EMAIL_CHANGE_REQUESTED = "profile.email.requested"
    EMAIL_CHANGE_CANCELLED = "profile.email.cancelled"
    EMAIL_CHANGED = "profile.email.changed"
    MOBILE_CHANGE_REQUESTED = "profile.mobile.requested"
    MOBILE_CHANGE_CANCELLED = "profile.mobile.cancelled"
    MOBILE_CHANGED = "profile.mobile.changed"
    ACCOUNT_CREATED = "users.account.created"
    ACCOUNT_DISABLED = "users.account.disabled"
    ACCOUNT_ENABLED = "users.account.enabled"
    ACCOUNT_DELETED = "users.account.deleted"
    RIGHTS_CHANGED = "users.rights.changed"
    SETTINGS_CHANGED = "portal.settings.changed"


class EventGroup(models.TextChoices):
    """The kinds a person can filter their history by."""

    SIGN_IN = "sign-in", _("Signing in and out")
    PASSWORD = "password", _("Password")
    SESSIONS = "sessions", _("Sessions")
    PROFILE = "profile", _("Profile")
    ACCOUNT = "account", _("Account")


@dataclass(frozen=True)
class Words:
    """How one kind of event is told to the person: a sentence, an icon, the group it is filtered by."""

    title: str | Promise
    icon: str
    group: EventGroup
    is_warning: bool = False


WORDS: dict[EventKind, Words] = {
    EventKind.SIGNED_IN: Words(_("Signed in"), "arrow-right-end-on-rectangle", EventGroup.SIGN_IN),
    EventKind.SIGN_IN_FAILED: Words(
        _("Somebody tried to sign in with a wrong password"),
        "exclamation-triangle",
        EventGroup.SIGN_IN,
        is_warning=True,
    ),
    EventKind.SIGNED_OUT: Words(
        pgettext_lazy("event", "Signed out"), "arrow-left-start-on-rectangle", EventGroup.SIGN_IN
    ),
    EventKind.IDENTITY_CONFIRMED: Words(_("Confirmed it was you"), "finger-print", EventGroup.SIGN_IN),
    EventKind.IDENTITY_NOT_CONFIRMED: Words(
        _("A wrong password was given when confirming it was you"),
        "exclamation-triangle",
        EventGroup.SIGN_IN,
        is_warning=True,
    ),
    EventKind.PASSWORD_CHANGED: Words(_("Password changed"), "key", EventGroup.PASSWORD),
    EventKind.PASSWORD_CHANGE_REFUSED: Words(
        _("Password change refused: the current password was wrong"),
        "exclamation-triangle",
        EventGroup.PASSWORD,
        is_warning=True,
    ),
    EventKind.SESSION_ENDED: Words(_("Session ended"), "x-circle", EventGroup.SESSIONS),
    EventKind.SESSION_EXPIRED: Words(_("Session expired"), "clock", EventGroup.SESSIONS),
    EventKind.PROFILE_CHANGED: Words(_("Profile changed"), "user", EventGroup.PROFILE),
    EventKind.PICTURE_CHANGED: Words(_("Profile picture changed"), "camera", EventGroup.PROFILE),
    EventKind.EMAIL_CHANGE_REQUESTED: Words(_("New e-mail address asked for"), "envelope", EventGroup.PROFILE),
    EventKind.EMAIL_CHANGE_CANCELLED: Words(_("Change of e-mail address cancelled"), "envelope", EventGroup.PROFILE),
    EventKind.EMAIL_CHANGED: Words(_("E-mail address changed"), "envelope", EventGroup.PROFILE),
    EventKind.MOBILE_CHANGE_REQUESTED: Words(
        _("New mobile number asked for"), "device-phone-mobile", EventGroup.PROFILE
    ),
    EventKind.MOBILE_CHANGE_CANCELLED: Words(
        _("Change of mobile number cancelled"), "device-phone-mobile", EventGroup.PROFILE
    ),
    EventKind.MOBILE_CHANGED: Words(_("Mobile number changed"), "device-phone-mobile", EventGroup.PROFILE),
    EventKind.ACCOUNT_CREATED: Words(_("Account created"), "user-plus", EventGroup.ACCOUNT),
    EventKind.ACCOUNT_DISABLED: Words(_("Account disabled"), "no-symbol", EventGroup.ACCOUNT, is_warning=True),
    EventKind.ACCOUNT_ENABLED: Words(_("Account enabled"), "check-circle", EventGroup.ACCOUNT),
    EventKind.ACCOUNT_DELETED: Words(_("Account deleted"), "user-minus", EventGroup.ACCOUNT, is_warning=True),
    EventKind.RIGHTS_CHANGED: Words(_("Roles or rights changed"), "user-group", EventGroup.ACCOUNT),
    EventKind.SETTINGS_CHANGED: Words(_("Portal settings changed"), "cog-6-tooth", EventGroup.ACCOUNT),
}
