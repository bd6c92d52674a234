"""The applications a person lets know something: the Applications page's second half."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from consent.applications.models import Application
from consent.applications.selectors import in_words, initial_of, logo_url, without_logos
from consent.consents.models import Consent, ConsentedClaim, State
from consent.consents.selectors import NEVER_NEED_SYSTEM_CONSENT
from consent.tokens.models import RefreshToken
from myaccount.users.models import User
from myaccount.web import formats


@dataclass(frozen=True)
class AuthorizedApplication:
    """One of them, in words."""

    consent_uuid: UUID
    name: str
    logo_url: str
    initial: str
    scopes: list[str]
    last_used: str  # empty if never
    has_offline_access: bool
    shared: int  # how many attributes it may know now


def authorized(user: User, *, now: datetime) -> list[AuthorizedApplication]:
    """Those with a consent in force, the one used last first. Two queries."""
    offline = RefreshToken.objects.filter(user=user, application=OuterRef("application"), is_offline=True, revoked=None)
    unexpired = Q(expires_at=None) | Q(expires_at__gt=now)
    in_force = Q(consent__state=State.ACTIVE) & (Q(consent__valid_until=None) | Q(consent__valid_until__gt=now))
    kept = ConsentedClaim.objects.filter(
        unexpired, in_force, is_granted=True, consent__user=user, consent__application=None
    )
    by_right = (
        Q(claims__claim__is_required=True)
        | Q(claims__claim__name__in=NEVER_NEED_SYSTEM_CONSENT)
        | Q(claims__claim__in=kept.values("claim"))
    )
    granted = Q(claims__is_granted=True) & (Q(claims__expires_at=None) | Q(claims__expires_at__gt=now)) & by_right
    consents = (
        _in_force(user, now=now)
        .annotate(
            has_offline=Exists(offline.filter(Q(ends_at=None) | Q(ends_at__gt=now))),
            shared=Count("claims", filter=granted),
        )
        .order_by(F("last_used_at").desc(nulls_last=True), "-given_at")
        .prefetch_related(Prefetch("application", queryset=without_logos(Application.objects.all())))
    )
    return [_row(consent, now=now) for consent in consents]


def names_of_authorized(user: User, *, now: datetime) -> list[str]:
    """What they are called, in order of their names. One query."""
    return sorted(_in_force(user, now=now).values_list("application__name", flat=True), key=str.casefold)


def _in_force(user: User, *, now: datetime) -> QuerySet[Consent]:
    applications = Consent.objects.filter(user=user, application__isnull=False, state=State.ACTIVE)
    return applications.filter(Q(valid_until=None) | Q(valid_until__gt=now))


def _row(consent: Any, *, now: datetime) -> AuthorizedApplication:
    return AuthorizedApplication(
        consent_uuid=consent.uuid,
        name=consent.application.name,
        logo_url=logo_url(consent.application),
        initial=initial_of(consent.application.name),
        scopes=in_words(consent.scope.split()),
        last_used=formats.ago(consent.last_used_at, now=now) if consent.last_used_at else "",
        has_offline_access=consent.has_offline,
        shared=consent.shared,
    )
