"""What an exported file says of how a person signs in and recovers, and of what happened to the account.

Which factors, never their seeds, keys, codes or digests; questions, never answers. Described member by member in
`myaccount/export/userInfo.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from myaccount.web.chunks import newest_first
from myaccount.web.formats import iso
from security.factors.kinds import WORDS
from security.factors.selectors import Enrolled, StoredFactor, enrolled
from security.history.selectors import event_rows
from security.models import Answer, PasswordDemand, RecoveryAddress, TrustedBrowser, WaitingRecovery
from security.recovery.questions.selectors import language_of, text_for
from sessions_app.selectors import describe_user_agent

CHUNK: Final = 500  # events in memory at once


def security(user: User) -> dict[str, Any]:
    """How the person signs in and gets back in. Six queries."""
    has = enrolled(user)
    return {
        "password": {
            "is_set": user.has_usable_password(),
            "changed_at": iso(user.password_changed_at),
            "new_one_demanded_at": iso(_demanded_at(user)),
        },
        "second_factors": [_factor(factor) for factor in has.real],
        "asked_for_first": _asked_for_first(has),
        "backup_codes_left": has.codes_left,
        "trusted_browsers": _trusted_browsers(user),
        "challengeQuestions": _questions(user),
        "recovery_address": _recovery_address(user),
        "recovery_waits_until": iso(_waits_until(user)),
    }


def _factor(factor: StoredFactor) -> dict[str, Any]:
    return {
        "kind": factor.authenticator.value,
        "label": str(WORDS[factor.authenticator].title),
        "name": factor.name,
        "added_at": iso(factor.created_at),
        "last_used_at": iso(factor.last_used_at),
        "device_kind": factor.device_kind or None,
        "is_passkey": factor.is_passwordless,
        "is_copied_to_other_devices": factor.is_backed_up,
    }


def _asked_for_first(has: Enrolled) -> str | None:
    return has.kinds[0].value if has.kinds else None


def _demanded_at(user: User) -> datetime | None:
    return PasswordDemand.objects.filter(user=user).values_list("asked_at", flat=True).first()


def _trusted_browsers(user: User) -> list[dict[str, Any]]:
    return [
        {
            "browser": describe_user_agent(row.user_agent),
            "user_agent": row.user_agent,
            "ip": row.ip,
            "trusted_at": iso(row.created_at),
            "last_used_at": iso(row.last_used_at),
            "until": iso(row.expires_at),
        }
        for row in TrustedBrowser.objects.filter(user=user).order_by("-created_at")
    ]


def _questions(user: User) -> list[str]:
    """The texts alone, in the language the person is asked in; those of sets that were switched off too."""
    answers = Answer.objects.filter(user=user).select_related("question").order_by("set__order", "set_id")
    return [text_for(answer.question, language_of(user)) for answer in answers]


def _recovery_address(user: User) -> dict[str, Any] | None:
    row = RecoveryAddress.objects.filter(user=user).first()
    if row is None:
        return None
    return {"email": row.email or None, "proven_at": iso(row.verified_at), "not_proven_yet": row.pending_email or None}


def _waits_until(user: User) -> datetime | None:
    return WaitingRecovery.objects.filter(user=user).values_list("ready_at", flat=True).first()


def events(user: User, *, now: datetime, chunk: int = CHUNK) -> Iterator[dict[str, Any]]:
    """The person's security events, the newest first.

    What somebody else did is told as the security history tells it, without where they did it from. One query a
    chunk, and one for the words of attributes an administrator has added where they are among them.
    """
    own = Event.objects.filter(user_uuid=user.uuid, kind__in=list(EventKind))
    for rows in newest_first(own, "id", size=chunk):
        for event, row in zip(rows, event_rows(rows, now=now), strict=True):
            yield {
                "at": iso(event.at),
                "kind": event.kind,
                "title": row.title,
                "detail": row.detail,
                "by_administrator": row.is_by_other,
                "browser": row.browser or None,
                "user_agent": None if row.is_by_other else event.user_agent or None,
                "ip": row.ip or None,
                "session": None if row.is_by_other else _session(event),
            }


def count_events(user: User) -> int:
    """How many of them there are. One query."""
    return Event.objects.filter(user_uuid=user.uuid, kind__in=list(EventKind)).count()


def _session(event: Event) -> str | None:
    return str(event.session_uuid) if event.session_uuid else None
