"""The pages of the portal, in the order of the side panel, each an ordered list of sections."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from approvals.requests.badge import badge as approvals_badge
from consent.sections import AUTHORIZED_APPLICATIONS, MANAGE_CONSENT, OPEN_APPLICATIONS
from linked_accounts.sections import LINKED_ACCOUNTS
from myaccount.deletion.sections import DELETE_ACCOUNT
from myaccount.export.sections import EXPORT
from myaccount.pages import overview
from myaccount.web.pages import Page, register
from profile.sections import PROFILE
from security.sections import ACCOUNT_RECOVERY, CHANGE_PASSWORD, HISTORY, MULTI_FACTOR
from sessions_app.sections import ACTIVE_SESSIONS

PAGES = (
    Page(
        id="overview",
        title=_("Overview"),
        explanation="",
        icon="home",
        url_name="overview",
        sections=overview.SECTIONS,
        template="pages/overview.html",
    ),
    Page(
        id="personal-info",
        title=_("Personal info"),
        explanation=_("What your organisation knows about you, and what you can change yourself."),
        icon="user",
        url_name="personal-info",
        sections=(PROFILE, LINKED_ACCOUNTS, EXPORT, DELETE_ACCOUNT),
    ),
    Page(
        id="security",
        title=_("Security"),
        explanation=_("How you sign in, where you are signed in, and what happened to your account."),
        icon="shield-check",
        url_name="security",
        sections=(CHANGE_PASSWORD, ACCOUNT_RECOVERY, MULTI_FACTOR, ACTIVE_SESSIONS, MANAGE_CONSENT, HISTORY),
    ),
    Page(
        id="applications",
        title=_("Applications"),
        explanation=_("What you can open with this account, and what may know something about you."),
        icon="squares-2x2",
        url_name="applications",
        sections=(OPEN_APPLICATIONS, AUTHORIZED_APPLICATIONS),
    ),
    Page(
        id="approvals",
        title=_("Approvals"),
        explanation="",
        icon="inbox",
        url_name="approvals",
        sections=(),  # a page of the area's own
        badge=approvals_badge,
    ),
)


def register_pages() -> None:
    """Make the pages known to the shell."""
    for page in PAGES:
        register(page)
