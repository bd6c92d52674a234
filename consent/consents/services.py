"""Gives, changes and revokes consent to applications. Each act issues a receipt in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from consent.consents import decisions, system
from consent.consents.decisions import ChangedMeanwhile, Decision
from consent.consents.models import Consent, State
from consent.consents.selectors import AskedClaim, Asking, application_claims, asking_of
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, Origin
from myaccount.operations.services import Waiting
from myaccount.users.models import User
from profile.services import change_attribute, fingerprint

__all__ = ["ChangedMeanwhile"]

MAX_SCOPE_LENGTH: Final = 500


class MandatoryMissing(Exception):  # noqa: N818
    """An attribute the application cannot do without is not among those granted."""


@transaction.atomic
def give(
    *,
    user: User,
    asking: Asking,
    granted: Collection[str],
    scope: str,
    valid_until: datetime | None,
    origin: Origin,
    now: datetime,
) -> Consent:
    """Consent to what a consent page listed. What was listed and is not granted is refused; what is granted and the
    organisation may keep only by consent, it keeps from now on.

    Raises MandatoryMissing when a listed mandatory attribute is not granted. The same given twice changes nothing.
    """
    if any(asked.is_mandatory and asked.name not in granted for asked in asking.listed):
        raise MandatoryMissing
    consent = decisions.locked(user, asking.application, now=now)
    taken = [Decision(asked.claim, asked.purpose, asked.name in granted) for asked in asking.listed]
    changed = decisions.take(consent, taken, valid_until=valid_until, now=now)
    scope = _widened(consent.scope, scope)
    system.keep(user=user, claims=[one.claim for one in taken if one.is_granted], origin=origin, now=now)
    if consent.holds(now=now) and not changed and (consent.valid_until, consent.scope) == (valid_until, scope):
        return consent
    consent.scope = scope
    decisions.store(consent, valid_until=valid_until, now=now)
    decisions.conclude(
        consent,
        EventKind.CONSENT_GIVEN,
        names=[one.claim.name for one in taken if one.is_granted],
        method=_("Consent page when signing in"),
        origin=origin,
        now=now,
    )
    return consent


@transaction.atomic
def note_use(*, consent: Consent, scope: str, now: datetime) -> None:
    """Note that the application was signed in to, and with which scopes. One statement."""
    consent.last_used_at, consent.scope = now, _widened(consent.scope, scope)
    Consent.objects.filter(pk=consent.pk).update(last_used_at=now, scope=consent.scope)


@transaction.atomic
def change(
    *,
    consent: Consent,
    granted: Collection[str],
    valid_until: datetime | None,
    opened_version: int,
    origin: Origin,
    now: datetime,
) -> bool:
    """Widen, narrow or limit a consent to an application; nothing left granted is a revocation. False if it was so.

    Tokens stay good: what they release is looked up each time. Raises ChangedMeanwhile when the form was opened
    with another version or the consent no longer holds, and MandatoryMissing when an attribute the application
    cannot do without would be taken away alone (security 28, 81).
    """
    consent = decisions.locked_again(consent)
    if consent.version != opened_version or not consent.holds(now=now) or consent.application is None:
        raise ChangedMeanwhile
    asked = asking_of(
        user=consent.user, application=consent.application, asked=application_claims(consent.application), now=now
    ).claims
    if any(one.is_agreed for one in asked) and not any(one.name in granted for one in asked):
        return revoke(consent=consent, origin=origin, now=now)
    if any(one.is_mandatory and one.is_agreed and one.name not in granted for one in asked):
        raise MandatoryMissing
    taken = [
        Decision(one.claim, one.purpose, one.name in granted) for one in asked if one.is_agreed != (one.name in granted)
    ]
    if not taken and consent.valid_until == valid_until:
        return False
    decisions.take(consent, taken, valid_until=valid_until, now=now)
    system.keep(user=consent.user, claims=[one.claim for one in taken if one.is_granted], origin=origin, now=now)
    decisions.store(consent, valid_until=valid_until, now=now)
    decisions.conclude(
        consent,
        EventKind.CONSENT_CHANGED,
        names=[one.claim.name for one in taken],
        granted=[one.claim.name for one in taken if one.is_granted],
        method=_("Manage consent"),
        origin=origin,
        now=now,
    )
    return True


def revoke(*, consent: Consent, origin: Origin, now: datetime, by: User | None = None) -> bool:
    """Take a consent back as a whole: codes and tokens end, offline access too, and nothing is remembered of what was
    decided. False if it was revoked already."""
    method = _("Revocation by an administrator") if by and by != consent.user else _("Revocation")
    return decisions.end(consent, EventKind.CONSENT_REVOKED, method=method, origin=origin, now=now, by=by)


@transaction.atomic
def end_all(*, user: User, origin: Origin, now: datetime, by: User | None = None) -> int:
    """Revoke every consent of an account that ends, the system consent too: the last receipt of each says so.

    Returns how many were in force.
    """
    method = _("Deletion of the account")
    return sum(
        decisions.end(consent, EventKind.CONSENT_REVOKED, method=method, origin=origin, now=now, by=by)
        for consent in Consent.objects.filter(user=user, state=State.ACTIVE).order_by("pk")
    )


def expire_due(*, now: datetime, batch: int = 100) -> int:
    """Make consents that have run out revoked ones, each in its own transaction. Returns how many.

    They have counted as revoked since. What was decided stays known: at the next sign-in only mandatory attributes
    are asked about again.
    """
    due = Consent.objects.filter(state=State.ACTIVE, valid_until__lte=now).order_by("valid_until")
    method = _("Run out")
    return sum(
        decisions.end(consent, EventKind.CONSENT_EXPIRED, method=method, origin=SYSTEM, now=now, has_run_out=True)
        for consent in due[:batch]
    )


@transaction.atomic
def store_missing(*, user: User, values: Iterable[tuple[AskedClaim, str]], origin: Origin, now: datetime) -> bool:
    """Put into the profile what was asked for before the consent page. Whether all of it is there: some may wait for
    approval. Raises `profile.services.ChangedMeanwhile`."""
    outcomes = [
        change_attribute(
            user=user, claim=asked.claim, value=value, opened_with=fingerprint(asked.value), origin=origin, now=now
        )
        for asked, value in values
    ]
    return not any(isinstance(outcome, Waiting) for outcome in outcomes)


def _widened(known: str, asked: str) -> str:
    """Both lists of scopes as one."""
    return " ".join(dict.fromkeys([*known.split(), *asked.split()]))[:MAX_SCOPE_LENGTH]
