"""What a consent says, as its receipt records it."""

from __future__ import annotations

from datetime import datetime

from consent.consents.models import Consent, ConsentedClaim
from consent.receipts.document import AgreedClaim, Agreement


def agreement_of(consent: Consent, *, method: str, now: datetime, with_run_out: bool = False) -> Agreement:
    """What is granted now; for a revocation also what has run out. Two queries."""
    rows = (
        ConsentedClaim.objects.filter(consent=consent, is_granted=True)
        .exclude(purpose=None)
        .select_related("claim", "purpose")
        .prefetch_related("purpose__categories")
        .order_by("purpose__name", "claim__order", "claim__name")
    )
    return Agreement(
        consent_uuid=consent.uuid,
        version=consent.version,
        application=consent.application,
        claims=[_agreed(row) for row in rows if with_run_out or row.holds(now=now)],
        valid_until=consent.valid_until,
        scope=consent.scope,
        collection_method=method,
    )


def _agreed(row: ConsentedClaim) -> AgreedClaim:
    assert row.purpose is not None  # noqa: S101 (left out above)
    categories = tuple(category.name for category in row.purpose.categories.all())
    return AgreedClaim(row.claim, row.purpose, categories, row.expires_at)
