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
    PASSWORD_DEMANDED = "security.password.demanded"  # noqa: S105
    FACTOR_ADDED = "security.factor.added"
    FACTOR_CHANGED = "security.factor.changed"
    FACTOR_RENAMED = "security.factor.renamed"
    FACTOR_PREFERRED = "security.factor.preferred"
    FACTOR_REMOVED = "security.factor.removed"
    FACTOR_FAILED = "security.factor.failed"
    FACTOR_SUSPECT = "security.factor.suspect"
    FACTORS_UNLOCKED = "security.factor.unlocked"
    BACKUP_CODES_MADE = "security.backup_codes.made"
    BACKUP_CODE_USED = "security.backup_codes.used"
    BROWSER_TRUSTED = "security.browser.trusted"
    BROWSER_FORGOTTEN = "security.browser.forgotten"
    RECOVERY_STARTED = "security.recovery.started"
    RECOVERY_FAILED = "security.recovery.failed"
    RECOVERY_DONE = "security.recovery.done"
    RECOVERY_QUESTIONS_CHANGED = "security.recovery.questions"
    RECOVERY_ADDRESS_CHANGED = "security.recovery.address"
    RECOVERY_WAITING_STARTED = "security.recovery.waiting"
    RECOVERY_WAITING_CANCELLED = "security.recovery.cancelled"
    RECOVERY_SETTINGS_CHANGED = "security.recovery.settings"
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
    SIGN_IN_POLICY_CHANGED = "security.policy.changed"
    CONSENT_GIVEN = "consent.consent.given"
    CONSENT_CHANGED = "consent.consent.changed"
    CONSENT_REVOKED = "consent.consent.revoked"
    CONSENT_EXPIRED = "consent.consent.expired"
    APPLICATION_USED = "consent.application.used"
    APPLICATION_ENDED_ACCESS = "consent.application.ended"
    APPLICATION_SIGNED_OUT = "consent.application.signed_out"
    TOKEN_REPLAYED = "consent.token.replayed"  # noqa: S105
    APPLICATION_CHANGED = "consent.application.changed"
    CONTROLLER_CHANGED = "consent.controller.changed"
    ACCOUNT_LINKED = "linked_accounts.link.added"
    ACCOUNT_UNLINKED = "linked_accounts.link.removed"
    ACCOUNT_LINK_REFUSED = "linked_accounts.link.refused"
    SWITCHED_TO_ACCOUNT = "linked_accounts.switch.begun"
    SWITCHED_FROM_ACCOUNT = "linked_accounts.switch.left"
    IDENTITY_CONNECTED = "linked_accounts.identity.connected"
    IDENTITY_REMOVED = "linked_accounts.identity.removed"
    IDENTITY_REFUSED = "linked_accounts.identity.refused"
    IDENTITY_PROVIDER_CHANGED = "linked_accounts.provider.changed"
    DATA_EXPORTED = "export.data.downloaded"
    OPERATION_REQUESTED = "approvals.request.made"
    OPERATION_APPROVED = "approvals.request.approved"
    OPERATION_REJECTED = "approvals.request.rejected"
    OPERATION_WITHDRAWN = "approvals.request.withdrawn"
    OPERATION_FAILED = "approvals.request.failed"
    APPROVAL_CLAIMED = "approvals.task.claimed"
    APPROVAL_RELEASED = "approvals.task.released"
    APPROVAL_GIVEN = "approvals.task.approved"
    APPROVAL_REFUSED = "approvals.task.rejected"
    APPROVAL_ESCALATED = "approvals.task.escalated"
    WORKFLOW_CHANGED = "approvals.workflow.changed"
    REGISTRATION_STARTED = "registration.registration.started"
    REGISTERED = "registration.registration.done"
    REGISTRATION_SETTINGS_CHANGED = "registration.settings.changed"
    DELETION_REQUESTED = "deletion.account.requested"
    DELETION_CANCELLED = "deletion.account.cancelled"
    ACCOUNT_ERASED = "deletion.account.erased"
    DELETION_SETTINGS_CHANGED = "deletion.settings.changed"


