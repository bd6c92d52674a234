"""What people confirm who they are for, by the view that does it, and the section they came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext_lazy as _

from myaccount.web.pages import Text
from myaccount.web.step_up import Act, register_acts

_ACTS: Final[dict[tuple[str, str], dict[str, Text]]] = {
    ("personal-info", "profile"): {
        "edit-contact": _("Change your e-mail address or mobile number"),
        "change-contact": _("Change your e-mail address or mobile number"),
    },
    ("personal-info", "linked-accounts"): {
        "link-account": _("Link another account"),
        "link-second-step-with": _("Link another account"),
        "unlink-account": _("Delete a linked account"),
        "connect-identity": _("Connect an account at another identity provider"),
        "connect-found-identity": _("Connect an account at another identity provider"),
        "remove-identity": _("Remove an account at another identity provider"),
    },
    ("personal-info", "export-profile"): {
        "export-json": _("Download your data"),
        "export-zip": _("Download your data"),
        "export-page": _("View your data"),
    },
    ("personal-info", "delete-account"): {"delete-account": _("Delete your account")},
    ("security", "change-password"): {"edit-password": _("Change your password")},
    ("security", "recovery"): {
        "edit-recovery-contact": _("Change where account recovery reaches you"),
        "edit-recovery-address": _("Change your recovery address"),
        "prove-recovery-address": _("Change your recovery address"),
        "remove-recovery-address": _("Remove your recovery address"),
        "edit-questions": _("Add security questions"),
        "edit-question": _("Change a security question"),
        "remove-questions": _("Remove your security questions"),
    },
    ("security", "multi-factor"): {
        "add-factor": _("Add a second factor"),
        "add-totp": _("Add an authenticator app"),
        "regenerate-totp": _("Set up your authenticator app anew"),
        "edit-sms": _("Change your SMS number"),
        "prove-sms": _("Change your SMS number"),
        "resend-sms": _("Change your SMS number"),
        "cancel-sms": _("Change your SMS number"),
        "add-device": _("Add a security device"),
        "add-device-kind": _("Add a security device"),
        "device-registration-options": _("Add a security device"),
        "register-device": _("Add a security device"),
        "make-backup-codes": _("Make backup codes"),
        "show-backup-codes": _("Make backup codes"),
        "download-backup-codes": _("Make backup codes"),
        "prefer-factor": _("Choose which second factor is asked for first"),
        "rename-factor": _("Rename a second factor"),
        "remove-factor": _("Remove a second factor"),
        "forget-browser": _("Forget a trusted browser"),
        "forget-browsers": _("Forget all trusted browsers"),
    },
    ("security", "active-sessions"): {
        "terminate-session": _("Terminate a session"),
        "terminate-all-sessions": _("Terminate all sessions"),
        "terminate-other-sessions": _("Sign out everywhere else"),
    },
    ("approval-task", ""): {
        "approve-task": _("Approve a request"),
        "reject-task": _("Reject a request"),
    },
}


def _named() -> Iterator[tuple[str, Act]]:
    for (page, section), titles in _ACTS.items():
        for view_name, title in titles.items():
            yield view_name, Act(title, page, section)


register_acts(dict(_named()))
