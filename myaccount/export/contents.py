"""What an exported file is made of, part by part, in order.

Each area offers what it keeps in its `export.py`. A part more is an entry here, its description in
`userInfo.schema.json`, which ships with the project and is served to anybody, and its words in `telling.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

import approvals.export as approvals
import consent.export as consents
import linked_accounts.export as linked_accounts
import profile.export as profiles
import security.export as security
import sessions_app.export as sessions
from myaccount.export import telling
from myaccount.export.telling import Entry, Value
from myaccount.users.models import User


@dataclass(frozen=True)
class Asked:
    """Whose data, in which session it was asked for, and when."""

    user: User
    session_uuid: UUID | None
    now: datetime


@dataclass(frozen=True)
class Part:
    """One member of the file.

    `read` gives the member, or, where it is a list, what is in it one after the other. `told` says that in words
    on the page to print; None for what another part says there already. `count`: how long a list is of which the
    page shows the beginning only.
    """

    name: str
    title: str | Promise
    explanation: str | Promise
    read: Callable[[Asked], dict[str, Any] | Iterator[dict[str, Any]]]
    told: Callable[[Value], Iterator[Entry]] | None
    count: Callable[[Asked], int] | None = None


def _sessions(asked: Asked) -> Iterator[dict[str, Any]]:
    return sessions.sessions(asked.user, current=asked.session_uuid, used_in=consents.used_in)


PARTS: Final = (
    Part(
        "basic",
        _("Attributes"),
        _("every attribute you gave, by the name programs know it by"),
        lambda asked: profiles.by_uri(asked.user),
        None,  # the next part tells them by the names people know them by
    ),
    Part(
        "user_profile",
        _("Account and profile"),
        _("your account, and its attributes in words"),
        lambda asked: profiles.user_profile(asked.user, now=asked.now),
        telling.of_profile,
    ),
    Part(
        "consents",
        _("Consent receipts"),
        _("the receipt of every consent in force, as it was issued"),
        lambda asked: consents.active_receipts(asked.user, now=asked.now),
        telling.of_receipt,
    ),
    Part(
        "decisions",
        _("Decisions"),
        _("what you allowed and refused, attribute by attribute"),
        lambda asked: consents.decisions(asked.user, now=asked.now),
        telling.of_decision,
    ),
    Part(
        "linked_accounts",
        _("Linked accounts"),
        _("your other accounts, here and elsewhere"),
        lambda asked: linked_accounts.linked_accounts(asked.user),
        telling.of_linked_account,
    ),
    Part(
        "security",
        _("Security"),
        _("which second factors you have, and which questions you answered"),
        lambda asked: security.security(asked.user),
        telling.of_security,
    ),
    Part(
        "sessions",
        _("Sessions"),
        _("where you were signed in"),
        _sessions,
        telling.of_session,
        count=lambda asked: sessions.count_sessions(asked.user),
    ),
    Part(
        "applications",
        _("Applications"),
        _("those you used or marked, and what they know you as"),
        lambda asked: consents.applications(asked.user, now=asked.now),
        telling.of_application,
    ),
    Part(
        "approval_requests",
        _("Requests"),
        _("what you asked for that others had to agree to"),
        lambda asked: approvals.requests(asked.user),
        telling.of_request,
    ),
    Part(
        "events",
        _("Security history"),
        _("what happened to your account"),
        lambda asked: security.events(asked.user, now=asked.now),
        telling.of_event,
        count=lambda asked: security.count_events(asked.user),
    ),
)