class EventGroup(models.TextChoices):
    """The kinds a person can filter their history by."""

    SIGN_IN = "sign-in", _("Signing in and out")
    PASSWORD = "password", _("Password")
    FACTORS = "factors", _("Second factors")
    RECOVERY = "recovery", _("Account recovery")
    SESSIONS = "sessions", _("Sessions")
    PROFILE = "profile", _("Profile")
    APPLICATIONS = "applications", _("Applications and consent")
    LINKED_ACCOUNTS = "linked-accounts", _("Linked accounts")
    APPROVALS = "approvals", _("Approvals")
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
        _("A wrong password or code was given when confirming it was you"),
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
    EventKind.PASSWORD_DEMANDED: Words(
        _("New password asked for at the next sign-in"), "key", EventGroup.PASSWORD, is_warning=True
    ),
    EventKind.FACTOR_ADDED: Words(_("Second factor added"), "plus-circle", EventGroup.FACTORS),
    EventKind.FACTOR_CHANGED: Words(_("Second factor changed"), "arrow-path", EventGroup.FACTORS),
    EventKind.FACTOR_RENAMED: Words(_("Second factor renamed"), "pencil", EventGroup.FACTORS),
    EventKind.FACTOR_PREFERRED: Words(_("Another second factor is asked for first"), "star", EventGroup.FACTORS),
    EventKind.FACTOR_REMOVED: Words(_("Second factor removed"), "minus-circle", EventGroup.FACTORS, is_warning=True),
    EventKind.FACTOR_FAILED: Words(
        _("A wrong code or device was given as the second step"),
        "exclamation-triangle",
        EventGroup.FACTORS,
        is_warning=True,
    ),
    EventKind.FACTOR_SUSPECT: Words(
        _("A security device was refused: there may be a copy of it"),
        "exclamation-triangle",
        EventGroup.FACTORS,
        is_warning=True,
    ),
    EventKind.FACTORS_UNLOCKED: Words(_("Second factors unlocked"), "lock-open", EventGroup.FACTORS),
    EventKind.BACKUP_CODES_MADE: Words(_("New backup codes made"), "ticket", EventGroup.FACTORS),
    EventKind.BACKUP_CODE_USED: Words(_("Backup code used"), "ticket", EventGroup.FACTORS),
    EventKind.BROWSER_TRUSTED: Words(_("Browser trusted"), "check-badge", EventGroup.FACTORS),
    EventKind.BROWSER_FORGOTTEN: Words(_("Browser no longer trusted"), "no-symbol", EventGroup.FACTORS),
    EventKind.RECOVERY_STARTED: Words(_("Account recovery started"), "lifebuoy", EventGroup.RECOVERY, is_warning=True),
    EventKind.RECOVERY_FAILED: Words(
        _("Account recovery failed: a wrong code or answer"),
        "exclamation-triangle",
        EventGroup.RECOVERY,
        is_warning=True,
    ),
    EventKind.RECOVERY_DONE: Words(_("Account recovered with a new password"), "lifebuoy", EventGroup.RECOVERY),
    EventKind.RECOVERY_QUESTIONS_CHANGED: Words(
        _("Security questions changed"), "information-circle", EventGroup.RECOVERY
    ),
    EventKind.RECOVERY_ADDRESS_CHANGED: Words(_("Recovery address changed"), "envelope", EventGroup.RECOVERY),
    EventKind.RECOVERY_WAITING_STARTED: Words(
        _("Recovery without second factors began its waiting time"), "clock", EventGroup.RECOVERY, is_warning=True
    ),
    EventKind.RECOVERY_WAITING_CANCELLED: Words(
        _("Recovery without second factors was cancelled"), "no-symbol", EventGroup.RECOVERY
    ),
    EventKind.RECOVERY_SETTINGS_CHANGED: Words(
        _("Account recovery settings changed"), "cog-6-tooth", EventGroup.ACCOUNT
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
    EventKind.SIGN_IN_POLICY_CHANGED: Words(_("Sign-in policy changed"), "cog-6-tooth", EventGroup.ACCOUNT),
    EventKind.CONSENT_GIVEN: Words(_("Consent given"), "hand-thumb-up", EventGroup.APPLICATIONS),
    EventKind.CONSENT_CHANGED: Words(_("Consent changed"), "adjustments-horizontal", EventGroup.APPLICATIONS),
    EventKind.CONSENT_REVOKED: Words(_("Consent revoked"), "no-symbol", EventGroup.APPLICATIONS),
    EventKind.CONSENT_EXPIRED: Words(_("Consent ran out"), "clock", EventGroup.APPLICATIONS),
    EventKind.APPLICATION_USED: Words(_("Signed in to an application"), "squares-2x2", EventGroup.APPLICATIONS),
    EventKind.APPLICATION_ENDED_ACCESS: Words(_("Application's access ended"), "minus-circle", EventGroup.APPLICATIONS),
    EventKind.APPLICATION_SIGNED_OUT: Words(
        _("Signed out by an application"), "arrow-left-start-on-rectangle", EventGroup.APPLICATIONS
    ),
    EventKind.TOKEN_REPLAYED: Words(
        _("An application's token was used twice: its access was ended"),
        "exclamation-triangle",
        EventGroup.APPLICATIONS,
        is_warning=True,
    ),
    EventKind.APPLICATION_CHANGED: Words(_("Application changed"), "cog-6-tooth", EventGroup.ACCOUNT),
    EventKind.CONTROLLER_CHANGED: Words(_("Data controller changed"), "cog-6-tooth", EventGroup.ACCOUNT),
    EventKind.ACCOUNT_LINKED: Words(_("Another account was linked"), "link", EventGroup.LINKED_ACCOUNTS),
    EventKind.ACCOUNT_UNLINKED: Words(_("Linked account removed"), "minus-circle", EventGroup.LINKED_ACCOUNTS),
    EventKind.ACCOUNT_LINK_REFUSED: Words(
        _("Linking another account was refused: a wrong password or code"),
        "exclamation-triangle",
        EventGroup.LINKED_ACCOUNTS,
        is_warning=True,
    ),
    EventKind.SWITCHED_TO_ACCOUNT: Words(
        _("Signed in by switching from a linked account"), "arrows-right-left", EventGroup.LINKED_ACCOUNTS
    ),
    EventKind.SWITCHED_FROM_ACCOUNT: Words(
        _("Switched to a linked account"), "arrows-right-left", EventGroup.LINKED_ACCOUNTS
    ),
    EventKind.IDENTITY_CONNECTED: Words(
        _("Account at another identity provider connected"), "link", EventGroup.LINKED_ACCOUNTS
    ),
    EventKind.IDENTITY_REMOVED: Words(
        _("Account at another identity provider removed"), "minus-circle", EventGroup.LINKED_ACCOUNTS
    ),
    EventKind.IDENTITY_REFUSED: Words(
        _("Another identity provider's answer was refused"),
        "exclamation-triangle",
        EventGroup.LINKED_ACCOUNTS,
        is_warning=True,
    ),
    EventKind.IDENTITY_PROVIDER_CHANGED: Words(_("Identity provider changed"), "cog-6-tooth", EventGroup.ACCOUNT),
    EventKind.DATA_EXPORTED: Words(_("Profile exported"), "arrow-down-tray", EventGroup.ACCOUNT),
    EventKind.OPERATION_REQUESTED: Words(_("Approval asked for"), "inbox", EventGroup.APPROVALS),
    EventKind.OPERATION_APPROVED: Words(_("Request approved"), "check-circle", EventGroup.APPROVALS),
    EventKind.OPERATION_REJECTED: Words(_("Request rejected"), "x-circle", EventGroup.APPROVALS, is_warning=True),
    EventKind.OPERATION_WITHDRAWN: Words(_("Request withdrawn"), "no-symbol", EventGroup.APPROVALS),
    EventKind.OPERATION_FAILED: Words(
        _("Approved request could not be carried out"), "exclamation-triangle", EventGroup.APPROVALS, is_warning=True
    ),
    EventKind.APPROVAL_CLAIMED: Words(_("Approval task claimed"), "user", EventGroup.APPROVALS),
    EventKind.APPROVAL_RELEASED: Words(_("Approval task released"), "arrow-path", EventGroup.APPROVALS),
    EventKind.APPROVAL_GIVEN: Words(_("Approval given"), "hand-thumb-up", EventGroup.APPROVALS),
    EventKind.APPROVAL_REFUSED: Words(_("Approval refused"), "x-circle", EventGroup.APPROVALS),
    EventKind.APPROVAL_ESCALATED: Words(_("Others were asked to approve, too"), "clock", EventGroup.APPROVALS),
    EventKind.WORKFLOW_CHANGED: Words(_("Workflow changed"), "cog-6-tooth", EventGroup.ACCOUNT),
    EventKind.REGISTRATION_STARTED: Words(_("Registration started"), "user-plus", EventGroup.ACCOUNT),
    EventKind.REGISTERED: Words(_("Registered"), "user-plus", EventGroup.ACCOUNT),
    EventKind.REGISTRATION_SETTINGS_CHANGED: Words(
        _("Self-registration settings changed"), "cog-6-tooth", EventGroup.ACCOUNT
    ),
    EventKind.DELETION_REQUESTED: Words(
        _("Deletion of the account asked for"), "user-minus", EventGroup.ACCOUNT, is_warning=True
    ),
    EventKind.DELETION_CANCELLED: Words(_("Deletion of the account cancelled"), "check-circle", EventGroup.ACCOUNT),
    EventKind.ACCOUNT_ERASED: Words(_("Account erased"), "user-minus", EventGroup.ACCOUNT, is_warning=True),
    EventKind.DELETION_SETTINGS_CHANGED: Words(
        _("Account deletion settings changed"), "cog-6-tooth", EventGroup.ACCOUNT
    ),
}
