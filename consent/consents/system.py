"""The system consent: which attributes the organisation keeps beyond those it must."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from consent.consents import decisions
from consent.consents.decisions import ChangedMeanwhile, Decision
from consent.consents.models import Consent, ConsentedClaim
from consent.consents.selectors import needs_system_consent
from consent.purposes.selectors import account_purpose
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin
from myaccount.claims.models import Claim
from myaccount.users.models import User
from profile.selectors import attribute_values
from profile.services import PROVEN, fingerprint, set_attribute


@transaction.atomic
def keep(*, user: User, claims: Collection[Claim], origin: Origin, now: datetime) -> None:
    """Add attributes to what the organisation keeps, because the person has just granted them to an application."""
    needing = [claim for claim in claims if needs_system_consent(claim)]
    if not needing:
        return
    consent = decisions.locked(user, None, now=now)
    until = consent.valid_until if consent.holds(now=now) else None
    before = {row.claim_id for row in _in_force(consent, now=now)}
    new = [claim for claim in needing if claim.pk not in before]
    if new:
        after = {claim.pk for claim in new}
        method = _("Granted together with an application")
        _store(consent, new, after, until=until, method=method, origin=origin, now=now)


@transaction.atomic
def change(
    *,
    user: User,
    granted: Collection[str],
    erased: Collection[str] = (),
    valid_until: datetime | None,
    opened_version: int,
    origin: Origin,
    now: datetime,
) -> bool:
    """Let the organisation keep these attributes beyond those it must, and no others; nothing left is a revocation.

    `erased`: of those it may not keep, the ones whose value is deleted at once. False if all was so already. Raises
    ChangedMeanwhile when the form was opened with another version; 0 stands for a consent nobody has given yet.
    """
    known = Consent.objects.filter(user=user, application=None).first()
    if (known.version if known else 0) != opened_version:
        raise ChangedMeanwhile
    claims = kept_by_consent()
    _erase(user, [claim for claim in claims if claim.name in erased and claim.name not in granted], origin, now)
    before = {row.claim_id for row in _in_force(known, now=now)} if known else set()
    before &= {claim.pk for claim in claims}  # what every account must have was agreed to at registration
    after = {claim.pk for claim in claims if claim.name in granted}
    if before == after and (known is None or not after or known.valid_until == valid_until):
        return bool(erased)
    consent = decisions.locked(user, None, now=now)
    if consent.version != opened_version:
        raise ChangedMeanwhile
    method = _("Manage consent")
    if not after:
        return decisions.end(consent, EventKind.CONSENT_REVOKED, method=method, origin=origin, now=now)
    changed = [claim for claim in claims if (claim.pk in before) != (claim.pk in after)]
    _store(consent, changed, after, until=valid_until, method=method, origin=origin, now=now)
    return True


@transaction.atomic
def begin(
    *, user: User, claims: Collection[Claim], purpose_version: int, method: str, origin: Origin, now: datetime
) -> None:
    """Give a new account the system consent its person has agreed to while registering: the first receipt.

    `claims` holds all they agreed to, those every account must have among them. Raises ChangedMeanwhile when the
    purpose no longer reads as it did when they agreed.
    """
    if account_purpose().version != purpose_version:
        raise ChangedMeanwhile
    consent = decisions.locked(user, None, now=now)
    consent.is_from_registration = True
    _store(consent, claims, {claim.pk for claim in claims}, until=None, method=method, origin=origin, now=now)


def kept_by_consent() -> list[Claim]:
    """The attributes the organisation keeps beyond those it must, in the registry's order. One query."""
    return [claim for claim in Claim.objects.all() if needs_system_consent(claim)]


def can_erase(claim: Claim) -> bool:
    """Whether the person can delete its value here: not what only others fill in, nor what has to be proven."""
    return not claim.is_fixed and claim.name not in PROVEN


def _in_force(consent: Consent, *, now: datetime) -> list[ConsentedClaim]:
    rows = ConsentedClaim.objects.filter(consent=consent) if consent.holds(now=now) else ()
    return [row for row in rows if row.holds(now=now)]


def _store(
    consent: Consent,
    changed: Collection[Claim],
    granted: Collection[int],
    *,
    until: datetime | None,
    method: str,
    origin: Origin,
    now: datetime,
) -> None:
    purpose = account_purpose()
    taken = [Decision(claim, purpose, claim.pk in granted) for claim in changed]
    decisions.take(consent, taken, valid_until=until, now=now)
    kind = EventKind.CONSENT_CHANGED if consent.holds(now=now) else EventKind.CONSENT_GIVEN
    decisions.store(consent, valid_until=until, now=now)
    names, on = [claim.name for claim in changed], [one.claim.name for one in taken if one.is_granted]
    decisions.conclude(consent, kind, names=names, granted=on, method=method, origin=origin, now=now)


def _erase(user: User, claims: Collection[Claim], origin: Origin, now: datetime) -> None:
    erasable = {claim.name: claim for claim in claims if can_erase(claim)}
    for name, value in attribute_values(user, erasable).items():
        set_attribute(user=user, claim=erasable[name], value="", opened_with=fingerprint(value), origin=origin, now=now)
