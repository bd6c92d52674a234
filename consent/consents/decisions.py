"""The rows behind a consent: how decisions are taken, stored, and concluded with a receipt and an event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consent.applications.models import Application
from consent.consents.agreements import agreement_of
from consent.consents.models import Consent, ConsentedClaim, State
from consent.purposes.models import Purpose
from consent.receipts import services as receipts
from consent.tokens import services as tokens
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.claims.models import Claim
from myaccount.users.models import User


class ChangedMeanwhile(Exception):  # noqa: N818
    """The consent was changed in another tab or elsewhere since the form was opened, or no longer holds."""


@dataclass(frozen=True)
class Decision:
    """One attribute granted or refused, for a purpose in the words it has now."""

    claim: Claim
    purpose: Purpose
    is_granted: bool


def locked(user: User, application: Application | None, *, now: datetime) -> Consent:
    """The person's consent, made if there is none, held until the transaction ends."""
    unborn = {"state": State.REVOKED, "version": 0, "given_at": now, "changed_at": now}
    consent, _is_new = Consent.objects.get_or_create(user=user, application=application, defaults=unborn)
    return locked_again(consent)


def locked_again(consent: Consent) -> Consent:
    """The row as it is now, held until the transaction ends."""
    rows = (
        Consent.objects.select_for_update(of=("self",)).select_related("user", "application").defer("application__logo")
    )
    return rows.get(pk=consent.pk)


def take(consent: Consent, taken: Iterable[Decision], *, valid_until: datetime | None, now: datetime) -> bool:
    """Store decisions; what else is granted ends with the consent, too. Whether any of them is news."""
    known = {row.claim_id: row for row in ConsentedClaim.objects.filter(consent=consent)}
    news = [one for one in taken if not _is_known(known.get(one.claim.pk), one, now=now)]
    still = [row for row in known.values() if row.holds(now=now) and row.expires_at != valid_until]
    ConsentedClaim.objects.filter(pk__in=[row.pk for row in still]).update(expires_at=valid_until)
    ConsentedClaim.objects.bulk_create(
        [
            ConsentedClaim(
                consent=consent,
                claim=one.claim,
                is_granted=one.is_granted,
                decided_at=now,
                expires_at=valid_until if one.is_granted else None,
                purpose=one.purpose,
                purpose_version=one.purpose.version,
            )
            for one in news
        ],
        update_conflicts=True,
        unique_fields=["consent", "claim"],
        update_fields=["is_granted", "decided_at", "expires_at", "purpose", "purpose_version"],
    )
    return bool(news)


def _is_known(row: ConsentedClaim | None, one: Decision, *, now: datetime) -> bool:
    return row is not None and row.is_about(one.purpose) and row.holds(now=now) == one.is_granted


def store(consent: Consent, *, valid_until: datetime | None, now: datetime) -> None:
    """Make the consent hold, as its next version."""
    if not consent.holds(now=now):
        consent.given_at = now
    consent.state, consent.valid_until, consent.changed_at = State.ACTIVE, valid_until, now
    consent.version += 1
    consent.save()


def conclude(
    consent: Consent,
    kind: EventKind,
    *,
    names: Sequence[str],
    granted: Iterable[str] = (),
    method: str,
    origin: Origin,
    now: datetime,
) -> None:
    """The receipt and the event of what has just been stored. `granted`: which of a change were switched on."""
    receipts.issue(agreement=agreement_of(consent, method=method, now=now), user=consent.user, now=now)
    application = consent.application.name if consent.application else ""
    data: dict[str, str | list[str]] = {"application": application, "claims": sorted(names)}
    if kind == EventKind.CONSENT_CHANGED:
        data["granted"] = sorted(granted)
    record(kind, user=consent.user, origin=origin, now=now, data=data)


@transaction.atomic
def end(
    consent: Consent,
    kind: EventKind,
    *,
    method: str,
    origin: Origin,
    now: datetime,
    by: User | None = None,
    has_run_out: bool = False,
) -> bool:
    """Make a consent a revoked one: tokens end, and a last receipt records what it covered. False if it is one.

    One that has run out keeps its decisions and when it ended; it may have been prolonged meanwhile, and then stays.
    """
    consent = locked_again(consent)
    if consent.state == State.REVOKED or (has_run_out and consent.holds(now=now)):
        return False
    consent.version += 1
    agreement = agreement_of(consent, method=method, now=now, with_run_out=True)
    consent.state, consent.scope, consent.changed_at = State.REVOKED, "", now
    if not has_run_out:
        consent.valid_until = None
        ConsentedClaim.objects.filter(consent=consent).delete()
    consent.save()
    if consent.application is not None:
        tokens.end_access(user=consent.user, application=consent.application, now=now)
    receipts.issue(agreement=agreement, user=consent.user, now=now, is_revocation=True)
    data = {"application": consent.application.name if consent.application else ""}
    record(kind, user=consent.user, origin=origin, now=now, by=by, data=data)
    return True
