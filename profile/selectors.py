"""Reads of a person's profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import pgettext

from myaccount.claims.models import Claim
from myaccount.claims.selectors import profile_claims
from myaccount.users.models import User
from myaccount.web import formats
from profile.contacts import RESEND_AFTER
from profile.models import PendingContact, Profile
from profile.services import current_value, fingerprint
from profile.values import shown_value

ROLE: Final = "role"


@dataclass(frozen=True)
class Pending:
    """A change that waits for its proof."""

    kind: str
    value: str
    fingerprint: str
    expires: str
    is_here: bool
    can_resend: bool


@dataclass(frozen=True)
class Row:
    """One attribute as the page shows it."""

    name: str
    label: str | Promise
    value: str
    is_read_only: bool
    is_required: bool
    is_verified: bool | None
    pending: Pending | None


@dataclass(frozen=True)
class Completion:
    """How much of the profile is filled in, and the first attributes that are not."""

    done: int
    total: int
    missing: tuple[Row, ...]


@dataclass(frozen=True)
class ProfilePage:
    """What the profile section is made of."""

    rows: list[Row]
    claims: dict[str, Claim]
    stored: dict[str, str]


def profile_page(user: User, *, session_uuid: UUID, now: datetime) -> ProfilePage:
    """All attributes of the profile page, in order. Four queries, whatever they are."""
    claims = profile_claims()
    profile = Profile.objects.filter(user=user).first()
    waiting = {p.kind: p for p in PendingContact.objects.filter(user=user, expires_at__gt=now)}
    return ProfilePage(
        rows=[_row(claim, user, profile, waiting.get(claim.name), session_uuid, now) for claim in claims],
        claims={claim.name: claim for claim in claims},
        stored={claim.name: current_value(claim.name, user=user, profile=profile) for claim in claims},
    )


def completion(user: User) -> Completion:
    """What is filled in of the attributes people can fill in themselves. Two queries."""
    profile = Profile.objects.filter(user=user).first()
    claims = [claim for claim in profile_claims() if not claim.is_fixed]
    empty = [claim for claim in claims if not current_value(claim.name, user=user, profile=profile)]
    first = sorted(empty, key=lambda claim: not claim.is_required)[:3]
    missing = tuple(_row(claim, user, profile, None, None, None) for claim in first)
    return Completion(len(claims) - len(empty), len(claims), missing)


def country_of(user: User) -> str:
    """The country a person lives in, as an ISO 3166 code, to read their telephone numbers by; perhaps empty."""
    profile = Profile.objects.filter(user=user).first()
    return str(profile.values.get("country", "")) if profile else ""


def _row(
    claim: Claim,
    user: User,
    profile: Profile | None,
    waiting: PendingContact | None,
    session_uuid: UUID | None,
    now: datetime | None,
) -> Row:
    if claim.name == ROLE:
        value = pgettext("separator of a list", ", ").join(group.name for group in user.groups.all())
    else:
        value = shown_value(claim, current_value(claim.name, user=user, profile=profile))
    verified = {"email": user.email_verified_at, "mobile": user.mobile_verified_at}
    return Row(
        name=claim.name,
        label=claim.shown_label,
        value=value,
        is_read_only=claim.is_fixed,
        is_required=claim.is_required,
        is_verified=verified[claim.name] is not None if claim.name in verified and value else None,
        pending=_pending(claim, waiting, session_uuid, now) if waiting and now else None,
    )


def _pending(claim: Claim, waiting: PendingContact, session_uuid: UUID | None, now: datetime) -> Pending:
    return Pending(
        kind=waiting.kind,
        value=shown_value(claim, waiting.value),
        fingerprint=fingerprint(waiting.value),
        expires=formats.moment(waiting.expires_at),
        is_here=waiting.session_uuid == session_uuid,
        can_resend=now - waiting.sent_at >= RESEND_AFTER,
    )
