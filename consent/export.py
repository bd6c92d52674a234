"""What an exported file says of consents and applications.

Described member by member in `myaccount/export/userInfo.schema.json`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, Prefetch, Q, QuerySet

from consent.applications.models import Application, ApplicationAccess, Favourite, PairwiseSubject, SubjectType
from consent.applications.subjects import sector_of
from consent.consents.models import Consent, ConsentedClaim, State
from consent.receipts.models import ConsentReceipt
from consent.tokens.models import RefreshToken
from myaccount.users.models import User
from myaccount.web.chunks import newest_first
from myaccount.web.formats import iso

CHUNK: Final = 100  # receipts in memory at once; each is a document


def active_receipts(user: User, *, now: datetime, chunk: int = CHUNK) -> Iterator[dict[str, Any]]:
    """The receipt of every consent in force, as it was issued; the newest first. One query a chunk."""
    consents = Consent.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now), user=user, state=State.ACTIVE)
    latest = Exists(consents.filter(uuid=OuterRef("consent_uuid"), version=OuterRef("version")))
    for rows in newest_first(_receipts(user).filter(latest), "issued_at", "uuid", size=chunk):
        yield from (row.document for row in rows)


def receipts(user: User, *, chunk: int = CHUNK) -> Iterator[tuple[UUID, dict[str, Any], str]]:
    """Every receipt that is kept, earlier ones and those of revocations too: its id, the document, the same signed.

    One query a chunk.
    """
    for rows in newest_first(_receipts(user), "issued_at", "uuid", size=chunk):
        yield from ((row.uuid, row.document, row.signed) for row in rows)


def _receipts(user: User) -> QuerySet[ConsentReceipt]:
    return ConsentReceipt.objects.filter(user_uuid=user.uuid)


def decisions(user: User, *, now: datetime) -> Iterator[dict[str, Any]]:
    """What the person has decided, consent by consent: revoked ones and refused attributes too. Two queries."""
    claims = ConsentedClaim.objects.select_related("claim", "purpose").order_by("claim__order", "claim__name")
    consents = Consent.objects.filter(user=user).select_related("application").defer("application__logo")
    for consent in consents.order_by("-changed_at", "uuid").prefetch_related(Prefetch("claims", queryset=claims)):
        yield {
            "consent_id": str(consent.uuid),
            "application": consent.application.name if consent.application else None,
            "state": "active" if consent.holds(now=now) else "revoked",
            "version": consent.version,
            "scopes": consent.scope.split(),
            "given_at": iso(consent.given_at),
            "changed_at": iso(consent.changed_at),
            "last_used_at": iso(consent.last_used_at),
            "valid_until": iso(consent.valid_until),
            "attributes": [_decision(row) for row in consent.claims.all()],
        }


def _decision(row: ConsentedClaim) -> dict[str, Any]:
    return {
        "attribute": row.claim.name,
        "label": str(row.claim.shown_label),
        "granted": row.is_granted,
        "decided_at": iso(row.decided_at),
        "expires_at": iso(row.expires_at),
        "purpose": row.purpose.shown_name if row.purpose else None,
    }


def applications(user: User, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Every application the person has used, decided about or marked, with what it knows them by. Five queries."""
    used = ApplicationAccess.objects.filter(login_session__user=user)
    times = {
        row["application"]: (row["first"], row["last"])
        for row in used.values("application").annotate(first=Min("first_at"), last=Max("last_at")).order_by()
    }
    favourites = set(Favourite.objects.filter(user=user).values_list("application", flat=True))
    offline = RefreshToken.objects.filter(user=user, is_offline=True, revoked=None)
    offline = offline.filter(Q(ends_at=None) | Q(ends_at__gt=now))
    away = set(offline.values_list("application", flat=True))
    subjects = dict(PairwiseSubject.objects.filter(user=user).values_list("sector", "subject"))
    consented = Consent.objects.filter(user=user, application=OuterRef("pk"))
    theirs = Application.objects.filter(Q(pk__in={*times, *favourites, *away}) | Exists(consented)).defer("logo")
    for application in theirs.order_by("name", "pk"):
        first, last = times.get(application.pk, (None, None))
        subject = subjects.get(sector_of(application))
        yield {
            "id": str(application.uuid),
            "name": application.name,
            "description": application.description,
            "knows_you_as": str(user.uuid) if application.subject_type == SubjectType.PUBLIC else _text(subject),
            "first_used_at": iso(first),
            "last_used_at": iso(last),
            "is_favourite": application.pk in favourites,
            "has_offline_access": application.pk in away,
        }


def _text(subject: UUID | None) -> str | None:
    return str(subject) if subject else None


def used_in(session_uuids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The applications used in sign-in sessions, the one used last first. One query."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    accesses = ApplicationAccess.objects.filter(login_session__in=session_uuids).order_by("-last_at", "pk")
    for session, name, first_at, last_at in accesses.values_list(
        "login_session", "application__name", "first_at", "last_at"
    ):
        used = {"name": name, "first_used_at": iso(first_at), "last_used_at": iso(last_at)}
        found.setdefault(session, []).append(used)
    return found
